"""Understanding: what Rasa loads to turn a customer's words into intents and entities."""
