"""Money: what was charged, what will be, and what a cancellation does to it."""
