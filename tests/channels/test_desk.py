"""What a customer sees of agents: who joins and leaves is said once, whoever speaks is named."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy.orm import Session

from channels.conversations import service as conversations
from channels.conversations.messages import ShownMessage, read_after
from channels.conversations.model import Author, Conversation
from channels.conversations.service import Preferences
from channels.conversations.state import ConversationState
from channels.desk.helping import PAYMENT_UNKNOWN, help_with
from channels.desk.offers_made import described
from channels.desk.service import RESPONSES, Desk
from channels.gateway import Gateway
from channels.rasa import RasaClient
from channels.texts import Texts
from offboarding import clock
from offboarding.accounts.model import Customer, Interval
from offboarding.background.dbos_engine import DbosEngine
from offboarding.billing.ledger import LedgerBilling
from offboarding.billing.stripe.mirrored import MirroredBilling
from offboarding.billing.stripe.model import StripeMirror
from offboarding.cases import service as cases
from offboarding.cases import workflow
from offboarding.database import Database
from offboarding.handoffs import service as handoffs
from offboarding.handoffs.agents import remember_agent
from offboarding.handoffs.causes import HandOffCause
from offboarding.handoffs.errors import NotClaimedByYouError
from offboarding.handoffs.model import HandOff
from offboarding.handoffs.suggestions import SuggestionPolicy
from offboarding.identity.model import IdentityMethod, VerifiedIdentity
from offboarding.offers.model import AgentOffer, OfferKind
from offboarding.policies.reading import read_policy
from offboarding.policies.store import Policies
from offboarding.settings import REPOSITORY, Settings
from tests.channels.stand_in import TOKEN
from tests.factories import make_customer, make_plan, make_subscription


class Office:
    """A conversation with a hand-off, within one transaction."""

    def __init__(
        self, session: Session, desk: Desk, policies: Policies, now: time_machine.Traveller
    ) -> None:
        self.now = now
        self.session = session
        self.desk = desk
        self.policies = policies
        self.talk = conversations.open_conversation(session, "web", Preferences())
        self.sam = remember_agent(session, "T1:U1", "Sam Okafor")

    def asked(self, cause: HandOffCause = HandOffCause.CUSTOMER_ASKED) -> HandOff:
        return handoffs.request(self.session, self.talk.id, cause=cause, desk=self.policies.routing)

    def said(self) -> list[ShownMessage]:
        return read_after(self.session, self.talk.id, 0, most=100)

    def state(self) -> ConversationState:
        return self.session.get_one(Conversation, self.talk.id).state


@pytest.fixture
def desk_texts() -> Texts:
    values = {"company_name": "Larkspur Notes", "support_email": "support@larkspur.example"}
    return Texts(REPOSITORY / "domain.yml", values, required=RESPONSES)


@pytest.fixture
def office(database: Database, settings: Settings, desk_texts: Texts) -> Iterator[Office]:
    policies = Policies(REPOSITORY / "policy")
    gateway = Gateway(
        settings,
        database,
        RasaClient("http://127.0.0.1:1", TOKEN, 1.0),
        desk_texts,
        DbosEngine(settings, database),
        identify=lambda _session, _conversation, _token: None,
        is_identified=lambda _session, _conversation: False,
        request_handoff=lambda _session, _conversation: "",
        cancel_page_link=lambda _conversation: "",
    )
    with (
        time_machine.travel("2026-11-23T09:30:00+00:00", tick=False) as now,
        database.write() as session,
    ):
        yield Office(session, Desk(gateway, policies), policies, now)


def texts(messages: list[ShownMessage], author: Author) -> list[str]:
    return [each.text for each in messages if each.author is author]


def test_a_claim_is_told_once_and_the_customer_is_with_a_person(office: Office) -> None:
    hand_off = office.asked()
    assert office.desk.claim(office.session, hand_off, office.sam)
    assert not office.desk.claim(office.session, hand_off, office.sam)
    [joined] = office.said()
    assert (joined.author, "Sam" in joined.text) == (Author.SYSTEM, True)
    assert "Okafor" not in joined.text, "policy shows first names"
    assert office.state() is ConversationState.HUMAN


def test_the_same_words_are_said_once_for_their_key(office: Office) -> None:
    hand_off = office.asked()
    office.desk.claim(office.session, hand_off, office.sam)
    first = office.desk.reply(office.session, hand_off, office.sam, "Hello", "slack:C:1")
    assert office.desk.reply(office.session, hand_off, office.sam, "Hello", "slack:C:1") == first
    assert texts(office.said(), Author.AGENT) == ["Hello"]
    assert office.said()[-1].author_name == "Sam"


def test_words_of_somebody_who_has_not_claimed_reach_nobody(office: Office) -> None:
    hand_off = office.asked()
    with pytest.raises(NotClaimedByYouError):
        office.desk.reply(office.session, hand_off, office.sam, "Hello", "slack:C:1")
    assert office.said() == []


@pytest.mark.parametrize("end", ["hand_back", "resolve"])
def test_who_leaves_is_named_and_the_assistant_is_back(office: Office, end: str) -> None:
    hand_off = office.asked()
    office.desk.claim(office.session, hand_off, office.sam)
    getattr(office.desk, end)(office.session, hand_off, office.sam)
    told = texts(office.said(), Author.SYSTEM)
    assert len(told) == 2
    assert "Sam" in told[1]
    assert office.state() is ConversationState.BOT


@pytest.mark.parametrize("cause", [HandOffCause.CUSTOMER_ASKED, HandOffCause.FRAUD])
def test_each_time_that_somebody_joins_and_leaves_it_is_said(
    office: Office, cause: HandOffCause
) -> None:
    """Also where the team has gone home, and nothing is promised any more."""
    hand_off = office.asked(cause)
    office.now.shift(timedelta(hours=12))
    for _ in range(2):
        office.now.shift(timedelta(minutes=1))
        office.desk.claim(office.session, hand_off, office.sam)
        office.desk.release(office.session, hand_off)
    office.desk.release(office.session, hand_off)
    told = texts(office.said(), Author.SYSTEM)
    assert ["left" in text or "leave" in text for text in told] == [False, True, False, True]
    assert office.state() is ConversationState.WAITING


def test_that_nobody_can_be_reached_is_told_once_and_nobody_is_in_charge(office: Office) -> None:
    hand_off = office.asked()
    office.desk.claim(office.session, hand_off, office.sam)
    assert not office.desk.tell_unreachable(office.session, hand_off, lasting=False)
    assert office.state() is ConversationState.HUMAN
    assert office.desk.tell_unreachable(office.session, hand_off, lasting=True)
    assert not office.desk.tell_unreachable(office.session, hand_off, lasting=True)
    assert not office.desk.tell_unanswered(office.session, hand_off)
    assert len(texts(office.said(), Author.BOT)) == 1
    assert office.state() is ConversationState.WAITING


def test_out_of_hours_nobody_promised_anything_so_nobody_broke_it(office: Office) -> None:
    office.now.shift(timedelta(hours=12))
    hand_off = office.asked(HandOffCause.FRAUD)
    assert not office.desk.tell_unreachable(office.session, hand_off, lasting=True)
    assert not office.desk.tell_unanswered(office.session, hand_off)
    assert office.said() == []


def test_who_cancelled_while_they_waited_is_not_offered_to_cancel(office: Office) -> None:
    """Also when they said who they are after a person was asked for, and have another plan."""
    hand_off = office.asked()
    cancel_one_of_two_plans(office)
    office.now.shift(timedelta(hours=1))
    assert office.desk.tell_unanswered(office.session, hand_off)
    assert [each.title for each in office.said()[-1].quick_replies] == [
        "Give an address",
        "Go on without one",
    ]
    assert "Cancelling needs no person" not in office.said()[-1].text


def test_who_has_something_to_cancel_is_offered_it_while_nobody_comes(office: Office) -> None:
    hand_off = office.asked()
    office.now.shift(timedelta(hours=1))
    assert office.desk.tell_unanswered(office.session, hand_off)
    assert "Cancel my plan" in [each.title for each in office.said()[-1].quick_replies]
    assert "Cancelling needs no person" in office.said()[-1].text


def cancel_one_of_two_plans(office: Office) -> None:
    session, policies = office.session, office.policies
    customer = make_customer(session)
    subscription = make_subscription(session, customer, make_plan(session))
    make_subscription(session, customer, make_plan(session, "Basic"))
    case = cases.open_case(session, customer, subscription, office.talk.id)
    billing = LedgerBilling(session)
    cases.show_terms(session, case, billing, policies)
    workflow.confirm(session, case, customer, billing=billing, policies=policies, source="chat")


@pytest.mark.parametrize(
    ("interval", "months", "words"),
    [
        (Interval.MONTH, 3, "20% less for 3 months"),
        (Interval.YEAR, 3, "20% less for 1 year"),
        (Interval.YEAR, 13, "20% less for 2 years"),
    ],
)
def test_a_discount_is_described_for_as_long_as_it_costs_less(
    office: Office, interval: Interval, months: int, words: str
) -> None:
    session = office.session
    customer = make_customer(session)
    plan = make_subscription(session, customer, make_plan(session, interval=interval))
    proposal = AgentOffer(
        kind=OfferKind.DISCOUNT,
        percent=20,
        months=months,
        case=cases.open_case(session, customer, plan, office.talk.id),
    )
    assert described(proposal) == words


def sign_in(office: Office, customer: Customer) -> None:
    office.session.add(
        VerifiedIdentity(
            conversation_id=office.talk.id,
            customer_id=customer.id,
            method=IdentityMethod.TOKEN,
            verified_at=clock.now(),
            lapses_at=clock.now() + timedelta(hours=1),
        )
    )
    office.session.flush()


@pytest.mark.parametrize("price", ["29.00", "0"])
def test_an_agent_reads_of_invoices_where_something_was_charged(office: Office, price: str) -> None:
    suggestions = read_policy(REPOSITORY / "policy" / "suggestions.yml", SuggestionPolicy)
    session, customer = office.session, make_customer(office.session)
    make_subscription(session, customer, make_plan(session, "Notes", price=price))
    sign_in(office, customer)
    billing = LedgerBilling(session)
    dates = help_with(session, office.asked(), office.policies, suggestions, billing).dates
    said = any(each.startswith("Invoices are kept until") for each in dates)
    assert said == (price != "0")


def test_an_agent_reads_what_stripe_will_take_where_stripe_bills(office: Office) -> None:
    suggestions = read_policy(REPOSITORY / "policy" / "suggestions.yml", SuggestionPolicy)
    session, moment = office.session, clock.now()
    customer = make_customer(session)
    plan = make_subscription(session, customer)
    plan.billing_id = "sub_1"
    sign_in(office, customer)
    hand_off, billing = office.asked(), MirroredBilling(session)
    dates = help_with(session, hand_off, office.policies, suggestions, billing).dates
    assert dates[-1] == PAYMENT_UNKNOWN, "nothing has come from Stripe yet"
    session.add(
        StripeMirror(
            subscription_id=plan.id, mirrored_at=moment, anchor=moment, upcoming_minor=1_234
        )
    )
    session.flush()
    dates = help_with(session, hand_off, office.policies, suggestions, billing).dates
    assert [each for each in dates if each.startswith("Then not taken: €12.34 on ")]
