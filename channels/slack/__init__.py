"""The desk in Slack: agents and customers in one conversation."""
