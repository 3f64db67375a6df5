"""Staff or a page cancel, or take back, while the chat waits for the answer: it says what holds."""

import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from actions.base import ActionContext
from actions.endpoint import router
from offboard.proof.house import NothingInTheBackground
from offboarding.accounts.model import Subscription, SubscriptionState
from offboarding.billing.ledger import LedgerBilling
from offboarding.billing.model import EntryKind, LedgerEntry
from offboarding.cases import service as cases
from offboarding.cases import workflow
from offboarding.cases.model import Case
from offboarding.casework import acts
from offboarding.database import Database
from tests.actions.conftest import Hearing
from tests.factories import begin_lately

TOKEN = "a-token-of-the-tests"
LIMIT_SECONDS = 30.0
AT_ONCE = "utter_ask_confirm_refund_or_run_out"
LATER = "utter_ask_confirm_paid_or_at_once"


@pytest.fixture
def newcomer(amara: Hearing) -> Hearing:
    """Amara, who would be paid back, and is asked for her yes to that."""
    with amara.database.write() as session:
        begin_lately(session, session.query(Subscription).one())
    amara.hear("action_start_leaving", "cancel", text="cancel it")
    assert amara.hear("action_skip_reason", "skip", text="skip")[-1] == AT_ONCE
    return amara


def staff_cancel(hearing: Hearing, session: Session, *, runs_out: bool) -> None:
    """As on the staff page, by one of the two ways."""
    case, billing = session.query(Case).one(), LedgerBilling(session)
    ways = cases.ways_out(session, case.subscription, billing, hearing.policies)
    seen = cases.staff_mark(ways[runs_out], first=runs_out is case.runs_out)
    done = acts.cancel(session, case, seen, billing=billing, policies=hearing.policies, by="staff")
    assert done.just_now


def cancelled_by_staff(hearing: Hearing, *, runs_out: bool) -> None:
    with hearing.database.write() as session:
        staff_cancel(hearing, session, runs_out=runs_out)


def cancelled_on_the_page(hearing: Hearing) -> None:
    """By one who has gone to the page while the chat waited."""
    to_the_page(hearing)
    with hearing.database.write() as session:
        case, billing = session.query(Case).one(), LedgerBilling(session)
        cases.show_terms(session, case, billing, hearing.policies)
        way = cases.ways_out(session, case.subscription, billing, hearing.policies)[0]
        seen = cases.staff_mark(way, first=True)
        acts.cancel(session, case, seen, billing=billing, policies=hearing.policies, by="customer")


def undone_by_staff(hearing: Hearing) -> None:
    with hearing.database.write() as session:
        case = session.query(Case).one()
        acts.undo(session, case, billing=LedgerBilling(session), by="staff")


def to_the_page(hearing: Hearing) -> None:
    """They have gone on with it on the page, after a code: the case is of that visit since."""
    with hearing.database.write() as session:
        session.query(Case).one().conversation_id = "page-" + uuid.uuid4().hex[:31]


def done_at_billing(hearing: Hearing) -> list[EntryKind]:
    with hearing.database.read() as session:
        return list(session.scalars(sa.select(LedgerEntry.kind).order_by(LedgerEntry.occurred_at)))


def yes(hearing: Hearing) -> list[str]:
    return hearing.hear("action_confirm_cancellation", "affirm", pressed=True)


def choose(hearing: Hearing, option: str) -> list[str]:
    return hearing.hear(
        "action_choose_way", "choose_option", entities={"option": option}, pressed=True
    )


@pytest.mark.parametrize("on_the_page", [False, True])
def test_a_yes_to_the_money_after_it_was_let_run_is_told_how_the_money_can_still_be_had(
    newcomer: Hearing, on_the_page: bool
) -> None:
    cancelled_by_staff(newcomer, runs_out=True)
    if on_the_page:
        to_the_page(newcomer)
    assert yes(newcomer) == ["utter_cancelled_other_way"]
    told = newcomer.said_last("utter_cancelled_other_way")
    assert told["money_back"] == "€29.00"
    assert told["money_back_because"].startswith("you are within the 14 days")
    assert newcomer.question is None
    assert newcomer.subscription("Pro").state is SubscriptionState.ACTIVE
    assert done_at_billing(newcomer) == [EntryKind.CHARGE, EntryKind.CANCELLATION]


def test_a_yes_to_the_very_way_it_was_cancelled_hears_that_it_is(newcomer: Hearing) -> None:
    assert choose(newcomer, "run_out")[-1] == LATER
    cancelled_by_staff(newcomer, runs_out=True)
    assert yes(newcomer) == ["utter_already_cancelled"]


@pytest.mark.parametrize("on_the_page", [False, True])
def test_a_yes_to_let_it_run_after_it_ended_at_once_is_told_so(
    newcomer: Hearing, on_the_page: bool
) -> None:
    choose(newcomer, "run_out")
    cancelled_by_staff(newcomer, runs_out=False)
    if on_the_page:
        to_the_page(newcomer)
    assert yes(newcomer) == ["utter_already_cancelled_at_once"]
    assert newcomer.said_last("utter_already_cancelled_at_once")["refund"] == "€29.00"


@pytest.mark.parametrize(
    ("option", "runs_out", "said"),
    [
        ("at_once", True, "utter_cancelled_other_way"),
        ("run_out", True, "utter_already_cancelled"),
        ("run_out", False, "utter_already_cancelled_at_once"),
        ("at_once", False, "utter_already_cancelled_at_once"),
    ],
)
def test_a_way_that_is_chosen_too_late_is_answered_with_what_holds(
    newcomer: Hearing, option: str, runs_out: bool, said: str
) -> None:
    cancelled_by_staff(newcomer, runs_out=runs_out)
    assert choose(newcomer, option) == [said]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("let it run until the end", "utter_already_cancelled"),
        ("end it at once please", "utter_cancelled_other_way"),
    ],
)
def test_so_is_one_that_is_chosen_in_words(newcomer: Hearing, words: str, said: str) -> None:
    cancelled_by_staff(newcomer, runs_out=True)
    assert newcomer.hear("action_keep", "keep_subscription", text=words) == [said]


def test_an_offer_that_is_taken_after_staff_cancelled_is_answered_with_what_holds(
    amara: Hearing,
) -> None:
    asked = amara.hear("action_start_leaving", "cancel", "reason_price", text="too expensive")
    assert asked[-1].startswith("utter_offer_")
    with amara.database.write() as session:
        case = session.query(Case).one()
        cases.show_terms(session, case, LedgerBilling(session), amara.policies)
    cancelled_by_staff(amara, runs_out=False)
    said = amara.hear("action_accept_offer", "accept_offer", pressed=True)
    assert said == ["utter_cancelled_meanwhile"]
    assert not amara.subscription("Pro").renews


@pytest.mark.parametrize(
    ("runs_out", "said"),
    [(True, "utter_already_cancelled"), (False, "utter_already_cancelled_at_once")],
)
def test_who_says_no_after_it_was_cancelled_does_not_hear_that_nothing_was(
    newcomer: Hearing, runs_out: bool, said: str
) -> None:
    cancelled_by_staff(newcomer, runs_out=runs_out)
    assert newcomer.hear("action_decline_confirmation", "deny", pressed=True) == [said]


@pytest.fixture
def offered(amara: Hearing) -> Hearing:
    """Amara, who is offered Basic in place of Pro."""
    said = amara.hear("action_start_leaving", "cancel", "reason_price", text="too dear, cancel it")
    assert said[-1] == "utter_offer_smaller_plan"
    return amara


OFFER_ANSWERS = [
    ("action_accept_offer", "affirm", "Move to Basic", True),
    ("action_accept_offer", "affirm", "yes move me to basic", False),
    ("action_decline_offer", "cancel", "Cancel it", True),
    ("action_decline_offer", "deny", "no thanks", False),
    ("action_not_understood", "nlu_fallback", "hm", False),
]


@pytest.mark.parametrize(("action", "intent", "text", "pressed"), OFFER_ANSWERS)
def test_whatever_is_answered_to_an_offer_after_the_end_was_sealed_is_told_so(
    offered: Hearing, action: str, intent: str, text: str, pressed: bool
) -> None:
    cancelled_on_the_page(offered)
    said = offered.hear(action, intent, text=text, pressed=pressed)
    assert said == ["utter_cancelled_meanwhile"]
    assert offered.question is None
    assert offered.subscription("Pro").cancel_at is not None
    assert offered.subscription("Pro").next_plan is None


@pytest.mark.parametrize(("action", "intent", "text", "pressed"), OFFER_ANSWERS)
def test_after_an_undo_elsewhere_an_old_offer_does_nothing_and_says_what_holds(
    offered: Hearing, action: str, intent: str, text: str, pressed: bool
) -> None:
    cancelled_on_the_page(offered)
    undone_by_staff(offered)
    said = offered.hear(action, intent, text=text, pressed=pressed)
    assert said == ["utter_undone_before_paid", "utter_ask_wish"]
    assert offered.subscription("Pro").renews
    assert offered.subscription("Pro").next_plan is None


def test_a_question_at_such_an_offer_is_answered_and_the_offer_is_gone(offered: Hearing) -> None:
    cancelled_on_the_page(offered)
    said = offered.hear("action_answer_timeline", "timeline_or_status", text="when does it end?")
    assert said[0].startswith("utter_timeline")
    assert not any("offer" in each for each in said)


def test_the_reason_that_comes_too_late_is_answered_with_what_holds(amara: Hearing) -> None:
    assert amara.hear("action_start_leaving", "cancel") == ["utter_ask_reason"]
    cancelled_on_the_page(amara)
    said = amara.hear("action_take_reason", "reason_price", text="too expensive")
    assert said[-1] == "utter_cancelled_meanwhile"
    assert not any("offer" in each or "ask_reason" in each for each in said)


@pytest.mark.parametrize("on_the_page", [False, True])
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda hearing: choose(hearing, "at_once"), ["utter_ask_wish"]),
        (lambda hearing: choose(hearing, "run_out"), ["utter_ask_wish"]),
        (yes, ["utter_ask_wish"]),
        (lambda hearing: hearing.hear("action_decline_confirmation", "deny", pressed=True), []),
    ],
)
def test_a_button_from_before_an_undo_cancels_nothing_and_tells_of_it(
    newcomer: Hearing,
    answer: Callable[[Hearing], list[str]],
    said: Sequence[str],
    on_the_page: bool,
) -> None:
    cancelled_by_staff(newcomer, runs_out=True)
    if on_the_page:
        to_the_page(newcomer)
    undone_by_staff(newcomer)
    assert answer(newcomer) == ["utter_undone_before_paid", *said]
    assert newcomer.said_last("utter_undone_before_paid")["next_amount"] == "€29.00"
    assert newcomer.question == ("wish" if said else None)
    assert newcomer.subscription("Pro").renews
    assert EntryKind.REFUND not in done_at_billing(newcomer)


def test_after_an_undo_they_can_leave_anew_in_the_same_talk(newcomer: Hearing) -> None:
    cancelled_by_staff(newcomer, runs_out=True)
    undone_by_staff(newcomer)
    yes(newcomer)
    assert newcomer.hear("action_start_leaving", "cancel", pressed=True)[-1] == AT_ONCE
    assert yes(newcomer)[0] == "utter_cancelled_refund"


def test_a_yes_from_before_an_undo_hears_how_it_was_cancelled_since(newcomer: Hearing) -> None:
    cancelled_by_staff(newcomer, runs_out=True)
    undone_by_staff(newcomer)
    with newcomer.database.write() as session:
        undone, billing = session.query(Case).one(), LedgerBilling(session)
        anew = cases.open_case(session, undone.customer, undone.subscription, "2" * 32)
        cases.choose_way(session, anew, runs_out=True)
        cases.show_terms(session, anew, billing, newcomer.policies)
        workflow.confirm(
            session,
            anew,
            undone.customer,
            billing=billing,
            policies=newcomer.policies,
            source="test",
        )
    assert yes(newcomer) == ["utter_cancelled_other_way"]


def test_a_yes_to_the_undo_after_staff_did_it_hears_that_it_goes_on(newcomer: Hearing) -> None:
    choose(newcomer, "run_out")
    yes(newcomer)
    asked = newcomer.hear("action_keep", "keep_subscription", text="take the cancellation back")
    assert asked == ["utter_ask_undo_paid"]
    undone_by_staff(newcomer)
    said = newcomer.hear("action_confirm_undo", "affirm", pressed=True)
    assert said == ["utter_undone_before_paid"]
    assert newcomer.said_last("utter_undone_before_paid")["next_amount"] == "€29.00"
    assert newcomer.subscription("Pro").renews


def test_a_yes_to_the_undo_of_what_was_cancelled_anew_since_asks_about_that(
    newcomer: Hearing,
) -> None:
    choose(newcomer, "run_out")
    yes(newcomer)
    newcomer.hear("action_keep", "keep_subscription", text="take the cancellation back")
    undone_by_staff(newcomer)
    with newcomer.database.write() as session:
        case, billing = session.query(Case).one(), LedgerBilling(session)
        anew = cases.open_case(session, case.customer, case.subscription, "2" * 32)
        cases.show_terms(session, anew, billing, newcomer.policies)
        cases.choose_way(session, anew, runs_out=True)
        cases.show_terms(session, anew, billing, newcomer.policies)
        workflow.confirm(
            session,
            anew,
            case.customer,
            billing=billing,
            policies=newcomer.policies,
            source="test",
        )
    said = newcomer.hear("action_confirm_undo", "affirm", pressed=True)
    assert said == ["utter_ask_undo_paid"]
    assert not newcomer.subscription("Pro").renews


def called(hearing: Hearing) -> Callable[..., list[str]]:
    """Calls an action as the bot does: what it says."""
    context = ActionContext(
        hearing.settings,
        hearing.database,
        hearing.policies,
        NothingInTheBackground(),
        phrase=lambda name: name,
    )
    application = FastAPI()
    application.include_router(router(context, TOKEN))
    client = TestClient(application, raise_server_exceptions=False)

    def call(action: str, intent: str, text: str, option: str | None = None) -> list[str]:
        message: dict[str, Any] = {
            "text": text,
            "intent": {"name": intent, "confidence": 0.97},
            "entities": [{"entity": "option", "value": option}] if option else [],
            "metadata": {"message_id": uuid.uuid4().hex},
        }
        tracker = {
            "sender_id": hearing.id,
            "slots": dict(hearing.slots),
            "latest_message": message,
            "events": [],
        }
        answer = client.post(
            f"/actions/webhook?token={TOKEN}",
            json={"next_action": action, "sender_id": hearing.id, "tracker": tracker},
        )
        assert answer.status_code == 200, answer.text
        return [each["response"] for each in answer.json()["responses"]]

    return call


def until_it_waits(database: Database, work: Future[list[str]]) -> None:
    """Until another transaction waits for ours; SQLite lets no second one begin."""
    if database.engine.dialect.name != "postgresql":
        return
    with database.engine.connect() as connection:
        waits = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        while not connection.scalar(waits) and not work.done():
            connection.rollback()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (("action_confirm_cancellation", "affirm", "yes"), "utter_cancelled_other_way"),
        (("action_choose_way", "choose_option", "", "run_out"), "utter_already_cancelled"),
        (("action_decline_confirmation", "deny", "No, keep it"), "utter_already_cancelled"),
        (("action_keep", "keep_subscription", "I stay"), "utter_ask_undo_paid"),
        (("action_keep", "keep_subscription", "let it run out"), "utter_already_cancelled"),
    ],
)
def test_whatever_is_answered_in_the_instant_in_which_staff_cancel_is_told_that_they_have(
    newcomer: Hearing, answer: Sequence[str], said: str
) -> None:
    call = called(newcomer)
    with ThreadPoolExecutor(1) as threads:
        with newcomer.database.write() as session:
            staff_cancel(newcomer, session, runs_out=True)
            session.flush()
            work = threads.submit(call, *answer)
            until_it_waits(newcomer.database, work)
        assert work.result(LIMIT_SECONDS) == [said]
    assert done_at_billing(newcomer) == [EntryKind.CHARGE, EntryKind.CANCELLATION]
