"""The sandbox's phone, and what stands in for Twilio behind it."""
