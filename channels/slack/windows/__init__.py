"""Windows that agents fill in."""
