"""Cases measured: how fast they are carried to their end, and what those that wait cost."""
