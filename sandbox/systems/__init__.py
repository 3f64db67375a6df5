"""The made-up company's own systems, which are told when a customer's access ends."""
