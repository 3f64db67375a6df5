"""The workspace as it is kept: its messages and views, and word of every change."""
