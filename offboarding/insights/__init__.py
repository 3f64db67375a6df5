"""What a company learns from those who leave: why, what became of each wish, what helped."""
