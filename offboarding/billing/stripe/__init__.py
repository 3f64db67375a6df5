"""Stripe as the billing provider: a mirror in our tables, and writes by Stripe's own client."""
