"""A copy of the customer's data, for them to keep."""
