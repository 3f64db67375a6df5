"""The archive that a customer keeps: written, explained, and verified."""
