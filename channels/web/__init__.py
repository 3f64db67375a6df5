"""The web channel: the API that the widget speaks, its events, tokens and errors."""
