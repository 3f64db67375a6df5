"""Slack's Web API: what the app calls."""
