"""Customers by SMS: Twilio calls us for each text, and is asked to send each of ours."""
