"""What sets a checkout up, locks it and tests it; the standard library only, for it runs first."""
