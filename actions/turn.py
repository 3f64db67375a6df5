"""One customer message, as an action sees it: what was heard, who speaks, what to say."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from sqlalchemy.orm import Session

from actions.consent import Act, is_plain_yes
from offboarding.accounts.model import Customer
from offboarding.billing.choice import billing_within
from offboarding.billing.port import BillingPort
from offboarding.cases import service as cases
from offboarding.cases.model import Case
from offboarding.cases.reasons import ChurnReason
from offboarding.cases.states import CaseState
from offboarding.handoffs.causes import HandOffCause
from offboarding.identity import service as identity
from offboarding.policies.routing import RoutingPolicy
from offboarding.policies.store import Policies
from offboarding.settings import Settings

Question = Literal[
    "wish",
    "meaning",
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
    "leave",
    "keep",
    "export",
    "delete",
    "timeline",
    "billing",
    "refund",
    "pause",
    "change_plan",
    "longer_trial",
    "resume",
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

SURE = 0.5
"""How sure the model must be of what is answered beside the leading act."""

OF_ONE_TALK = (
    "purpose",
    "heard_reason",
    "heard_reason_words",
    "acknowledged",
    "asked_for",
    "wish_words",
    "wished_way",
    "which_way",
    "shown_way",
    "about_leaving",
    "plans_to_go",
    "case_in_talk",
    "export_started",
    "cancelled_in_talk",
    "misunderstood",
    "question_before_contact",
    "question_before_lapse",
    "whose_account",
    "another_account",
    "person_offered",
    "said_goodbye",
    "beyond_policy",
    "charge_disputed",
    "angry",
)
"""Slots that end with the talk. What stays: that an offer was made, for there is never a second;
a hard moment, for it is not over; that a person was fetched or was not wanted; and that we spoke of
their language."""


@dataclass(frozen=True)
class Heard:
    """What the model understood of the message."""

    text: str
    intents: Sequence[str]
    entities: Sequence[Mapping[str, Any]]
    pressed: bool
    """Whether a button of ours was pressed, so that nothing had to be understood."""
    confidence: float = 1.0
    """How sure the model is of the leading intent."""
    ranking: Mapping[str, float] = field(default_factory=dict)
    """How likely each intent is."""
    overtaken: bool = False
    """Whether they wrote it before they could read what was said last; it agrees to nothing."""

    @property
    def leading(self) -> str:
        """The intent that decides what is done; the others are answered beside it."""
        return self.intents[0] if self.intents else "nlu_fallback"

    @property
    def sure(self) -> bool:
        """Whether what was heard may be answered without asking."""
        return self.pressed or self.confidence >= SURE

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

    def agrees(self, act: Act, name: str) -> bool:
        """Whether this can only be a yes to `act` with plan `name`: a button of ours, or words."""
        return self.pressed or (not self.overtaken and is_plain_yes(self.text, act, name))


@dataclass
class Turn:
    """The message being answered, inside one transaction."""

    session: Session
    settings: Settings
    policies: Policies
    phrase: Callable[[str], str]
    """A response of domain.yml that is a few words within a sentence or on a button."""
    conversation_id: str
    message_id: str
    heard: Heard
    slots: dict[str, Any]
    messages: list[dict[str, Any]] = field(default_factory=list)
    changed: dict[str, Any] = field(default_factory=dict)
    answered: set[str] = field(default_factory=set)
    """What of the message has been answered or done, by the names of intents."""
    asks_besides: bool = False
    """Whether this message carries something to be answered beside its act."""
    about_every_plan: bool = False
    """Whether to answer about each plan now, without waiting until one of them is chosen."""
    told_of_other_way: bool = False
    """Whether the answer tells of another way to leave than the one that was shown."""
    ended: bool = False
    """Whether what they came for is done or dropped."""
    asked_at: int | None = None
    """Where among the messages the question begins that was asked last."""
    offered_because: HandOffCause | None = None
    """Why a person was offered or sent for in the last turn, if one was; if they ask for one now,
    that is the cause."""

    @cached_property
    def billing(self) -> BillingPort:
        """The billing provider."""
        return billing_within(self.settings)(self.session)

    @property
    def desk(self) -> RoutingPolicy | None:
        """Which team takes a hand-off, and when; None where no desk is connected."""
        return self.policies.routing if self.settings.desk_connected else None

    @property
    def customer(self) -> Customer | None:
        """Who speaks, once that is made sure of. Asked anew each time: it may change in a turn."""
        return identity.identified_customer(self.session, self.conversation_id)

    @property
    def case(self) -> Case | None:
        """The case this talk is about, if the speaker may see it: the one they turned to last."""
        customer = self.customer
        if customer is None:
            return None
        turned_to = self.slot("case_in_talk")
        case = self.session.get(Case, turned_to) if turned_to else None
        if case is not None and self._may_see(case, customer):
            return case
        return cases.case_in_conversation(self.session, self.conversation_id, customer)

    @property
    def undecided_case(self) -> Case | None:
        """The case of this talk, while no yes was said to it."""
        case = self.case
        undecided = case is not None and case.state in {CaseState.OPEN, CaseState.SHOWN}
        return case if undecided else None

    @property
    def about_another_account(self) -> bool:
        """Whether it is about somebody else's account than that of the customer who speaks."""
        customer, another = self.customer, self.slot("another_account")
        if customer is None or not another:
            return False
        return bool(another.casefold() != customer.email.casefold())

    def turn_to(self, case: Case) -> None:
        """From here on the talk is about this case."""
        case.conversation_id = self.conversation_id
        self.session.flush()
        self.set("case_in_talk", case.id)

    def slot(self, name: str) -> Any:
        """A slot, as this turn has left it so far."""
        return self.changed.get(name, self.slots.get(name))

    def set(self, name: str, value: str | float | list[str] | None) -> None:
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

    def say_besides(self, response: str, values: Mapping[str, str] | None = None) -> None:
        """Say a response before the question that was asked in this turn, if one was."""
        self.say(response, values)
        if self.asked_at is not None:
            self.messages.insert(self.asked_at, self.messages.pop())
            self.asked_at += 1

    def ask(
        self,
        question: Question,
        response: str,
        values: Mapping[str, str] | None = None,
        buttons: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Say a response that asks something, and remember what was asked."""
        self.asked_at = len(self.messages)
        self.say(response, values, buttons)
        self.set("open_question", question)

    def nothing_open(self) -> None:
        """Note that no question waits for an answer."""
        self.set("open_question", None)

    def end(self) -> None:
        """Note that what they came for is done or dropped: the next wish starts clean."""
        self.ended = True
        self.nothing_open()
        for name in OF_ONE_TALK:
            if self.slot(name) is not None:
                self.set(name, None)

    def _may_see(self, case: Case, customer: Customer) -> bool:
        here = case.conversation_id == self.conversation_id
        return here and case.subscription.account_id == customer.account_id
