"""The SMS channel measured: how long a webhook and an answer take, and what a storm does to it."""
