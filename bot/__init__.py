"""Rasa's side of the assistant: understanding, dialogue, and the turn endpoint."""
