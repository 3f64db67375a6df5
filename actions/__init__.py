"""The conversation's hands: what Rasa calls between hearing and answering.

An action reads what was heard, calls the business, and picks a text of `domain.yml`. It holds no
rule of the business.
"""
