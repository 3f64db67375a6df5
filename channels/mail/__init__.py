"""Mail: every letter the application writes, and handing it to an SMTP server."""
