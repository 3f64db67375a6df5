"""The business of letting a customer go: accounts, cases, offers, billing, receipts, exports.

Nothing here knows of Rasa, of a channel or of HTTP; both import this package, never the reverse.
"""
