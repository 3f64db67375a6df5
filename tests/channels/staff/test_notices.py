"""Notices in writing on the pages of staff: none is known from a mail alone."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from offboarding import clock
from offboarding.accounts.model import Customer, Subscription
from offboarding.audit import service as audit
from offboarding.audit.model import AuditEntry
from offboarding.database import Database
from offboarding.handoffs import service
from offboarding.handoffs.causes import HandOffCause
from offboarding.handoffs.claiming import SETTLED
from offboarding.handoffs.declared import TAKEN_BACK
from offboarding.handoffs.declaring import WrittenDeclaration, declare
from offboarding.handoffs.model import HandOff
from offboarding.handoffs.withdrawals import withdrawal_received
from offboarding.identity.model import IdentityMethod, VerifiedIdentity
from offboarding.receipts.model import Declaration
from offboarding.settings import Settings
from tests.channels.staff.staff_site import ROBIN, SAM, StaffBrowser
from tests.factories import begin_lately, make_customer, make_subscription

NOTICES = "/staff/notices"
TALK = "4" * 32


def declared(
    database: Database, email: str, kind: Declaration = Declaration.WITHDRAWAL, visit: str = "1"
) -> HandOff:
    written = WrittenDeclaration(kind, "Amara Okafor", "The Pro plan", email)
    with database.write() as session:
        return declare(session, written, visit)


@pytest.fixture
def notice(database: Database) -> HandOff:
    """A withdrawal, with an address that a customer has on file."""
    with database.write() as session:
        make_customer(session)
    return declared(database, "Amara@example.org")


def test_without_a_notice_the_page_says_so(robin: StaffBrowser) -> None:
    page = robin.open(NOTICES)
    assert "Nothing waits." in page.text
    assert f'href="{NOTICES}"' in robin.open("/staff/due").html


def test_each_is_listed_without_a_word_of_whoever_wrote_it(
    robin: StaffBrowser, database: Database, notice: HandOff
) -> None:
    other = declared(database, "nobody@example.org", Declaration.ORDINARY, "2")
    with database.write() as session:
        asked = service.request(session, "page-of-somebody-who-wants-a-person")
    page = robin.open(NOTICES)
    for known in (notice, other):
        assert f'href="{NOTICES}/{known.number}"' in page.html
    assert asked.number not in page.html
    assert "Withdrawal from the contract" in page.text
    assert "Cancellation" in page.text
    assert page.html.count('data-label="Address on file">Yes<') == 1
    assert page.html.count('data-label="Address on file">No<') == 1
    for word in ("Amara", "example.org", "The Pro plan"):
        assert word not in page.html


def test_one_of_an_address_on_file_stands_before_older_ones(
    robin: StaffBrowser, database: Database
) -> None:
    made_up = [declared(database, f"{name}@example.org", visit=name) for name in "abc"]
    with database.write() as session:
        make_customer(session)
    real = declared(database, "AMARA@example.org", visit="real")
    page = robin.open(NOTICES).html
    places = [page.index(f"{NOTICES}/{each.number}") for each in (real, *made_up)]
    assert places == sorted(places)


def test_its_words_stand_on_its_own_page_and_lead_to_the_cases(
    robin: StaffBrowser, notice: HandOff
) -> None:
    page = robin.open(f"{NOTICES}/{notice.number.lower()}")
    for word in ("Amara Okafor", "The Pro plan", "amara@example.org", "Not seen to yet"):
        assert word in page.text
    found = robin.send(page, "/staff/cases/by-address")
    assert "Nobody with that address has a case here." in found.text


def test_it_is_noted_as_seen_to_once_and_by_whom(
    robin: StaffBrowser, database: Database, notice: HandOff
) -> None:
    page = robin.open(f"{NOTICES}/{notice.number}")
    action = f"{NOTICES}/{notice.number}/seen-to"
    assert "Noted as seen to." in robin.send(page, action).text
    again = robin.send(page, action)
    assert "It was noted as seen to already." in again.text
    assert f"by {ROBIN}" in again.text
    assert "Nothing waits." in robin.open(NOTICES).text
    with database.read() as session:
        entries = audit.entries(session, notice.conversation_id)
        assert [entry.event for entry in entries].count(SETTLED) == 1


@pytest.mark.parametrize("seen_to", [False, True])
def test_a_withdrawal_is_noted_as_taken_back_once_and_counts_no_more(
    robin: StaffBrowser, database: Database, *, seen_to: bool
) -> None:
    path = newcomer(database)
    if seen_to:
        robin.send(robin.open(path), f"{path}/seen-to")
        assert counts(database)
    page = robin.open(path)
    assert "It then counts no more for what is paid back" in page.text
    action = f"{path}/taken-back"
    assert "Noted as taken back. It counts no more." in robin.send(page, action).text
    assert not counts(database)
    again = robin.send(page, action)
    assert "It was noted as taken back already." in again.text
    assert f"as {ROBIN} noted: it counts no more" in again.text
    assert action not in again.html
    assert "Nothing waits." in robin.open(NOTICES).text
    with database.read() as session:
        logged = session.scalars(sa.select(AuditEntry).where(AuditEntry.event == TAKEN_BACK)).all()
        assert [list(entry.details) for entry in logged] == [["by"]]


def newcomer(database: Database) -> str:
    """The page of a withdrawal by somebody whose contract began three days ago."""
    with database.write() as session:
        begin_lately(session, make_subscription(session, make_customer(session)))
    return f"{NOTICES}/{declared(database, 'amara@example.org').number}"


def counts(database: Database) -> bool:
    with database.read() as session:
        plan = session.scalars(sa.select(Subscription)).one()
        return withdrawal_received(plan) is not None


MISHEARD = "Withdrawal from the contract, declared: stop withdrawing my payments"


def heard(database: Database, *, desk: bool = False) -> HandOff:
    """A withdrawal that the assistant heard in the talk of the only customer."""
    with database.write() as session:
        customer = session.scalars(sa.select(Customer)).one()
        identified = sa.exists().where(VerifiedIdentity.conversation_id == TALK)
        if not session.scalar(sa.select(identified)):
            session.add(
                VerifiedIdentity(
                    conversation_id=TALK,
                    customer_id=customer.id,
                    method=IdentityMethod.TOKEN,
                    verified_at=clock.now(),
                    lapses_at=clock.now() + timedelta(hours=1),
                )
            )
            session.flush()
        hand_off = service.request(session, TALK, cause=HandOffCause.WITHDRAWAL)
        service.add_note(session, hand_off, MISHEARD)
        hand_off.team = "support" if desk else None
    return hand_off


@pytest.fixture
def misheard(database: Database) -> HandOff:
    with database.write() as session:
        begin_lately(session, make_subscription(session, make_customer(session)))
    return heard(database)


def test_a_withdrawal_heard_in_a_talk_is_listed_and_its_words_stand_on_its_page(
    robin: StaffBrowser, misheard: HandOff
) -> None:
    listed = robin.open(NOTICES)
    assert "Withdrawals in the chat" in listed.text
    assert f'href="{NOTICES}/{misheard.number}"' in listed.html
    assert "stop withdrawing" not in listed.text
    page = robin.open(f"{NOTICES}/{misheard.number}")
    assert MISHEARD in page.text
    assert "Support was mailed about it." in page.text
    assert "Note it as seen to" not in page.text
    found = robin.send(page, "/staff/cases/by-address")
    assert "Nobody with that address has a case here." in found.text


def test_what_was_heard_in_a_talk_by_mistake_is_taken_back_once_and_counts_no_more(
    robin: StaffBrowser, database: Database, misheard: HandOff
) -> None:
    path = f"{NOTICES}/{misheard.number}"
    assert counts(database)
    page, action = robin.open(path), f"{path}/taken-back"
    assert "Noted as taken back. It counts no more." in robin.send(page, action).text
    assert not counts(database)
    assert "It was noted as taken back already." in robin.send(page, action).text
    assert path not in robin.open(NOTICES).html
    assert f"as {ROBIN} noted: it counts no more" in robin.open(path).text


def test_who_withdraws_in_the_same_talk_after_that_is_heard_anew(
    robin: StaffBrowser, database: Database, misheard: HandOff
) -> None:
    path = f"{NOTICES}/{misheard.number}"
    robin.send(robin.open(path), f"{path}/taken-back")
    anew = heard(database)
    assert anew.number != misheard.number
    assert counts(database)
    assert f"{NOTICES}/{anew.number}" in robin.open(NOTICES).html


def test_taken_back_it_leaves_the_request_for_a_person_to_the_desk(
    robin: StaffBrowser, database: Database, misheard: HandOff
) -> None:
    heard(database, desk=True)
    path = f"{NOTICES}/{misheard.number}"
    page = robin.open(path)
    assert "The request for a person is open, and is ended at the desk." in page.text
    robin.send(page, f"{path}/taken-back")
    assert not counts(database)
    with database.read() as session:
        assert session.get_one(HandOff, misheard.id).open


def test_what_was_heard_in_a_talk_is_not_seen_to_here(
    robin: StaffBrowser, misheard: HandOff
) -> None:
    path = f"{NOTICES}/{misheard.number}"
    fields = robin.open(path).form(f"{path}/taken-back")
    assert robin.client.post(f"{path}/seen-to", data=fields).status_code == 404


def test_a_refund_that_waits_for_a_person_is_no_withdrawal_to_take_back(
    robin: StaffBrowser, database: Database
) -> None:
    with database.write() as session:
        held = service.request(session, TALK, "assistant", cause=HandOffCause.WITHDRAWAL)
    assert held.number not in robin.open(NOTICES).html
    assert "There is no notice of this number" in robin.open(f"{NOTICES}/{held.number}").text


def test_what_is_no_withdrawal_is_not_taken_back(robin: StaffBrowser, database: Database) -> None:
    """Nothing is paid back by it, so that it counts for nothing later."""
    path = f"{NOTICES}/{declared(database, 'b@example.org', Declaration.ORDINARY).number}"
    page = robin.open(path)
    assert "Note it as taken back" not in page.text
    fields = page.form(f"{path}/seen-to")
    assert robin.client.post(f"{path}/taken-back", data=fields).status_code == 404
    assert "Not seen to yet" in robin.open(path).text


def test_nobody_sees_or_settles_one_without_signing_in(
    window: StaffBrowser,
    new_window: Callable[..., StaffBrowser],
    settings: Settings,
    database: Database,
    notice: HandOff,
) -> None:
    path = f"{NOTICES}/{notice.number}"
    for each in (NOTICES, path):
        assert window.open(each).path == "/staff/sign-in"
    reader = new_window(
        settings.model_copy(update={"staff_addresses": [ROBIN], "insights_addresses": [SAM]})
    )
    reader.sign_in(SAM)
    for each in (NOTICES, path):
        assert "Amara" not in reader.open(each).html
    robin = new_window()
    robin.sign_in()
    for action in ("seen-to", "taken-back"):
        fields = {**robin.open(path).form(f"{path}/{action}"), "token": "forged"}
        assert robin.client.post(f"{path}/{action}", data=fields).status_code == 403
    with database.read() as session:
        assert session.scalars(sa.select(HandOff.ended_at)).all() == [None]


def test_what_is_no_notice_is_not_shown(robin: StaffBrowser, database: Database) -> None:
    with database.write() as session:
        talk = service.request(session, "3" * 32).number
    for number in (talk, "0000-000"):
        assert "There is no notice of this number" in robin.open(f"{NOTICES}/{number}").text
