"""New prices from the Azure Retail Prices API: read, compared, refused or written."""
