"""What Slack sends to the app: events, what people press and submit, slash commands."""
