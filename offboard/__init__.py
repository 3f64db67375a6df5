"""Puts the parts together: the command line, and the processes that it starts and ends."""
