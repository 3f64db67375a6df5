"""The doors customers come through: the gateway that owns every message, and its channels.

A channel knows the business and the gateway, never Rasa's actions. No dialogue is decided here.
"""
