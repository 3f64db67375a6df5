"""The desk: what happens in a conversation when an agent acts, wherever agents work."""
