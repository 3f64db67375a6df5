"""The responses of domain.yml that are a few words within a sentence or on a button."""

from actions.doubt import MEANINGS

LABELS = (
    "utter_label_both",
    "utter_label_all",
    "utter_label_none",
    "utter_label_own_account",
    "utter_label_another_account",
    "utter_label_yes",
    "utter_label_no",
    "utter_label_something_else",
    "utter_label_no_something_else",
    "utter_label_meanwhile",
    "utter_label_meanwhile_another",
    "utter_label_meanwhile_cancelled",
    "utter_label_support",
    "utter_label_account_manager",
)

PHRASES = (*LABELS, *(f"utter_meaning_{intent}" for intent in MEANINGS))
"""What the application looks for when it starts, so that a missing one is found then."""
