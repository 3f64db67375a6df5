"""The door into Rasa: one customer message in, the answer and the new state out."""
