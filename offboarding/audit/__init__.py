"""The append-only record of what was decided and done, and under which policy."""
