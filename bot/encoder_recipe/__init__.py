"""How the sentence encoder is made, rarely and with torch: see README.md."""
