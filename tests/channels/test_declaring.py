"""Giving notice in writing, by somebody who does not sign in."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
import time_machine
from pydantic import SecretStr

from channels.mail.letters import Letters
from channels.mail.sender import Letter, MailSender
from channels.pages.declaring import DECLARATIONS_A_MINUTE
from offboarding.accounts.model import Customer, Subscription
from offboarding.audit import service as audit
from offboarding.background.model import Task
from offboarding.cases.model import Case
from offboarding.database import Database
from offboarding.erasure import service as erasure
from offboarding.handoffs import service
from offboarding.handoffs.causes import HandOffCause
from offboarding.handoffs.declared import declared_rows
from offboarding.handoffs.declaring import MAIL, MOST_MAILED_A_DAY
from offboarding.handoffs.model import HandOff
from offboarding.policies.store import Policies
from offboarding.settings import REPOSITORY, Settings
from tests.channels.pages_site import Browser, Page, browsers
from tests.factories import (
    cancel,
    make_account,
    make_customer,
    make_payment,
    make_subscription,
)

NOON = datetime(2036, 11, 20, 12, 5, tzinfo=UTC)
GIVEN = {"name": "Amara Okafor", "contract": "The Pro plan", "email": "amara@example.org"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        _env_file=None,
        data_directory=tmp_path,
        secret=SecretStr("s" * 40),
        public_url="http://testserver",
        company_time_zone="Europe/Berlin",
    )


@pytest.fixture
def new_window(settings: Settings, database: Database) -> Callable[[], Browser]:
    return browsers(settings, database, Policies(REPOSITORY / "policy"))


@pytest.fixture
def window(new_window: Callable[[], Browser]) -> Browser:
    return new_window()


@pytest.fixture
def amara(database: Database) -> Customer:
    with database.write() as session:
        customer = make_customer(session)
        make_subscription(session, customer, period_end=NOON + timedelta(days=20))
    return customer


def declared(database: Database) -> list[HandOff]:
    with database.read() as session:
        return list(session.scalars(sa.select(HandOff).order_by(HandOff.requested_at)))


def tasks(database: Database, kind: str) -> int:
    with database.read() as session:
        found = sa.select(sa.func.count()).select_from(Task).where(Task.kind == kind)
        return session.scalar(found) or 0


def confirmation(database: Database, settings: Settings) -> Letter:
    [hand_off] = declared(database)
    with database.read() as session:
        [letter] = Letters(settings, database).declaration(session, hand_off.id)
    return letter


def withdraw(window: Browser, **given: str) -> Page:
    return window.send(window.open("/withdraw"), "/withdraw", **(GIVEN | given))


def cancel_in_writing(window: Browser, **given: str) -> Page:
    return window.send(
        window.open("/declare"), "/declare", **(GIVEN | {"kind": "ordinary"} | given)
    )


@time_machine.travel(NOON, tick=False)
def test_a_withdrawal_is_received_at_its_moment_and_confirmed_by_page_and_mail(
    window: Browser, database: Database, settings: Settings, amara: Customer
) -> None:
    page = withdraw(window)
    assert page.path.startswith("/declare/")
    for said in (
        "20 November 2036, 13:05",
        "That moment counts",
        "Withdrawal from the contract",
        "Amara Okafor",
        "The Pro plan",
        "amara@example.org",
    ):
        assert said in page.text
    [hand_off] = declared(database)
    assert (hand_off.cause, hand_off.contact_email) == (HandOffCause.WITHDRAWAL, amara.email)
    letter = confirmation(database, settings)
    assert letter.to == amara.email
    assert letter.subject == f"We received your withdrawal ({hand_off.number})"
    for said in ("20 November 2036, 13:05", "Withdrawal from the contract", "The Pro plan"):
        assert said in letter.text
        assert said in letter.html
    assert tasks(database, MAIL) == tasks(database, "mail.hand_off") == 1


@time_machine.travel(NOON, tick=False)
def test_nothing_ends_by_what_somebody_types(
    window: Browser, database: Database, amara: Customer
) -> None:
    cancel_in_writing(window)
    with database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Case)) == 0


@time_machine.travel(NOON, tick=False)
def test_the_link_in_the_mail_to_the_address_on_file_carries_it_out(
    window: Browser, database: Database, settings: Settings, amara: Customer
) -> None:
    withdraw(window)
    [path] = re.findall(
        r"http://testserver(/cancel/enter/\S+)", confirmation(database, settings).text
    )
    plan = window.open(path)
    receipt = window.send(plan, "/cancel/plan", choice=plan.form("/cancel/plan")["choice"])
    assert receipt.path.startswith("/receipts/")
    with database.read() as session:
        case = session.scalars(sa.select(Case)).one()
        assert case.customer_id == amara.id


def began_fourteen_days_ago(database: Database) -> None:
    """Amara, a consumer in Germany, has paid; NOON's is the last day on which she may withdraw."""
    with database.write() as session:
        account = make_account(session, country="DE", time_zone="Europe/Berlin")
        customer = make_customer(session, account=account)
        plan = make_subscription(
            session,
            customer,
            started_at=NOON - timedelta(days=14),
            period_end=NOON + timedelta(days=16),
        )
        make_payment(session, plan)


REACHED_US = "your withdrawal reached us within the 14 days"


@time_machine.travel(NOON, tick=False)
@pytest.mark.parametrize("days_later", [1, 6])
def test_the_moment_counts_at_which_it_came_in_when_it_is_carried_out_later(
    window: Browser, database: Database, settings: Settings, days_later: int
) -> None:
    began_fourteen_days_ago(database)
    withdraw(window)
    mailed = confirmation(database, settings).text
    [path] = re.findall(r"http://testserver(/cancel/enter/\S+)", mailed)
    with time_machine.travel(NOON + timedelta(days=days_later), tick=False):
        plan = window.open(path)
        assert "€29.00" in plan.text
        assert REACHED_US in plan.text
        assert "Your withdrawal reached us on 20 November 2036" in plan.text
        receipt = window.send(plan, "/cancel/plan", choice=plan.choices[0])
        assert "Withdrawal from the contract" in receipt.text
    with database.read() as session:
        case = session.scalars(sa.select(Case)).one()
        assert case.shown is not None
        assert case.shown["refund_minor"] == 2900


@time_machine.travel(NOON, tick=False)
@pytest.mark.parametrize(
    "given", [{}, {"email": "ben@example.org"}], ids=["cancelled", "another address"]
)
def test_after_the_days_nothing_else_that_was_declared_counts_for_money_back(
    window: Browser, database: Database, settings: Settings, given: dict[str, str]
) -> None:
    began_fourteen_days_ago(database)
    cancel_in_writing(window)
    mailed = confirmation(database, settings).text
    if given:
        withdraw(window, **given)
    [path] = re.findall(r"http://testserver(/cancel/enter/\S+)", mailed)
    with time_machine.travel(NOON + timedelta(days=1), tick=False):
        page = window.open(path)
        assert "€29.00 is paid back" not in page.text
        assert "Your withdrawal reached us" not in page.text


@time_machine.travel(NOON, tick=False)
def test_neither_the_page_nor_the_mail_tells_a_stranger_whether_there_is_an_account(
    new_window: Callable[[], Browser], database: Database, settings: Settings, amara: Customer
) -> None:
    known = withdraw(new_window()).text
    with database.write() as session:
        session.execute(sa.delete(HandOff))
    unknown = withdraw(new_window(), email="nobody@example.org").text
    numbers = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{3,4}")
    assert numbers.sub("", known) == numbers.sub("", unknown).replace("nobody@", "amara@")
    letter = confirmation(database, settings)
    assert "/cancel/enter/" not in letter.text
    assert "/cancel/enter/" not in letter.html


@time_machine.travel(NOON, tick=False)
def test_staff_read_what_was_declared_and_that_it_proves_nothing(
    window: Browser, database: Database, settings: Settings
) -> None:
    cancel_in_writing(window, kind="for_cause", reason="It lost\nmy notes", email="ben@example.org")
    [hand_off] = declared(database)
    with database.read() as session:
        [letter] = Letters(settings, database).hand_off(session, hand_off.id)
    assert letter.subject == f"Notice in writing ({hand_off.number})"
    for said in (
        "Received: 20 November 2036, 13:05",
        "Declaration: Cancellation for an important reason",
        "Reason: It lost my notes",
        "ben@example.org (only typed in, not proven)",
    ):
        assert said in letter.text
    assert letter.reply_to == "ben@example.org"


@time_machine.travel(NOON, tick=False)
def test_a_name_that_is_written_like_a_line_of_it_hides_no_other(
    window: Browser, database: Database
) -> None:
    name = "X Confirmation to: amara@example.org"
    page = cancel_in_writing(window, kind="for_cause", name=name, reason="It lost my notes")
    [hand_off] = declared(database)
    assert declared_rows(hand_off) == [
        ("Declaration", "Cancellation for an important reason"),
        ("Name", name),
        ("Contract", "The Pro plan"),
        ("To end", "On the earliest day there is"),
        ("Reason", "It lost my notes"),
        ("Confirmation to", "amara@example.org"),
    ]
    assert "It lost my notes" in page.text
    with database.write() as session:
        service.add_note(session, session.merge(hand_off), "Name: for staff alone")
    assert declared_rows(declared(database)[0]) == declared_rows(hand_off)


@time_machine.travel(NOON, tick=False)
@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        ({"name": " "}, "name", "Please give your name"),
        ({"contract": ""}, "contract", "Please say which contract"),
        ({"email": "amara"}, "email", "does not look like an e-mail address"),
        ({"kind": "for_cause"}, "reason", "Please give the reason"),
        ({"ends_on": "2036-11-18"}, "ends_on", "That day is over"),
        ({"ends_on": "soon"}, "ends_on", "year-month-day"),
        ({"name": "n" * 201}, "name", "at most 200 characters"),
        ({"contract": "see https://spam.example"}, "contract", "without web addresses"),
        ({"contract": "pay-now.example.com/login"}, "contract", "without web addresses"),
        ({"name": "Win at spam.example"}, "name", "without web addresses"),
        ({"kind": "for_cause", "reason": "WWW.spam.example"}, "reason", "without web addresses"),
        *[
            ({"name": address}, "name", "without web addresses")
            for address in (
                "SPAM.EXAMPLE",
                "www.spam-site.xn--p1ai",
                "пример.рф",
                "उदाहरण.भारत",
                "spam。example",
                "spam．example",  # noqa: RUF001
                "spam.exam\u200bple",
                "192.168.1.1/login",
                "See spam.example.",
                "me@spam.example/login",
                "@spam.example",
                "(spam.example:8080)",
                "spam.Co.KG",
                "Co.KG.spam.example",
                "Co.KG/login",
                "Co.KG:8080",
            )
        ],
    ],
)
def test_what_is_wrong_is_named_and_nothing_typed_is_lost(
    window: Browser, database: Database, given: dict[str, str], field: str, said: str
) -> None:
    page = cancel_in_writing(window, **given)
    assert page.status == 400
    assert said in page.text
    assert f'href="#{field}"' in page.html
    kept = GIVEN | given
    assert all(value in page.html for key, value in kept.items() if key in {"name", "contract"})
    assert declared(database) == []


@time_machine.travel(NOON, tick=False)
@pytest.mark.parametrize(
    "given",
    [
        {"name": "Dr. Amara J.B. Okafor e.V."},
        {"contract": "amara.okafor@example.org"},
        {"contract": "No. 12.345/6, Pro"},
        {"contract": "No. 1.234.567.890, for 29.99EUR a month"},
        {"contract": "Mine is <k.o'neil@example.org>."},
        {"name": "Okafor Druck GmbH & Co.KG"},
        {"name": "Okafor & Co.KG."},
    ],
)
def test_names_and_numbers_are_no_web_addresses(window: Browser, given: dict[str, str]) -> None:
    assert cancel_in_writing(window, **given).path.startswith("/declare/")


@time_machine.travel(NOON, tick=False)
def test_today_is_not_over_where_it_is_still_today(window: Browser) -> None:
    with time_machine.travel(datetime(2036, 11, 20, 5, tzinfo=UTC), tick=False):
        page = cancel_in_writing(window, ends_on="2036-11-19")  # 21:00 in Los Angeles
    assert "19 November 2036" in page.text


@time_machine.travel(NOON, tick=False)
def test_a_later_day_is_declared_as_it_was_chosen(window: Browser) -> None:
    assert "1 February 2037" in cancel_in_writing(window, ends_on="2037-02-01").text


@time_machine.travel(NOON, tick=False)
def test_sent_twice_it_is_taken_once_and_another_one_is_another(
    window: Browser, database: Database
) -> None:
    form = window.open("/withdraw")
    first = window.send(form, "/withdraw", **GIVEN)
    assert window.send(form, "/withdraw", **GIVEN).path == first.path
    assert len(declared(database)) == 1
    assert window.send(form, "/withdraw", **(GIVEN | {"contract": "Basic"})).path != first.path
    assert len(declared(database)) == 2
    assert tasks(database, MAIL) == tasks(database, "mail.hand_off") == 2


@time_machine.travel(NOON, tick=False)
def test_an_address_is_not_flooded_and_nobody_is_kept_from_giving_notice(
    new_window: Callable[[], Browser], database: Database
) -> None:
    stranger = new_window()
    for number in range(MOST_MAILED_A_DAY):
        assert "on its way to you by mail" in withdraw(stranger, contract=f"Plan {number}").text
    theirs = withdraw(new_window(), contract="Mine")
    assert theirs.status == 200
    assert "That moment counts" in theirs.text
    assert "print or keep this page" in theirs.text
    assert len(declared(database)) == tasks(database, "mail.hand_off") == MOST_MAILED_A_DAY + 1
    assert tasks(database, MAIL) == MOST_MAILED_A_DAY
    with time_machine.travel(NOON + timedelta(days=1, minutes=1), tick=False):
        assert "on its way to you by mail" in withdraw(new_window(), contract="Later").text


@time_machine.travel(NOON, tick=False)
def test_who_typed_an_address_reads_nothing_of_what_comes_of_it(
    new_window: Callable[[], Browser], database: Database, settings: Settings, amara: Customer
) -> None:
    stranger = new_window()
    page = withdraw(stranger)
    mailed = confirmation(database, settings).text
    [path] = re.findall(r"http://testserver(/cancel/enter/\S+)", mailed)
    window = new_window()
    plan = window.open(path)
    window.send(plan, "/cancel/plan", choice=plan.form("/cancel/plan")["choice"])
    [hand_off] = declared(database)
    with database.write() as session:
        case = session.scalars(sa.select(Case)).one()
        assert case.conversation_id != hand_off.conversation_id
        service.add_note(session, session.get_one(HandOff, hand_off.id), f"case {case.number}")
    assert stranger.open(page.path).text == page.text


@time_machine.travel(NOON, tick=False)
@pytest.mark.parametrize(
    ("email", "said"),
    [("jörg@example.net", "plain letters before the @"), ("ben@example", "does not look like")],
)
def test_an_address_that_no_mail_reaches_is_refused_and_not_lost(
    window: Browser, database: Database, email: str, said: str
) -> None:
    page = withdraw(window, email=email)
    assert page.status == 400
    assert said in page.text
    assert declared(database) == []


@time_machine.travel(NOON, tick=False)
def test_a_domain_in_other_letters_is_written_as_servers_know_it(
    window: Browser, database: Database, settings: Settings
) -> None:
    withdraw(window, email="ben@bücher.example.org")
    [hand_off] = declared(database)
    letters = Letters(settings, database)
    with database.read() as session:
        mails = letters.declaration(session, hand_off.id) + letters.hand_off(session, hand_off.id)
    confirmed, told = [MailSender(settings).message(each) for each in mails]
    assert confirmed["To"] == told["Reply-To"] == "ben@xn--bcher-kva.example.org"


@time_machine.travel(NOON, tick=False)
def test_an_erasure_takes_what_was_declared_from_its_address(
    window: Browser, database: Database, amara: Customer
) -> None:
    page = withdraw(window)
    [hand_off] = declared(database)
    with database.write() as session:
        plan = session.scalars(sa.select(Subscription)).one()
        customer = session.get_one(Customer, amara.id)
        case, _ = cancel(session, customer, plan, Policies(REPOSITORY / "policy"))
        done = erasure.erase(session, case, [])
        assert hand_off.conversation_id in (done.keys_left or [])
    [left] = declared(database)
    assert (left.note, left.contact_email, left.open) == ("", None, False)
    assert window.open(page.path).status == 404


@time_machine.travel(NOON, tick=False)
def test_nobody_mails_the_world_by_it(window: Browser, database: Database) -> None:
    for number in range(DECLARATIONS_A_MINUTE):
        withdraw(window, email=f"somebody-{number}@example.org")
    assert withdraw(window, email="one-more@example.org").status == 429
    assert len(declared(database)) == DECLARATIONS_A_MINUTE


def test_a_form_of_another_site_is_refused(window: Browser, database: Database) -> None:
    window.open("/withdraw")
    answer = window.client.post("/withdraw", data=GIVEN)
    assert answer.status_code == 403
    assert declared(database) == []


@pytest.mark.parametrize("token", ["x", "0" * 24])
def test_a_made_up_link_leads_nowhere(window: Browser, token: str) -> None:
    assert window.open(f"/declare/{token}").status == 404


@time_machine.travel(NOON, tick=False)
def test_markup_stays_words(window: Browser, database: Database, settings: Settings) -> None:
    page = withdraw(window, name="<script>alert(1)</script>")
    assert "<script>" not in page.html
    assert "<script>" not in confirmation(database, settings).html


@time_machine.travel(NOON, tick=False)
def test_what_has_no_shape_is_no_part_of_a_name(window: Browser, database: Database) -> None:
    withdraw(window, name="Ama\x00ra\x07 Oka\x1bfor", contract="The\x00 Pro plan")
    [hand_off] = declared(database)
    assert dict(declared_rows(hand_off)).items() >= {
        ("Name", "Amara Okafor"),
        ("Contract", "The Pro plan"),
    }


@pytest.mark.parametrize("unseen", ["\u202e", "\u2066", "\u200f", "\u061c", "\u200b", "\ufeff"])
def test_what_turns_or_hides_letters_is_in_no_word_of_it(
    window: Browser, database: Database, settings: Settings, unseen: str
) -> None:
    page = cancel_in_writing(
        window,
        kind="for_cause",
        name=f"Amara {unseen}rofakO",
        contract=f"The{unseen} Pro plan",
        reason=f"{unseen}It lost my notes",
    )
    [hand_off] = declared(database)
    for text in (page.html, hand_off.note, confirmation(database, settings).text):
        assert unseen not in text
        for words in ("Amara rofakO", "The Pro plan", "It lost my notes"):
            assert words in text


def test_a_name_of_nothing_that_is_seen_is_none(window: Browser, database: Database) -> None:
    again = withdraw(window, name="\u202e\u200b \u2066")
    assert again.status == 400
    assert "Please give your name" in again.text
    assert declared(database) == []


def test_names_keep_the_joiners_they_are_written_with(window: Browser, database: Database) -> None:
    name = "\u0646\u06cc\u200c\u0646\u0627"
    withdraw(window, name=name)
    [hand_off] = declared(database)
    assert dict(declared_rows(hand_off))["Name"] == name


@time_machine.travel(NOON, tick=False)
def test_a_request_for_a_person_has_no_declaration_to_show(
    window: Browser, database: Database, settings: Settings
) -> None:
    window.send(window.open("/cancel/person"), "/cancel/person", email="ben@example.org")
    [hand_off] = declared(database)
    with database.read() as session:
        assert Letters(settings, database).declaration(session, hand_off.id) == []


@time_machine.travel(NOON, tick=False)
def test_the_log_has_no_word_of_it(window: Browser, database: Database) -> None:
    withdraw(window)
    with database.read() as session:
        entries = audit.entries(session, declared(database)[0].conversation_id)
        said = str([(entry.event, entry.details) for entry in entries])
    assert "person_requested" in said
    assert "Amara" not in said
    assert "amara@" not in said


def test_who_has_no_code_finds_the_way_on_every_step(window: Browser) -> None:
    start = window.open("/cancel")
    assert 'href="/declare"' in start.html
    assert 'href="/withdraw"' in start.html
    assert 'href="/declare"' in window.send(start, "/cancel", email="amara@example.org").html
