"""What each family of resource types does beyond being recorded."""
