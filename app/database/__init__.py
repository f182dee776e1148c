"""The database behind the app: opened with its identity, looked over at start, counted as it is used."""
