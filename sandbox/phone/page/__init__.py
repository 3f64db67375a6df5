"""The page on which a newcomer holds a customer's phone."""
