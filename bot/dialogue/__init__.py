"""Dialogue: what Rasa's own policies do not bring."""
