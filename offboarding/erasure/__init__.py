"""Erasing what need not be kept, and saying what is kept, why and until when."""
