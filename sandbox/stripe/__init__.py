"""A stand-in for Stripe's billing: its API, its clock, its signed events."""
