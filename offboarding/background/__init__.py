"""Work that outlives a request: an outbox in the database and the engine that empties it."""
