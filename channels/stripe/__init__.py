"""Where Stripe calls us, and whether it is connected as it should be."""
