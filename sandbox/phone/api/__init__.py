"""Twilio's REST API: what the application calls."""
