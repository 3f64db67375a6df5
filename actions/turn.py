"""One customer message, as an action sees it: what was heard, who speaks, what to say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from sqlalchemy.orm import Session

from actions.consent import is_plain_yes
from offboarding.accounts.model import Customer
from offboarding.billing.ledger import LedgerBilling
from offboarding.billing.port import BillingPort
from offboarding.cases import service as cases
from offboarding.cases.model import Case
from offboarding.cases.reasons import ChurnReason
from offboarding.identity import service as identity
from offboarding.policies.store import Policies
from offboarding.settings import Settings

Question = Literal[
    "wish",
    "email",
    "code",
    "subscription",
    "reason",
    "offer",
    "requested_offer",
    "confirm",
    "export",
    "survey_improve",
    "survey_return",
    "undo",
    "contact_email",
]
Purpose = Literal[
    "leave", "keep", "export", "delete", "timeline", "billing", "refund", "pause", "change_plan"
]
"""What the customer wanted when they had to say first who they are."""

REASONS: Mapping[str, ChurnReason] = {
    "reason_price": ChurnReason.TOO_EXPENSIVE,
    "reason_missing_feature": ChurnReason.MISSING_FEATURES,
    "reason_bug_or_quality": ChurnReason.LOW_QUALITY,
    "reason_not_using": ChurnReason.UNUSED,
    "reason_competitor": ChurnReason.SWITCHED_SERVICE,
    "reason_support": ChurnReason.CUSTOMER_SERVICE,
    "reason_too_complex": ChurnReason.TOO_COMPLEX,
    "reason_other": ChurnReason.OTHER,
}
"""Intents that give a reason, and the churn reason each gives."""


@dataclass(frozen=True)
class Heard:
    """What the model understood of the message."""

    text: str
    intents: Sequence[str]
    entities: Sequence[Mapping[str, Any]]
    pressed: bool
    """Whether a button of ours was pressed, so that nothing had to be understood."""

    def entity(self, name: str) -> str | None:
        """The first value heard for an entity, or None."""
        for entity in self.entities:
            if entity.get("entity") == name:
                return str(entity["value"])
        return None

    @property
    def reason(self) -> ChurnReason | None:
        """The churn reason that was given, if one was."""
        return next((REASONS[intent] for intent in self.intents if intent in REASONS), None)

    def agrees(self, act: frozenset[str], name: str) -> bool:
        """Whether this can only be a yes to `act` with plan `name`: a button of ours, or words."""
        return self.pressed or is_plain_yes(self.text, act, name)


@dataclass
class Turn:
    """The message being answered, inside one transaction."""

    session: Session
    settings: Settings
    policies: Policies
    conversation_id: str
    message_id: str
    heard: Heard
    slots: dict[str, Any]
    messages: list[dict[str, Any]] = field(default_factory=list)
    changed: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def billing(self) -> BillingPort:
        """The billing provider."""
        return LedgerBilling(self.session)

    @property
    def customer(self) -> Customer | None:
        """Who speaks, once that is made sure of. Asked anew each time: it may change in a turn."""
        return identity.identified_customer(self.session, self.conversation_id)

    @property
    def case(self) -> Case | None:
        """The case this conversation is about, if the speaker may see it."""
        customer = self.customer
        if customer is None:
            return None
        return cases.case_in_conversation(self.session, self.conversation_id, customer)

    def slot(self, name: str) -> Any:
        """A slot, as this turn has left it so far."""
        return self.changed.get(name, self.slots.get(name))

    def set(self, name: str, value: str | float | None) -> None:
        """Set a slot. Slots steer the talk; identity and money never come from them."""
        self.changed[name] = value

    def say(
        self,
        response: str,
        values: Mapping[str, str] | None = None,
        buttons: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Say a response of domain.yml, with the values its text names.

        `buttons` (title and payload) come after those the response itself has.
        """
        self.messages.append(
            {
                "response": response,
                "values": {
                    "company_name": self.settings.company_name,
                    "support_email": self.settings.support_email,
                    **(values or {}),
                },
                "buttons": [{"title": title, "payload": payload} for title, payload in buttons],
            }
        )

    def ask(
        self,
        question: Question,
        response: str,
        values: Mapping[str, str] | None = None,
        buttons: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Say a response that asks something, and remember what was asked."""
        self.say(response, values, buttons)
        self.set("open_question", question)

    def nothing_open(self) -> None:
        """Note that no question waits for an answer."""
        self.set("open_question", None)
