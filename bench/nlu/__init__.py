"""How well messages are understood: this project beside other ways to learn the same."""
