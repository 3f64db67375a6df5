"""The names of everything an agent can press; each listener is registered under one."""

from enum import StrEnum


class Action(StrEnum):
    """Buttons and menus of the card."""

    CLAIM = "desk_claim"
    HAND_BACK = "desk_hand_back"
    RESOLVE = "desk_resolve"
    HISTORY = "desk_history"
    MORE = "desk_more"
