"""What stands inside blocks, and what people type, choose and fill in."""
