"""The names of everything an agent can press; each listener is registered under one."""

from enum import StrEnum


class Action(StrEnum):
    """Buttons, menus and windows. docs/desk.md says of each what it does."""

    CLAIM = "desk_claim"
    HAND_BACK = "desk_hand_back"
    RESOLVE = "desk_resolve"
    HISTORY = "desk_history"
    MORE = "desk_more"
    HOME_CLAIM = "desk_home_claim"
    OPEN_THREAD = "desk_open_thread"
    PRACTICE = "desk_practice"
    PRACTICE_START = "desk_practice_start"
    PRACTICE_SCENARIO = "desk_practice_scenario"
    PRACTICE_REVIEW = "desk_practice_review"
    ASK = "desk_ask"
    OFFER = "desk_offer"
    OFFER_PLAN = "desk_offer_plan"
    OFFER_KIND = "desk_offer_kind"
    OFFER_MAKE = "desk_offer_make"
    OFFER_APPROVE = "desk_offer_approve"
    OFFER_REFUSE = "desk_offer_refuse"
    CANCEL = "desk_cancel"
    CANCEL_PLAN = "desk_cancel_plan"
    CANCEL_CONFIRM = "desk_cancel_confirm"
