"""The page on which a newcomer is one of the agents."""
