"""What Twilio and the phones know: every text, and who wants none any more. Knows no wire."""
