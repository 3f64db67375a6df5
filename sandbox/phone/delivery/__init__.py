"""What Twilio sends: texts and reports to the application, texts to phones."""
