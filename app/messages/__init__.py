"""Messages: one question, its run, and the answer as JSON or as a stream."""
