"""A stand-in for Slack that speaks its wire formats, for trying, training and tests."""
