"""A customer cancels on pages alone: no JavaScript, no assistant, nothing in the way."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
import time_machine
from fastapi import FastAPI
from pydantic import SecretStr
from starlette.testclient import TestClient

from channels.pages.entries import Entry, cancel_page_link, mailed_page_link
from channels.pages.frame import FORMS_A_MINUTE
from channels.pages.model import PageEntry
from channels.pages.routes import router
from channels.web import limits
from offboarding import clock
from offboarding.accounts.model import Customer, Subscription, SubscriptionState
from offboarding.audit import service as audit
from offboarding.background.model import Task
from offboarding.billing.ledger import LedgerBilling
from offboarding.billing.model import EntryKind, LedgerEntry
from offboarding.cases import service as cases
from offboarding.cases import workflow
from offboarding.cases.links import case_link
from offboarding.cases.model import Case
from offboarding.cases.states import CaseState
from offboarding.cases.terms import terms_from_json
from offboarding.database import Database, new_identifier
from offboarding.erasure import service as erasure
from offboarding.handoffs.model import HandOff
from offboarding.identity.model import CodeChallenge, IdentityMethod, VerifiedIdentity
from offboarding.policies.store import Policies
from offboarding.receipts.model import Receipt, ReceiptKind
from offboarding.receipts.service import receipt_link, receipt_of
from offboarding.settings import REPOSITORY, Settings
from offboarding.steps import service as steps
from offboarding.steps.model import StepState
from offboarding.steps.plan import StepKind
from offboarding.wording import date_text
from tests.channels.pages_site import Browser, Page, browsers
from tests.factories import (
    begin_lately,
    cancel,
    make_customer,
    make_plan,
    make_subscription,
)

CONVERSATION = "c" * 32
END = datetime(2036, 12, 14, 22, tzinfo=UTC)
OFFERS_AND_SURVEYS = re.compile(
    r"discount|pause|% off|instead|why are you|survey|sure\?", re.IGNORECASE
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        _env_file=None,
        data_directory=tmp_path,
        secret=SecretStr("s" * 40),
        public_url="http://testserver",
    )


@pytest.fixture(scope="module")
def policies() -> Policies:
    return Policies(REPOSITORY / "policy")


@pytest.fixture
def new_window(settings: Settings, database: Database, policies: Policies) -> Callable[[], Browser]:
    return browsers(settings, database, policies)


@pytest.fixture
def window(new_window: Callable[[], Browser]) -> Browser:
    return new_window()


@pytest.fixture
def amara(database: Database) -> Customer:
    with database.write() as session:
        customer = make_customer(session)
        make_subscription(session, customer, period_end=END)
    return customer


def subscription_of(database: Database, customer: Customer) -> Subscription:
    with database.read() as session:
        return session.scalars(
            sa.select(Subscription).where(Subscription.account_id == customer.account_id)
        ).one()


def rows(database: Database, table: type, *conditions: sa.ColumnElement[bool]) -> int:
    with database.read() as session:
        found = session.scalar(sa.select(sa.func.count()).select_from(table).where(*conditions))
    return found or 0


def test_a_whole_cancellation(window: Browser, database: Database, amara: Customer) -> None:
    start = window.open("/cancel")
    assert start.title.startswith("Step 1 of 3")
    code = window.send(start, "/cancel", email="Amara@Example.org")
    assert code.path == "/cancel/code"
    assert "If an account has this address, a code is on its way" in code.text
    plan = window.send(code, "/cancel/code", code=window.code("amara@example.org"))
    assert plan.path == "/cancel/plan"
    for fact in (
        "Cancel Pro on 14 December 2036",
        "€29.00 on 14 December 2036 will not be taken",
        "Can be downloaded until 13 January 2037",
        "because UK tax law says so",
        "Keep Pro",
    ):
        assert fact in plan.text
    assert not OFFERS_AND_SURVEYS.search(plan.text)
    assert rows(database, Case) == 0  # looking changes nothing

    receipt = window.send(plan, "/cancel/plan")
    assert receipt.path.startswith("/receipts/")
    assert "Pro is cancelled" in receipt.text
    assert "You can undo this until 14 December 2036, 22:00 (London time):" in receipt.text
    assert not OFFERS_AND_SURVEYS.search(receipt.text)
    assert subscription_of(database, amara).cancel_at == END
    with database.read() as session:
        [case] = session.scalars(sa.select(Case)).all()
        assert case.state is CaseState.SCHEDULED
        assert case.conversation_id.startswith("page-")
        assert len(case.conversation_id) == 36
        events = {entry.event: entry for entry in audit.entries(session, case.id)}
        assert events["confirmed"].details == {"source": "page"}
        assert "terms_shown" in events
        kinds = set(session.scalars(sa.select(Task.kind)))
    assert {"mail.receipt", "case.step"} <= kinds


def test_it_takes_two_pages_once_it_is_known_who_asks(window: Browser, amara: Customer) -> None:
    plan = window.sign_in(amara.email)
    assert plan.status == 200
    assert window.send(plan, "/cancel/plan").path.startswith("/receipts/")


def test_the_same_yes_twice_gives_the_same_receipt(
    window: Browser, database: Database, amara: Customer
) -> None:
    plan = window.sign_in(amara.email)
    first, second = (window.send(plan, "/cancel/plan") for _ in range(2))
    assert first.path == second.path
    assert first.text == second.text
    assert rows(database, Receipt) == 1
    assert rows(database, LedgerEntry, LedgerEntry.kind == EntryKind.CANCELLATION) == 1


def test_two_yeses_at_once_cancel_once(
    window: Browser, database: Database, amara: Customer
) -> None:
    plan = window.sign_in(amara.email)
    with ThreadPoolExecutor() as pool:
        answers = list(pool.map(lambda _: window.send(plan, "/cancel/plan"), range(4)))
    # Whoever comes second sees the receipt or, in the very same instant, how things are now.
    assert {answer.status for answer in answers} <= {200, 409}
    assert all("Pro is cancelled" in answer.text for answer in answers)
    assert rows(database, Receipt) == rows(database, Case) == 1
    assert rows(database, LedgerEntry, LedgerEntry.kind == EntryKind.CANCELLATION) == 1


def test_keeping_it_changes_nothing(window: Browser, database: Database, amara: Customer) -> None:
    plan = window.sign_in(amara.email)
    assert 'href="/cancel/kept"' in plan.html
    assert "Nothing was changed" in window.open("/cancel/kept").text
    assert subscription_of(database, amara).cancel_at is None


def test_an_undoing_is_confirmed_and_has_a_receipt(
    window: Browser, database: Database, amara: Customer
) -> None:
    cancelled = window.send(window.sign_in(amara.email), "/cancel/plan")
    page = window.open("/cancel/plan")
    assert "Your plan is cancelled already" in page.text
    assert "the payment of €29.00 on 14 December 2036 is taken" in page.text
    undone = window.send(page, "/cancel/undo")
    assert "Your cancellation of Pro was undone" in undone.text
    assert subscription_of(database, amara).cancel_at is None
    again = window.send(page, "/cancel/undo")
    assert again.path == undone.path
    assert rows(database, Receipt, Receipt.kind == ReceiptKind.UNDO) == 1
    assert "This cancellation was undone" in window.open(cancelled.path).text
    assert "Cancel Pro on 14 December 2036" in window.open("/cancel/plan").text


def test_an_undoing_after_the_end_says_how_things_are(
    window: Browser, database: Database, amara: Customer
) -> None:
    window.send(window.sign_in(amara.email), "/cancel/plan")
    page = window.open("/cancel/plan")
    with database.write() as session:
        case = session.scalars(sa.select(Case)).one()
        LedgerBilling(session).end(case.subscription, key="end")
        cases.move(session, case, CaseState.ENDED)
    late = window.send(page, "/cancel/undo")
    assert late.status == 409
    assert "nothing was done just now" in late.text
    assert "There is nothing to cancel" in late.text


def test_several_plans_are_told_apart_and_one_is_chosen(
    window: Browser, database: Database, amara: Customer
) -> None:
    with database.write() as session:
        customer = session.get_one(Customer, amara.id)
        make_subscription(session, customer, make_plan(session, "Archive", price="90.00"))
        make_subscription(session, customer, make_plan(session, "Free", price="0"))
    page = window.sign_in(amara.email)
    assert len(page.choices) == 3
    assert "Cancel Archive on" in page.text
    assert "The plan is free" in page.text
    nothing = window.send(page, "/cancel/plan")
    assert nothing.status == 400
    assert nothing.title.startswith("Error: ")
    assert rows(database, Case) == 0
    [free] = [
        choice
        for choice in page.choices
        if f'value="{choice}" required aria-describedby' in page.html
        and re.search(re.escape(choice) + r".{0,120}Cancel Free", page.html)
    ]
    assert "Free is cancelled" in window.send(page, "/cancel/plan", choice=free).text
    left = window.open("/cancel/plan")
    assert len(left.choices) == 2
    assert "Free is cancelled and ends on" in left.text


def test_an_account_without_a_plan_is_told_so_kindly(window: Browser, database: Database) -> None:
    with database.write() as session:
        make_customer(session, "none@example.org")
    page = window.sign_in("none@example.org")
    assert page.status == 200
    assert "There is nothing to cancel" in page.text
    assert "ask for a person" in page.text


def test_a_plan_cancelled_elsewhere_is_shown_as_such(window: Browser, database: Database) -> None:
    with database.write() as session:
        customer = make_customer(session)
        make_subscription(session, customer, period_end=END, cancel_at=END)
    page = window.sign_in("amara@example.org")
    assert "Pro is cancelled and ends on 14 December 2036" in page.text
    assert "It was not cancelled here" in page.text
    assert page.choices == []


def test_a_refused_page_that_is_sent_again_after_an_undo_cancels_nothing(
    new_window: Callable[[], Browser], window: Browser, database: Database, amara: Customer
) -> None:
    began_lately(database, amara)
    first = window.sign_in(amara.email)
    at_once, later = first.choices
    other = new_window()
    cancelled = other.send(other.sign_in(amara.email), "/cancel/plan", choice=later)
    # Of another visit, the mark is the same: it stands for what was shown.
    assert "Pro is cancelled" in cancelled.text
    assert window.send(first, "/cancel/plan", choice=at_once).status == 409
    assert "was undone" in other.send(other.open("/cancel/plan"), "/cancel/undo").text
    again = window.send(first, "/cancel/plan", choice=at_once)
    assert again.status == 409
    assert "Something has changed since this page was shown to you" in again.text
    assert "How shall Pro end?" in again.text
    going_on = subscription_of(database, amara)
    assert (going_on.state, going_on.renews) == (SubscriptionState.ACTIVE, True)
    assert rows(database, Case) == 1
    assert rows(database, LedgerEntry, LedgerEntry.kind == EntryKind.REFUND) == 0
    ended = window.send(again, "/cancel/plan", choice=again.choices[0])
    assert "Pro has ended" in ended.text


def test_a_page_from_before_they_kept_the_plan_is_shown_again(
    window: Browser, database: Database, amara: Customer
) -> None:
    page = window.sign_in(amara.email)
    with database.write() as session:  # in a chat, while the page is open
        plan = session.merge(subscription_of(database, amara))
        cases.keep(session, cases.open_case(session, session.merge(amara), plan, CONVERSATION))
    again = window.send(page, "/cancel/plan")
    assert again.status == 409
    assert subscription_of(database, amara).renews
    assert "Pro is cancelled" in window.send(again, "/cancel/plan").text


def test_old_yeses_at_once_with_an_undo_cancel_nothing_after_it(
    window: Browser, database: Database, amara: Customer
) -> None:
    old = window.sign_in(amara.email)
    window.send(old, "/cancel/plan")
    undo = window.open("/cancel/plan")
    acts = [(old, "/cancel/plan"), (undo, "/cancel/undo")] * 3
    with ThreadPoolExecutor(len(acts)) as pool:
        list(pool.map(lambda act: window.send(*act), acts))
    assert subscription_of(database, amara).renews
    assert rows(database, Case) == 1


def test_what_changed_since_it_was_shown_is_shown_again(
    window: Browser, database: Database, amara: Customer
) -> None:
    page = window.sign_in(amara.email)
    with database.write() as session:
        session.execute(
            sa.update(Subscription).values(discount_percent=50, discount_until=END + timedelta(1))
        )
    again = window.send(page, "/cancel/plan")
    assert again.status == 409
    assert "Something has changed" in again.text
    assert "€14.50" in again.text
    assert rows(database, Case) == 0
    assert "Pro is cancelled" in window.send(again, "/cancel/plan").text


def test_a_yes_to_an_old_page_does_not_count_for_what_another_page_showed(
    window: Browser, database: Database, amara: Customer
) -> None:
    old = window.sign_in(amara.email)
    with database.write() as session:
        session.execute(sa.update(Subscription).values(period_end=END + timedelta(days=31)))
    new = window.open("/cancel/plan")
    assert new.choices != old.choices
    assert window.send(old, "/cancel/plan").status == 409
    assert subscription_of(database, amara).cancel_at is None


def test_the_answer_is_the_same_whether_an_account_exists(
    new_window: Callable[[], Browser], amara: Customer
) -> None:
    def seen(email: str) -> list[tuple[int, str, str]]:
        window = new_window()
        pages = [window.ask_for_code(email)]
        pages += [window.send(pages[0], "/cancel/code", code="not it") for _ in range(5)]
        return [
            (page.status, page.path, re.sub(r'name="token" value="[^"]*"', "", page.html))
            for page in pages
        ]

    assert seen(amara.email) == seen("nobody@example.org")


def test_who_is_signed_in_can_go_on_as_somebody_else(
    window: Browser, database: Database, amara: Customer
) -> None:
    with database.write() as session:
        make_subscription(
            session, make_customer(session, "ben@example.org"), make_plan(session, "B")
        )
    window.sign_in(amara.email)
    page = window.sign_in("ben@example.org")
    assert "Cancel B on" in page.text
    assert "Pro" not in page.text


def test_five_wrong_codes_lock_and_say_so(
    window: Browser, database: Database, amara: Customer
) -> None:
    page = window.ask_for_code(amara.email)
    right = window.code(amara.email)
    wrong = str((int(right) + 1) % 1_000_000).zfill(6)
    for left in (4, 3, 2, 1):
        answer = window.send(page, "/cancel/code", code=wrong)
        assert answer.status == 400
        assert f"You have {left} tr" in answer.text
    locked = window.send(page, "/cancel/code", code=wrong)
    assert locked.status == 429
    assert "wrong code 5 times" in locked.text
    assert window.send(page, "/cancel/code", code=right).status == 429
    assert rows(database, VerifiedIdentity) == 0
    assert window.open("/cancel/plan").path == "/cancel"
    start = window.open("/cancel")
    assert window.send(start, "/cancel", email=amara.email).status == 429


def test_too_many_codes_are_refused_with_a_sentence(window: Browser, amara: Customer) -> None:
    for _ in range(5):
        assert window.ask_for_code(amara.email).path == "/cancel/code"
    refused = window.ask_for_code(amara.email)
    assert refused.status == 429
    assert "So many codes were asked for" in refused.text


def test_a_code_without_having_asked_for_one_leads_to_the_start(window: Browser) -> None:
    answer = window.send(window.open("/cancel/code"), "/cancel/code", code="123456")
    assert answer.path == "/cancel"


@pytest.mark.parametrize(
    "email", ["", "nonsense", "a@b@c", "x" * 300 + "@example.org", "a\x00@b.org"]
)
def test_what_is_no_address_is_refused_where_it_was_typed(
    window: Browser, database: Database, email: str
) -> None:
    page = window.send(window.open("/cancel"), "/cancel", email=email)
    assert page.status == 400
    assert page.title.startswith("Error: ")
    assert "That does not look like an e-mail address." in page.text
    assert 'aria-invalid="true"' in page.html
    assert rows(database, CodeChallenge) == 0


def test_signing_in_gives_the_visit_a_new_number(
    window: Browser, database: Database, amara: Customer
) -> None:
    window.open("/cancel")
    planted = dict(window.client.cookies)
    window.sign_in(amara.email)
    assert dict(window.client.cookies) != planted
    window.client.cookies.clear()
    window.client.cookies.update(planted)
    assert window.open("/cancel/plan").path == "/cancel"
    assert rows(database, VerifiedIdentity) == 1


def test_identity_lasts_for_the_minutes_that_are_set(
    window: Browser, database: Database, amara: Customer, settings: Settings
) -> None:
    page = window.sign_in(amara.email)
    with time_machine.travel(clock.now() + timedelta(minutes=settings.identity_minutes + 1)):
        answer = window.send(page, "/cancel/plan")
    assert answer.path == "/cancel"
    assert "We have to make sure once more" in answer.text
    assert rows(database, Case) == 0


@pytest.mark.parametrize(
    "action", ["/cancel", "/cancel/code", "/cancel/plan", "/cancel/undo", "/cancel/person"]
)
@pytest.mark.parametrize("token", [None, "", "forged"])
def test_a_form_from_elsewhere_changes_nothing(
    window: Browser, database: Database, amara: Customer, action: str, token: str | None
) -> None:
    plan = window.sign_in(amara.email)
    fields = {"email": amara.email, "choice": plan.choices[0]}
    if token is not None:
        fields["token"] = token
    answer = Page(window.client.post(action, data=fields))
    assert answer.status == 403
    assert "Nothing was changed" in answer.text
    assert rows(database, Case) == rows(database, HandOff) == 0


def test_the_form_of_another_visit_changes_nothing(
    new_window: Callable[[], Browser], database: Database, amara: Customer
) -> None:
    theirs = new_window().open("/cancel")
    mine = new_window()
    plan = mine.sign_in(amara.email)
    token = theirs.form("/cancel")["token"]
    assert mine.send(plan, "/cancel/plan", token=token).status == 403
    assert rows(database, Case) == 0


@pytest.mark.parametrize("cookie", ["", "page-forged", "null", "'; drop table page_entry; --"])
def test_a_forged_cookie_is_a_new_visit(window: Browser, amara: Customer, cookie: str) -> None:
    window.client.cookies.set("offboarding-visit", cookie)
    assert window.open("/cancel/plan").path == "/cancel"


def test_another_persons_subscription_is_not_found(
    window: Browser, database: Database, amara: Customer, policies: Policies
) -> None:
    with database.write() as session:
        other = make_customer(session, "ben@example.org", full_name="Ben Other")
        theirs = make_subscription(session, other, period_end=END)
        kept = make_subscription(session, other, make_plan(session, "Archive"))
        case, _ = cancel(session, other, theirs, policies)
    plan = window.sign_in(amara.email)
    digest = plan.choices[0].partition(".")[2]
    for choice in (f"{kept.id}.{digest}", kept.id, "x", "\x00.", "." * 50):
        answer = window.send(plan, "/cancel/plan", choice=choice)
        assert answer.status == 404
        assert "There is nothing here" in answer.text
    fields = {"token": plan.form("/cancel/plan")["token"]}
    for case_id in (case.id, "", "x", "\x00" * 32, "f" * 32):
        undo = Page(window.client.post("/cancel/undo", data={**fields, "case": case_id}))
        assert undo.status == 404
    with database.read() as session:
        assert session.get_one(Case, case.id).state is CaseState.SCHEDULED
        assert session.get_one(Subscription, kept.id).cancel_at is None


# Coming from a chat


def know(database: Database, customer: Customer) -> None:
    """The conversation is with this customer."""
    with database.write() as session:
        session.add(
            VerifiedIdentity(
                conversation_id=CONVERSATION,
                customer_id=customer.id,
                method=IdentityMethod.TOKEN,
                verified_at=clock.now(),
                lapses_at=clock.now() + timedelta(hours=1),
            )
        )


@pytest.fixture
def link(settings: Settings, database: Database, amara: Customer) -> str:
    know(database, amara)
    return urlsplit(cancel_page_link(settings)(CONVERSATION)).path


def test_a_link_from_the_chat_leads_straight_to_what_will_happen(
    window: Browser, database: Database, amara: Customer, link: str
) -> None:
    page = window.open(link)
    assert "Cancel Pro on 14 December 2036" in page.text
    assert amara.email not in page.html
    assert amara.full_name not in page.html
    receipt = window.send(page, "/cancel/plan")
    assert "Pro is cancelled" in receipt.text
    with database.read() as session:
        case = cases.case_in_conversation(session, CONVERSATION, amara)
        assert case is not None
        assert case.state is CaseState.SCHEDULED
    assert window.send(page, "/cancel/plan").path == receipt.path


def test_opening_a_link_uses_nothing_up(
    new_window: Callable[[], Browser], database: Database, link: str
) -> None:
    for _ in range(3):
        scanner = new_window()
        assert scanner.open(link).status == 200
        assert scanner.open("/cancel/plan").path == "/cancel"  # its cookie knows nobody
    assert rows(database, PageEntry) == rows(database, Case) == 0
    customer = new_window()
    assert "Pro is cancelled" in customer.send(customer.open(link), "/cancel/plan").text


def test_a_link_works_for_the_first_who_uses_it(
    new_window: Callable[[], Browser], database: Database, link: str
) -> None:
    thief, customer = new_window(), new_window()
    seen_by_thief = thief.open(link)
    customer.send(customer.open(link), "/cancel/person")
    late = thief.send(seen_by_thief, "/cancel/plan")
    assert late.status == 410
    assert "works once and for a while" in late.text
    assert new_window().open(link).status == 410
    assert rows(database, Case) == 0
    back = customer.open(link)
    assert back.path == "/cancel/plan"
    assert back.status == 200


def test_a_link_is_not_opened_after_five_minutes(window: Browser, link: str) -> None:
    with time_machine.travel(clock.now() + timedelta(minutes=5, seconds=2)):
        assert window.open(link).status == 410


def test_a_page_once_opened_may_be_read_for_longer(window: Browser, link: str) -> None:
    page = window.open(link)
    with time_machine.travel(clock.now() + timedelta(minutes=20)):
        assert "Pro is cancelled" in window.send(page, "/cancel/plan").text


@pytest.mark.parametrize("token", ["forged", "e30.e30.e30", "%00", "a" * 3000])
def test_a_forged_link_leads_nowhere(window: Browser, token: str) -> None:
    assert window.open(f"/cancel/enter/{token}").status == 404


def test_a_note_of_an_opened_link_cannot_be_carried_to_another_visit(
    new_window: Callable[[], Browser], database: Database, link: str
) -> None:
    opened = new_window().open(link).form("/cancel/plan")["opened"]
    thief = new_window()
    answer = thief.send(thief.open("/cancel"), "/cancel", email="t@example.org", opened=opened)
    assert answer.status == 410
    assert rows(database, PageEntry) == 0


def test_a_chat_that_does_not_know_its_customer_leads_to_the_address(
    window: Browser, settings: Settings, database: Database, amara: Customer
) -> None:
    path = urlsplit(cancel_page_link(settings)(CONVERSATION)).path
    assert window.open(path).path == "/cancel"
    assert "Pro is cancelled" in window.send(window.sign_in(amara.email), "/cancel/plan").text
    with database.read() as session:
        assert session.scalars(sa.select(Case.conversation_id)).one() != CONVERSATION


def test_what_the_page_cancels_does_not_follow_a_conversation_of_somebody_else(
    window: Browser, database: Database, link: str
) -> None:
    with database.write() as session:
        other = make_customer(session, "ben@example.org", full_name="Ben Other")
        make_subscription(session, other)
    window.send(window.open(link), "/cancel/person")
    window.send(window.sign_in("ben@example.org"), "/cancel/plan")
    with database.read() as session:
        case = session.scalars(sa.select(Case).where(Case.customer_id == other.id)).one()
    assert case.conversation_id != CONVERSATION


# A person


def test_who_came_to_undo_reads_of_undoing_up_to_the_undo(
    new_window: Callable[[], Browser], database: Database, amara: Customer, policies: Policies
) -> None:
    window = new_window()
    receipt = window.send(window.sign_in(amara.email), "/cancel/plan")
    [link] = re.findall(r'href="([^"]*)">undo the cancellation<', receipt.html)
    later = new_window()
    page = later.open(link)
    assert page.title.startswith("Step 1 of 3, your e-mail address \N{EN DASH} Undo a cancellation")
    assert "Cancel a plan" not in page.text
    page = later.send(page, "/cancel", email=amara.email)
    assert page.title.startswith("Step 2 of 3, the code \N{EN DASH} Undo a cancellation")
    page = later.send(page, "/cancel/code", code="not it")
    page = later.send(page, "/cancel/code", code=later.code(amara.email))
    assert page.path == "/cancel/plan"
    assert page.title.startswith("Step 3 of 3, what is cancelled \N{EN DASH} Undo a cancellation")
    assert "Pro is cancelled and ends on 14 December 2036" in page.text
    assert "You can undo it until 14 December 2036, 22:00 (London time)." in page.text
    undone = later.send(page, "/cancel/undo")
    assert "Your cancellation of Pro was undone" in undone.text
    assert subscription_of(database, amara).renews
    again = later.open(link)
    assert "Pro goes on as before, so there is nothing to undo." in again.text
    assert not again.choices


def test_a_mailed_link_to_undo_leads_to_the_undo_and_once_used_to_its_first_page(
    new_window: Callable[[], Browser],
    database: Database,
    amara: Customer,
    policies: Policies,
    settings: Settings,
) -> None:
    leaving(database, amara, policies)
    entry = Entry(new_identifier(), CONVERSATION, amara.id)
    path = mailed_page_link(entry, settings, undo=True).removeprefix(settings.base_url)
    window = new_window()
    page = window.open(path)
    assert page.title.startswith("What is cancelled \N{EN DASH} Undo a cancellation")
    assert "was undone" in window.send(page, "/cancel/undo").text
    gone = new_window().open(path)
    assert gone.status == 410
    assert 'href="/cancel?undo=yes"' in gone.html


def test_a_person_can_be_asked_for_before_anybody_is_known(
    window: Browser, database: Database, amara: Customer
) -> None:
    page = window.send(window.open("/cancel"), "/cancel/person")
    assert "Where may they answer?" in page.text
    for wrong in ("nonsense", ""):
        assert window.send(page, "/cancel/person", email=wrong).status == 400
    page = window.send(page, "/cancel/person", email="amara@example.org")
    assert "They will answer to amara@example.org" in page.text
    assert "promise a time" in page.text
    with database.read() as session:
        [hand_off] = session.scalars(sa.select(HandOff)).all()
        kinds = list(session.scalars(sa.select(Task.kind)))
    assert hand_off.number in page.text
    assert hand_off.contact_email == "amara@example.org"
    assert hand_off.customer_id is None
    assert kinds.count("mail.hand_off") == 2
    assert "Pro is cancelled" in window.send(window.sign_in(amara.email), "/cancel/plan").text


def test_a_known_customer_is_answered_at_their_own_address(
    window: Browser, database: Database, amara: Customer
) -> None:
    page = window.send(window.sign_in(amara.email), "/cancel/person")
    assert "They will answer to amara@example.org" in page.text
    window.send(window.open("/cancel/plan"), "/cancel/person")
    with database.read() as session:
        [hand_off] = session.scalars(sa.select(HandOff)).all()
    assert hand_off.customer_id == amara.id


def test_a_request_on_the_page_is_the_one_of_the_chat_it_came_from(
    window: Browser, database: Database, link: str
) -> None:
    window.send(window.open(link), "/cancel/person")
    with database.read() as session:
        assert session.scalars(sa.select(HandOff.conversation_id)).one() == CONVERSATION


@pytest.mark.parametrize(
    "path", ["/cancel", "/cancel/code", "/cancel/kept", "/cancel/nowhere", "/cancel/person"]
)
def test_every_page_leads_to_a_person(window: Browser, path: str) -> None:
    assert "/cancel/person" in window.open(path).html


def test_the_page_of_a_person_asks_for_the_address_at_once(
    window: Browser, database: Database
) -> None:
    page = window.open("/cancel/person")
    assert window.send(page, "/cancel/person", email="").status == 400
    assert rows(database, HandOff) == 0
    answered = window.send(page, "/cancel/person", email="a@example.org")
    assert "They will answer to a@example.org" in answered.text


# Documents


def test_a_receipt_is_shown_to_whoever_has_its_link(
    window: Browser, database: Database, amara: Customer, settings: Settings, policies: Policies
) -> None:
    with database.write() as session:
        customer = session.get_one(Customer, amara.id)
        subscription = session.scalars(sa.select(Subscription)).one()
        case, receipt = cancel(session, customer, subscription, policies)
    page = window.open(urlsplit(receipt_link(receipt.id, settings)).path)
    assert page.status == 200
    assert case.number in page.text
    assert "Receipt for Amara Okafor" in page.text


def leaving(database: Database, amara: Customer, policies: Policies) -> Case:
    with database.write() as session:
        customer = session.get_one(Customer, amara.id)
        subscription = session.scalars(sa.select(Subscription)).one()
        case, _ = cancel(session, customer, subscription, policies)
        return case


def test_the_page_of_a_case_says_what_is_done_and_what_is_to_come(
    window: Browser, database: Database, amara: Customer, settings: Settings, policies: Policies
) -> None:
    case = leaving(database, amara, policies)
    path = urlsplit(case_link(case.id, settings)).path
    page = window.open(path)
    assert page.status == 200
    assert case.number in page.text
    assert "1 of 6 done. Invoices are kept until the end of" in page.text
    assert "You can undo this until" in page.text
    assert "Copy of your data" not in page.text  # nobody asked for one
    assert "Amara" not in page.text  # whoever has the link learns no name
    with database.write() as session:
        for step in steps.steps_of(session, case.id):
            if step.kind in {StepKind.REMIND, StepKind.END}:
                steps.settle(session, step.id, StepState.DONE)
            if step.kind is StepKind.REVOKE_ACCESS:
                steps.stick(session, step.id)
        cases.move(session, session.get_one(Case, case.id), CaseState.ENDED)
    later = window.open(path)
    assert "3 of 6 done" in later.text
    assert "somebody of our team looks after it" in later.text
    assert "You can undo" not in later.text
    with database.write() as session:
        for step in steps.steps_of(session, case.id):
            steps.settle(session, step.id, StepState.DONE)
    assert "All 7 are done." in window.open(path).text


def test_who_keeps_another_plan_reads_of_no_deletion_and_no_end_of_charges(
    window: Browser, database: Database, amara: Customer, settings: Settings, policies: Policies
) -> None:
    with database.write() as session:
        customer = session.get_one(Customer, amara.id)
        basic = make_plan(session, "Basic", price="9.00")
        make_subscription(session, customer, basic, period_end=datetime(2036, 12, 30, tzinfo=UTC))
    plan = window.sign_in(amara.email)
    assert "Pro goes on: €29.00 on 14 December 2036" in plan.text
    assert "Basic goes on: €9.00 on 30 December 2036" in plan.text
    assert "deleted" not in plan.text
    with database.write() as session:
        held = session.scalars(sa.select(Subscription).where(Subscription.plan_id == "basic")).one()
        case, receipt = cancel(session, session.get_one(Customer, amara.id), held, policies)
    page = window.open(urlsplit(case_link(case.id, settings)).path)
    assert "1 of 4 done." in page.text
    assert "Your payment method stays for Pro" in page.text
    assert "Your content stays while you have another plan" in page.text
    shown = window.open(urlsplit(receipt_link(receipt.id, settings)).path)
    assert "Stays while you have another plan" in shown.text
    assert "Pro goes on: €29.00 on 14 December 2036" in shown.text
    for each in (page, shown):
        assert not re.search("deleted|erased|payment method removed", each.text, re.IGNORECASE)


def test_once_it_is_over_the_pages_say_until_when_there_is_something_to_come_back_to(
    window: Browser, database: Database, amara: Customer, settings: Settings, policies: Policies
) -> None:
    case = leaving(database, amara, policies)
    path = urlsplit(case_link(case.id, settings)).path
    assert "All you had is kept" not in window.open(path).text
    with database.write() as session:
        ended = session.get_one(Case, case.id)
        cases.move(session, ended, CaseState.ENDED)
        ended.subscription.state = SubscriptionState.ENDED
        assert ended.shown is not None
        until = date_text(terms_from_json(ended.shown).content_until, ended.customer)
    sentence = f"All you had is kept until {until}."
    assert sentence in window.open(path).text
    plan = window.sign_in(amara.email)
    assert "There is nothing to cancel" in plan.text
    assert sentence in plan.text
    with database.write() as session:
        make_subscription(session, session.get_one(Customer, amara.id))
    assert "All you had is kept" not in window.open(path).text


def test_the_page_of_a_case_that_was_undone_says_so(
    window: Browser, database: Database, amara: Customer, settings: Settings, policies: Policies
) -> None:
    case = leaving(database, amara, policies)
    with database.write() as session:
        held = session.get_one(Case, case.id)
        workflow.undo(session, held, held.customer, billing=LedgerBilling(session))
    page = window.open(urlsplit(case_link(case.id, settings)).path)
    assert "You stayed with Pro" in page.text
    assert "goes on as before" in page.text


def test_after_the_erasure_receipt_and_case_are_shown_without_a_name(
    window: Browser, database: Database, amara: Customer, settings: Settings, policies: Policies
) -> None:
    case = leaving(database, amara, policies)
    with database.write() as session:
        held = session.get_one(Case, case.id)
        receipt = receipt_of(session, held, ReceiptKind.CANCELLATION)
        assert receipt is not None
        erasure.erase(session, held, ())
    for link in (receipt_link(receipt.id, settings), case_link(case.id, settings)):
        page = window.open(urlsplit(link).path)
        assert page.status == 200
        assert case.number in page.text
        assert "Amara" not in page.text
        assert "amara@" not in page.text


@pytest.mark.parametrize("kind", ["receipts", "exports", "case"])
@pytest.mark.parametrize("token", ["forged", "e30", "%00", "a.b.c"])
def test_a_forged_link_to_a_document_is_a_kind_page(window: Browser, kind: str, token: str) -> None:
    page = window.open(f"/{kind}/{token}")
    assert page.status == 404
    assert "There is nothing here" in page.text
    assert page.response.headers["Cache-Control"] == "no-store"


# The frame


def test_every_page_is_kept_to_itself(window: Browser, link: str) -> None:
    for path in ("/cancel", "/cancel/person", "/cancel/nowhere", link, "/receipts/forged"):
        headers = window.client.get(path).headers
        policy = headers["Content-Security-Policy"]
        for rule in (
            "default-src 'none'",
            "style-src 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        ):
            assert rule in policy
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
    for page in (window.open("/cancel"), window.open(link)):
        assert "<script" not in page.html
        assert "style=" not in page.html
        assert '<html lang="en">' in page.html


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(
    window: Browser, settings: Settings, database: Database, policies: Policies
) -> None:
    cookie = window.client.get("/cancel").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie
    secure = FastAPI()
    https = settings.model_copy(update={"public_url": "https://leave.larkspur.example"})
    secure.include_router(router(https, database, policies, LedgerBilling))
    cookie = TestClient(secure).get("/cancel").headers["Set-Cookie"]
    assert cookie.startswith("__Host-")
    assert "Secure" in cookie


def test_the_style_sheet_is_served(window: Browser) -> None:
    found = re.search(r'href="(/pages/style.css[^"]*)"', window.open("/cancel").html)
    assert found is not None
    response = window.client.get(found[1])
    assert response.headers["Content-Type"].startswith("text/css")
    assert "max-age" in response.headers["Cache-Control"]


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"token=" + b"x" * 20_000, "application/x-www-form-urlencoded", 413),
        (b"{}", "application/json", 403),
        (b"token=" + b"x" * 3000, "application/x-www-form-urlencoded", 400),
        (b"--b\r\nbroken", "multipart/form-data; boundary=b", None),
        (b"\xff\xfe%%%=", "application/x-www-form-urlencoded", 403),
    ],
)
def test_malformed_forms_get_a_page_and_change_nothing(
    window: Browser, database: Database, body: bytes, content_type: str, status: int | None
) -> None:
    response = window.client.post("/cancel", content=body, headers={"Content-Type": content_type})
    assert response.status_code == status or (status is None and response.status_code in {400, 403})
    assert "<main>" in response.text
    assert rows(database, CodeChallenge) == 0


def test_our_own_failure_is_a_page_without_a_trace(
    settings: Settings, database: Database, policies: Policies, amara: Customer
) -> None:
    def broken(_session: object) -> LedgerBilling:
        raise RuntimeError("secret detail")

    application = FastAPI()
    application.include_router(router(settings, database, policies, broken))
    client = TestClient(application, raise_server_exceptions=False)
    page = Browser(client, settings, database).sign_in(amara.email)
    assert page.status == 500
    assert "Something broke on our side" in page.text
    assert "secret detail" not in page.html
    assert "/cancel/person" in page.html


def test_one_address_cannot_send_forms_without_end(
    new_window: Callable[[], Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "time", SimpleNamespace(monotonic=lambda: 1_000.0))
    window = new_window()
    page = window.open("/cancel")
    answers = [
        window.send(page, "/cancel", email="nobody at all").status
        for _ in range(FORMS_A_MINUTE + 10)
    ]
    assert answers[0] == 400
    assert answers[-1] == 429


# --- money back


def began_lately(database: Database, customer: Customer) -> Subscription:
    """Their contract began three days ago, and was paid then."""
    with database.write() as session:
        subscription = session.merge(subscription_of(database, customer))
        begin_lately(session, subscription)
    return subscription


def test_within_the_first_days_the_page_says_what_comes_back_and_ends_it_at_once(
    window: Browser, database: Database, amara: Customer
) -> None:
    began_lately(database, amara)
    plan = window.sign_in(amara.email)
    assert "Cancel Pro now, with €29.00 paid back" in plan.text
    assert "because you are within the 14 days in which you may withdraw" in plan.text
    receipt = window.send(plan, "/cancel/plan", choice=plan.choices[0])
    assert "Pro has ended" in receipt.text
    assert "€29.00 is paid back" in receipt.text
    assert "You can undo this" not in receipt.text
    assert subscription_of(database, amara).state is SubscriptionState.ENDED


def test_a_page_that_promised_money_back_too_long_ago_shows_what_is_true_now(
    window: Browser, database: Database, amara: Customer
) -> None:
    subscription = began_lately(database, amara)
    plan = window.sign_in(amara.email)
    with database.write() as session:
        session.get_one(Subscription, subscription.id).started_at -= timedelta(days=30)
    again = window.send(plan, "/cancel/plan", choice=plan.choices[0])
    assert "Something has changed since this page was shown to you" in again.text
    assert "paid back at once" not in again.text
    assert subscription_of(database, amara).renews


def test_the_page_lets_them_choose_to_let_it_run_out(
    window: Browser, database: Database, amara: Customer
) -> None:
    began_lately(database, amara)
    plan = window.sign_in(amara.email)
    assert "How shall Pro end?" in plan.text
    assert "Keep Pro" in plan.text
    neither = window.send(plan, "/cancel/plan")
    assert (neither.status, neither.title[:7]) == (400, "Error: ")
    assert "Choose how it shall end." in neither.text
    at_once, later = plan.choices
    assert at_once.partition(".")[0] == later.partition(".")[0]
    receipt = window.send(plan, "/cancel/plan", choice=later)
    assert "Pro is cancelled" in receipt.text
    assert "paid back at once" not in receipt.text
    cancelled = subscription_of(database, amara)
    assert (cancelled.state, cancelled.cancel_at) == (SubscriptionState.ACTIVE, END)
    again = window.send(plan, "/cancel/plan", choice=later)
    assert (again.status, again.path) == (200, receipt.path)


def test_who_chooses_the_money_after_it_was_let_run_reads_that_it_is_and_how_to_have_it_still(
    window: Browser, database: Database, policies: Policies, amara: Customer
) -> None:
    subscription = began_lately(database, amara)
    plan = window.sign_in(amara.email)
    with database.write() as session:  # in a chat, while the page is open
        case = cases.open_case(session, session.merge(amara), session.merge(subscription), "c" * 32)
        cases.choose_way(session, case, runs_out=True)
        cases.show_terms(session, case, LedgerBilling(session), policies)
        workflow.confirm(
            session,
            case,
            case.customer,
            billing=LedgerBilling(session),
            policies=policies,
            source="chat",
        )
    at_once, later = plan.choices
    told = window.send(plan, "/cancel/plan", choice=at_once)
    assert (told.status, told.path) == (409, "/cancel/plan")
    assert "It was cancelled already, and not in the way that you have just chosen" in told.text
    assert "Pro ends on 14 December 2036" in told.text
    assert (
        "You can still have €29.00 back, because you are within the 14 days in which you may "
        "withdraw from the contract; then it ends at once. A person can do that for you"
    ) in told.text
    assert subscription_of(database, amara).state is SubscriptionState.ACTIVE
    assert '<a class="button plain" href="/cancel?undo=yes">Undo the cancellation</a>' in told.html
    undo = window.open("/cancel?undo=yes")
    assert "Undo the cancellation of Pro" in undo.text
    receipt = window.send(plan, "/cancel/plan", choice=later)
    assert "Pro is cancelled" in receipt.text
    assert f'href="{receipt.path}">See the receipt</a>' in told.html


def test_who_lets_it_run_after_it_ended_at_once_reads_that_it_has(
    window: Browser, database: Database, amara: Customer
) -> None:
    began_lately(database, amara)
    plan = window.sign_in(amara.email)
    at_once, later = plan.choices
    window.send(plan, "/cancel/plan", choice=at_once)
    told = window.send(plan, "/cancel/plan", choice=later)
    assert told.status == 409
    assert "not in the way that you have just chosen, so nothing was done just now" in told.text
    assert "Pro has ended" in told.text
    assert "€29.00 is paid back" in told.text
    assert "If that" in told.text
    assert "Undo the cancellation" not in told.text
    assert "You can still have" not in told.text


def test_sent_again_after_it_ended_at_once_the_page_leads_to_the_same_receipt(
    window: Browser, database: Database, amara: Customer
) -> None:
    began_lately(database, amara)
    plan = window.sign_in(amara.email)
    receipt = window.send(plan, "/cancel/plan", choice=plan.choices[0])
    assert "Pro has ended" in receipt.text
    again = window.send(plan, "/cancel/plan", choice=plan.choices[0])
    assert (again.status, again.path) == (200, receipt.path)
    with database.read() as session:
        assert session.query(Receipt).count() == 1


def test_what_ended_in_another_account_or_without_a_case_is_nothing_to_cancel(
    window: Browser, database: Database, amara: Customer
) -> None:
    with database.write() as session:
        other = make_customer(session, "ben@example.org")
        of_other = make_subscription(session, other, state=SubscriptionState.ENDED).id
        own = make_subscription(session, session.merge(amara), state=SubscriptionState.ENDED).id
    plan = window.sign_in(amara.email)
    for subscription_id in (of_other, own):
        refused = window.send(plan, "/cancel/plan", choice=f"{subscription_id}.{'0' * 32}")
        assert refused.status == 404
