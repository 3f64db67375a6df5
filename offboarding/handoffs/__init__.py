"""A person was asked for."""
