"""Conversations: their messages in order, their state, their inbox. The truth of every talk."""
