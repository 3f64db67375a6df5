"""Measures the desk: how long words take between customer and agent, and whether any is lost."""
