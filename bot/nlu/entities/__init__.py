"""Dates, amounts and plan names in a message: what the talk may say back, and nothing else."""
