"""The off-boarding case: one customer leaving one subscription, from the wish to the end."""
