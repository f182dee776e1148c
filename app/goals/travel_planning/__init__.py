"""Plan a trip to one of the cities in the data file."""
