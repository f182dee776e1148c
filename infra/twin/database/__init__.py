"""The twin's Cosmos DB for NoSQL: documents, queries and the wire protocol of the SDK."""
