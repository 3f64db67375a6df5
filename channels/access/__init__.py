"""The company's systems: where they answer us, whether they are set up, and who is told if not."""
