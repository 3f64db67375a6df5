"""The pages of staff, behind a sign-in: the cases, what is stuck in them, and what mends it."""
