"""Proves that the dialogue traps nobody: walks every talk there can be, and checks each turn.

`model` says what a talk is, `walk` goes through all of them, `checks` are the five promises; none
knows Rasa or a database, and hand-made dialogues that break a promise show that each check can
fail. `house`, `talk` and `situations` are the real thing: the trained model, the real actions, a
real database. See docs/proof.md.
"""
