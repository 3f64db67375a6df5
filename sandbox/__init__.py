"""A made-up company with customers, a website and a mailbox, for trying, training and tests."""
