"""What staff see of the off-boarding cases and do in them, on the command line and on pages."""
