"""Personal data, encrypted with a key of their own for each person and conversation.

What is kept of somebody is readable only with the key of its owner, and erased everywhere, copies
of the database included, once that key is destroyed. See docs/decisions/0019.
"""
