"""Why a person is fetched."""

from enum import StrEnum


class HandOffCause(StrEnum):
    """What led to a hand-off; policy/routing.yml chooses a team by it."""

    CUSTOMER_ASKED = "customer_asked"
    """The customer asked for a person."""
    NOT_UNDERSTOOD = "not_understood"
    """The assistant was in doubt twice about what the customer meant."""
    ANGER = "anger"
    """The customer is angry, and a machine would make it worse."""
    DANGER = "danger"
    """The customer is not safe from somebody: abused, stalked, or watched through the account."""
    BEREAVEMENT = "bereavement"
    """Somebody has died."""
    HARDSHIP = "hardship"
    """The customer is ill, out of work or in want of money."""
    FRAUD = "fraud"
    """The customer speaks of payments or an account that are not theirs."""
    DISPUTED_CHARGE = "disputed_charge"
    """The customer says that a payment was taken twice, or was wrong."""
    LEGAL_THREAT = "legal_threat"
    """The customer speaks of a lawyer, a court or an authority."""
    WITHDRAWAL = "withdrawal"
    """The customer withdraws from the contract, as consumers may in its first days."""
    BEYOND_POLICY = "beyond_policy"
    """The customer asks for a refund or an offer that policy does not have."""
    VALUABLE_ACCOUNT = "valuable_account"
    """The account is worth more a month than policy names."""
    ACCOUNT_MANAGER = "account_manager"
    """The account has an account manager."""
    FAILED_STEP = "failed_step"
    """A step of the customer's case could not be carried out."""
    TEXTS_BLOCKED = "texts_blocked"
    """The customer is left without an answer: their phone takes no more texts, and there is no
    address to mail."""


FOR_THE_ACCOUNT = frozenset({HandOffCause.ACCOUNT_MANAGER, HandOffCause.VALUABLE_ACCOUNT})
"""Fetched for what the account is, unasked: nothing else says what it is about."""
