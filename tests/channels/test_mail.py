"""Every letter arrives, says what is true when it is sent, and is the same when sent again."""

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import structlog
import time_machine
from aiosmtpd.controller import Controller
from pydantic import SecretStr
from sqlalchemy.orm import Session

from channels.mail.letters import mail_handlers
from channels.mail.sender import Letter, MailSender
from channels.progress import progress
from offboarding import clock
from offboarding.accounts.model import AccountKind, Customer, Subscription, SubscriptionState
from offboarding.billing.ledger import LedgerBilling
from offboarding.cases import service as cases
from offboarding.cases import workflow
from offboarding.cases.links import case_link
from offboarding.cases.model import Case
from offboarding.cases.reasons import ChurnReason
from offboarding.cases.terms import terms_from_json, terms_values
from offboarding.database import Database, new_identifier
from offboarding.erasure import service as erasure
from offboarding.errors import ConfigurationError
from offboarding.exports.model import Export, ExportState
from offboarding.exports.service import export_link
from offboarding.handoffs import service as handoffs
from offboarding.handoffs.causes import HandOffCause
from offboarding.identity import service as identity
from offboarding.identity.model import CodeChallenge, IdentityMethod, VerifiedIdentity
from offboarding.offers import service as offers
from offboarding.policies.store import Policies
from offboarding.receipts.keys import receipt_keys
from offboarding.receipts.model import Receipt
from offboarding.receipts.service import receipt_link
from offboarding.receipts.verifying import verify
from offboarding.settings import REPOSITORY, Settings
from tests.factories import cancel, make_account, make_customer, make_plan, make_subscription

CONVERSATION = "c" * 32


@dataclass
class Mailbox:
    """What the SMTP server took."""

    taken: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        message = message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        self.taken.append(message)
        return "250 OK"

    def one(self) -> EmailMessage:
        [message] = self.taken
        return message


@dataclass
class Post:
    """The handlers over an SMTP server, and what that server took."""

    settings: Settings
    mailbox: Mailbox
    run: Callable[[str, str], None]


def text_of(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def html_of(message: EmailMessage) -> str:
    part = message.get_body(("html",))
    assert part is not None
    return str(part.get_content())


@pytest.fixture(scope="module")
def smtp() -> Iterator[tuple[int, Mailbox]]:
    mailbox = Mailbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    yield port, mailbox
    controller.stop()


@pytest.fixture
def settings(smtp: tuple[int, Mailbox], tmp_path: Path) -> Settings:
    return Settings(
        _env_file=None,
        smtp_port=smtp[0],
        data_directory=tmp_path,
        secret=SecretStr("s" * 40),
        public_url="https://leave.larkspur.example",
    )


@pytest.fixture
def post(settings: Settings, database: Database, smtp: tuple[int, Mailbox]) -> Post:
    smtp[1].taken.clear()
    handlers = mail_handlers(settings, database)
    return Post(settings, smtp[1], lambda kind, subject_id: handlers[kind](subject_id))


@pytest.fixture(scope="module")
def policies() -> Policies:
    return Policies(REPOSITORY / "policy")


def challenge_for(session: Session, address: str) -> CodeChallenge:
    identity.send_code(session, CONVERSATION, address)
    return session.scalars(sa.select(CodeChallenge)).one()


def test_a_customer_gets_the_code_that_counts(post: Post, database: Database) -> None:
    with database.write() as session:
        make_customer(session)
        challenge = challenge_for(session, "Amara@Example.org")
    post.run("mail.identity_code", challenge.id)
    message = post.mailbox.one()
    code = identity.code_for(challenge.id, post.settings)
    assert message["To"] == "amara@example.org"
    assert code in message["Subject"]
    assert code in text_of(message)
    assert code in html_of(message)
    assert "10 minutes" in text_of(message)
    assert "If it was not you" in text_of(message)
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["From"] == "Larkspur Notes <goodbye@larkspur.example>"


def test_an_address_without_account_gets_a_kind_letter_without_code(
    post: Post, database: Database
) -> None:
    with database.write() as session:
        challenge = challenge_for(session, "nobody@example.org")
    post.run("mail.identity_code", challenge.id)
    text = text_of(post.mailbox.one())
    assert identity.code_for(challenge.id, post.settings) not in post.mailbox.one().as_string()
    assert "No account has this address" in text
    assert "support@larkspur.example" in text
    assert "https://leave.larkspur.example/cancel" in text


def test_a_code_that_expired_meanwhile_is_not_sent(post: Post, database: Database) -> None:
    with database.write() as session:
        make_customer(session)
        challenge = challenge_for(session, "amara@example.org")
    with time_machine.travel(clock.now() + timedelta(minutes=11)):
        post.run("mail.identity_code", challenge.id)
    assert post.mailbox.taken == []


@pytest.mark.parametrize(
    "kind",
    [
        "mail.identity_code",
        "mail.receipt",
        "mail.export_ready",
        "mail.hand_off",
        "mail.hand_off_withdrawn",
        "mail.call_request",
    ],
)
def test_a_vanished_subject_sends_nothing_and_raises_nothing(post: Post, kind: str) -> None:
    post.run(kind, new_identifier())
    assert post.mailbox.taken == []


def test_the_receipt_says_all_that_the_document_says(
    post: Post, database: Database, policies: Policies
) -> None:
    with database.write() as session:
        customer = make_customer(session)
        subscription = make_subscription(
            session, customer, period_end=datetime(2036, 12, 14, 22, tzinfo=UTC)
        )
        case, receipt = cancel(session, customer, subscription, policies)
        values = terms_values(terms_from_json(receipt.document), customer)
    post.run("mail.receipt", receipt.id)
    message = post.mailbox.one()
    plain, html = text_of(message), html_of(message)
    for said in (
        case.number,
        "Pro is cancelled",
        values["ends_on"],
        values["spared_amount"],
        values["spared_on"],
        values["content_until"],
        values["invoices_until_year"],
        values["invoices_because"],
        "You can undo this until 14 December 2036, 22:00 (London time):",
        receipt_link(receipt.id, post.settings),
        "https://leave.larkspur.example/cancel",
    ):
        assert said in plain
        assert said in html
    assert values["ends_on"] == "14 December 2036"
    assert values["spared_amount"] == "€29.00"
    assert case.number in message["Subject"]
    assert "Larkspur Notes" in plain


def test_a_receipt_sent_after_the_undoing_promises_no_end(
    post: Post, database: Database, policies: Policies
) -> None:
    with database.write() as session:
        customer = make_customer(session)
        case, receipt = cancel(session, customer, make_subscription(session, customer), policies)
        undone = workflow.undo(session, case, customer, billing=LedgerBilling(session))
    post.run("mail.receipt", receipt.id)
    text = text_of(post.mailbox.one())
    assert "This cancellation was undone" in text
    assert "Pro goes on as before." in text
    assert "Ends on" not in text
    assert "You can undo this" not in text

    post.mailbox.taken.clear()
    post.run("mail.receipt", undone.id)
    text = text_of(post.mailbox.one())
    assert "Your cancellation of Pro was undone" in text
    assert "Next payment: €29.00 on" in text


def test_the_receipt_comes_with_its_signed_file(
    post: Post, database: Database, policies: Policies
) -> None:
    with database.write() as session:
        customer = make_customer(session, full_name="Zoë “Zo” Łuczak")
        case, receipt = cancel(session, customer, make_subscription(session, customer), policies)
    post.run("mail.receipt", receipt.id)
    message = post.mailbox.one()
    [attached] = message.iter_attachments()
    assert attached.get_filename() == f"receipt-{case.number}-cancellation.json"
    assert attached.get_content_type() == "application/json"
    file = attached.get_payload(decode=True)
    assert isinstance(file, bytes)
    verdict = verify(file, receipt_keys(post.settings).ring())
    assert verdict.genuine
    assert verdict.receipt is not None
    assert verdict.receipt["declaration"]["by"] == "Zoë “Zo” Łuczak"
    for words in (text_of(message), html_of(message)):
        assert "the same receipt as a signed file" in words
        assert "https://leave.larkspur.example/receipts/verify" in words
        assert "Ordinary cancellation, to the earliest date" in words
    post.mailbox.taken.clear()
    post.run("mail.receipt", receipt.id)
    [again] = post.mailbox.one().iter_attachments()
    assert again.get_payload(decode=True) == file


def test_without_a_key_to_sign_with_the_receipt_goes_out_all_the_same(
    post: Post, database: Database, policies: Policies
) -> None:
    """R8: it is owed at once; the signature is not."""
    with database.write() as session:
        customer = make_customer(session)
        _, receipt = cancel(session, customer, make_subscription(session, customer), policies)
    live = post.settings.model_copy(update={"sandbox": False})
    with structlog.testing.capture_logs() as logs:
        mail_handlers(live, database)["mail.receipt"](receipt.id)
    message = post.mailbox.one()
    assert "Pro is cancelled" in text_of(message)
    assert "signed" not in text_of(message)
    assert list(message.iter_attachments()) == []
    [told] = [line for line in logs if line["event"] == "receipt_not_signed"]
    assert "offboard receipt new-key" in told["problem"]


def test_a_receipt_that_is_gone_is_not_mailed(post: Post, database: Database) -> None:
    post.run("mail.receipt", "f" * 32)
    assert post.mailbox.taken == []


def test_the_receipt_of_an_undoing_tells_of_a_later_cancellation(
    post: Post, database: Database, policies: Policies
) -> None:
    with database.write() as session:
        customer = make_customer(session)
        subscription = make_subscription(session, customer)
        case, _ = cancel(session, customer, subscription, policies)
        undone = workflow.undo(session, case, customer, billing=LedgerBilling(session))
        cancel(session, customer, subscription, policies)
    post.run("mail.receipt", undone.id)
    text = text_of(post.mailbox.one())
    assert "Since then Pro was cancelled" in text
    assert "Next payment" not in text


def test_a_receipt_sent_after_the_end_offers_no_undoing(
    post: Post, database: Database, policies: Policies
) -> None:
    with database.write() as session:
        customer = make_customer(session)
        case, receipt = cancel(session, customer, make_subscription(session, customer), policies)
    assert case.ends_at is not None
    with time_machine.travel(case.ends_at + timedelta(hours=1)):
        post.run("mail.receipt", receipt.id)
    text = text_of(post.mailbox.one())
    assert "Pro has ended" in text
    assert "undo" not in text


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        (ChurnReason.UNUSED, "pauses from"),
        (ChurnReason.SWITCHED_SERVICE, "Reduced price: €21.75"),
        (ChurnReason.TOO_EXPENSIVE, "You move to Basic"),
    ],
)
def test_an_offer_that_was_taken_is_confirmed_in_writing(
    post: Post, database: Database, policies: Policies, reason: ChurnReason, expected: str
) -> None:
    with database.write() as session:
        customer = make_customer(session)
        smaller = make_plan(session, "Basic", price="9.00")
        plan = (
            make_plan(session, smaller_plan=smaller)
            if reason is ChurnReason.TOO_EXPENSIVE
            else make_plan(session)
        )
        receipt_id = _taken_offer(
            session, make_subscription(session, customer, plan), reason, policies
        )
    post.run("mail.receipt", receipt_id)
    assert expected in text_of(post.mailbox.one())
    assert "You can cancel at any time" in text_of(post.mailbox.one())


def _taken_offer(
    session: Session, subscription: Subscription, reason: ChurnReason, policies: Policies
) -> str:
    customer = session.scalars(sa.select(Customer)).one()
    case = cases.open_case(session, customer, subscription, CONVERSATION)
    cases.record_reason(session, case, reason)
    session.flush()
    offer = offers.offer_for(session, case, policies)
    assert offer is not None
    offers.accept(session, case, offer, LedgerBilling(session))
    return session.scalars(sa.select(Receipt.id)).one()


def test_a_longer_trial_is_confirmed_in_writing(
    post: Post, database: Database, policies: Policies
) -> None:
    with database.write() as session:
        customer = make_customer(session)
        subscription = make_subscription(session, customer, state=SubscriptionState.TRIALING)
        receipt_id = _taken_offer(session, subscription, ChurnReason.TOO_COMPLEX, policies)
    post.run("mail.receipt", receipt_id)
    assert "Your trial of Pro lasts until" in text_of(post.mailbox.one())


def test_a_task_run_twice_sends_the_same_message_id(
    post: Post, database: Database, policies: Policies
) -> None:
    with database.write() as session:
        customer = make_customer(session)
        _, receipt = cancel(session, customer, make_subscription(session, customer), policies)
    post.run("mail.receipt", receipt.id)
    post.run("mail.receipt", receipt.id)
    first, second = post.mailbox.taken
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Message-ID"] == f"<receipt.{receipt.id}@larkspur.example>"


def export_of(session: Session, **changes: Any) -> Export:
    customer = make_customer(session)
    moment = clock.now()
    facts: dict[str, Any] = {
        "customer_id": customer.id,
        "conversation_id": CONVERSATION,
        "state": ExportState.READY,
        "file_name": "your-data.zip",
        "sha256": "ab" * 32,
        "requested_at": moment,
        "expires_at": moment + timedelta(days=30),
    }
    export = Export(**{**facts, **changes})
    session.add(export)
    session.flush()
    return export


def test_the_copy_of_the_data_is_announced_with_its_link(post: Post, database: Database) -> None:
    with database.write() as session:
        export = export_of(
            session, expires_at=datetime(2036, 1, 13, 12, tzinfo=UTC), most_downloads=5
        )
    post.run("mail.export_ready", export.id)
    text = text_of(post.mailbox.one())
    assert export_link(export.id, post.settings) in text
    assert "until 12 January 2036, up to 5 times:" in text
    assert "ab" * 32 in text
    assert "Nothing else is in it" in text


def test_that_the_end_is_near_is_said_with_the_way_back(
    post: Post, database: Database, policies: Policies
) -> None:
    with database.write() as session:
        customer = make_customer(session)
        case, _ = cancel(session, customer, make_subscription(session, customer), policies)
    post.run("mail.access_ends", case.id)
    message = post.mailbox.one()
    text = text_of(message)
    assert message["Subject"].startswith("Pro ends on ")
    assert case_link(case.id, post.settings) in text
    assert "https://leave.larkspur.example/cancel/enter/" in text
    assert case.number in html_of(message)


def test_a_day_before_the_end_the_mail_says_what_the_receipt_said_and_no_longer_than_it_holds(
    post: Post, database: Database, policies: Policies
) -> None:
    end = datetime(2036, 12, 14, 22, tzinfo=UTC)
    with database.write() as session:
        customer = make_customer(session)
        subscription = make_subscription(session, customer, period_end=end)
        case, receipt = cancel(session, customer, subscription, policies)
    post.run("mail.receipt", receipt.id)
    with time_machine.travel(end - timedelta(days=1)):
        post.run("mail.access_ends", case.id)
    for message in post.mailbox.taken:
        for text in (text_of(message), html_of(message)):
            assert "until 14 December 2036, 22:00 (London time)" in text
            assert "for 7 days" not in text
    with database.read() as session, time_machine.travel(end - timedelta(hours=1)):
        shown = progress(session, session.get_one(Case, case.id))
        assert shown.undo_until == "14 December 2036, 22:00 (London time)"


def test_who_keeps_another_plan_is_mailed_no_day_of_deletion(
    post: Post, database: Database, policies: Policies
) -> None:
    with database.write() as session:
        customer = make_customer(session)
        make_subscription(session, customer, make_plan(session, "Basic", price="9.00"))
        case, receipt = cancel(session, customer, make_subscription(session, customer), policies)
    for kind, subject in (("mail.access_ends", case.id), ("mail.receipt", receipt.id)):
        post.run(kind, subject)
        message = post.mailbox.taken.pop()
        for text in (text_of(message), html_of(message)):
            assert "Basic goes on: €9.00 on " in text
            assert "tays while you have another plan" in text
            assert "erased" not in text
            assert "deleted" not in text


def test_who_came_back_is_not_told_that_it_ends(
    post: Post, database: Database, policies: Policies
) -> None:
    with database.write() as session:
        customer = make_customer(session)
        case, _ = cancel(session, customer, make_subscription(session, customer), policies)
        workflow.undo(session, case, customer, billing=LedgerBilling(session))
    post.run("mail.access_ends", case.id)
    assert post.mailbox.taken == []


def test_what_is_erased_and_what_is_kept_is_said_once_and_before(
    post: Post, database: Database, policies: Policies
) -> None:
    with database.write() as session:
        customer = make_customer(session)
        case, _ = cancel(session, customer, make_subscription(session, customer), policies)
    post.run("mail.erasure", case.id)
    message = post.mailbox.one()
    assert message["To"] == "amara@example.org"
    assert "Invoices: until the end of" in text_of(message)
    with database.write() as session:
        erasure.erase(session, session.get_one(Case, case.id), ())
    post.run("mail.erasure", case.id)
    assert len(post.mailbox.taken) == 1


def test_who_had_another_plan_for_longer_is_told_when_that_ended(
    post: Post, database: Database, policies: Policies
) -> None:
    with database.write() as session:
        customer = make_customer(session)
        case, _ = cancel(session, customer, make_subscription(session, customer), policies)
        team = make_subscription(session, customer, make_plan(session, "Team"))
        team.state = SubscriptionState.ENDED
        team.cancel_at = datetime(2028, 3, 1, 12, tzinfo=UTC)
    post.run("mail.erasure", case.id)
    for said in (text_of(post.mailbox.one()), html_of(post.mailbox.one())):
        assert "and Team on 1 March 2028. We kept your content while you had a plan" in said
        assert "As we said then" not in said


def test_to_who_was_erased_nothing_is_sent(
    post: Post, database: Database, policies: Policies
) -> None:
    with database.write() as session:
        customer = make_customer(session)
        case, receipt = cancel(session, customer, make_subscription(session, customer), policies)
        erasure.erase(session, case, ())
    post.run("mail.receipt", receipt.id)
    post.run("mail.access_ends", case.id)
    assert post.mailbox.taken == []


@pytest.mark.parametrize(
    "changes",
    [{"state": ExportState.REVOKED}, {"expires_at": datetime(2026, 1, 1, tzinfo=UTC)}],
)
def test_a_dead_export_is_not_announced(
    post: Post, database: Database, changes: dict[str, Any]
) -> None:
    with database.write() as session:
        export = export_of(session, **changes)
    post.run("mail.export_ready", export.id)
    assert post.mailbox.taken == []


def verified(session: Session, customer_id: str, conversation_id: str = CONVERSATION) -> None:
    session.add(
        VerifiedIdentity(
            conversation_id=conversation_id,
            customer_id=customer_id,
            method=IdentityMethod.CODE,
            verified_at=clock.now(),
            lapses_at=clock.now() + timedelta(hours=1),
        )
    )
    session.flush()


def test_support_learns_the_account_of_a_person_where_it_has_another_name(
    post: Post, database: Database
) -> None:
    with database.write() as session:
        customer = make_customer(session)
        customer.account.name = "Larkspur Ltd"
        verified(session, customer.id)
        hand_off = handoffs.request(session, CONVERSATION)
    post.run("mail.hand_off", hand_off.id)
    assert "Who: Amara Okafor, Larkspur Ltd (verified)" in text_of(post.mailbox.one())


def test_support_learns_who_wants_a_person_and_why(
    post: Post, database: Database, policies: Policies
) -> None:
    with database.write() as session:
        customer = make_customer(session)
        subscription = make_subscription(session, customer)
        verified(session, customer.id)
        case = cases.open_case(session, customer, subscription, CONVERSATION)
        cases.record_reason(
            session, case, ChurnReason.LOW_QUALITY, "three outages\nWho: the boss (verified)"
        )
        session.flush()
        hand_off = handoffs.request(session, CONVERSATION)
    post.run("mail.hand_off", hand_off.id)
    message = post.mailbox.one()
    text = text_of(message)
    assert message["To"] == "support@larkspur.example"
    assert message["Reply-To"] == "amara@example.org"
    assert hand_off.number in message["Subject"]
    assert "Who: Amara Okafor (verified)" in text
    assert "Plan: Pro" in text
    assert 'low quality ("three outages Who: the boss (verified)")' in text
    assert f"Case: {case.number}, open" in text
    assert CONVERSATION in text


@pytest.mark.parametrize(
    ("cause", "counts"), [(HandOffCause.CUSTOMER_ASKED, False), (HandOffCause.WITHDRAWAL, True)]
)
def test_who_was_to_answer_learns_that_nobody_is_wanted_any_more(
    post: Post, database: Database, cause: HandOffCause, counts: bool
) -> None:
    with database.write() as session:
        customer = make_customer(session)
        customer.account.account_manager_email = "henrik@example.org"
        verified(session, customer.id)
        hand_off = handoffs.request(session, CONVERSATION, cause=cause)
    post.run("mail.hand_off_withdrawn", hand_off.id)
    message = post.mailbox.one()
    assert message["To"] == "henrik@example.org"
    assert hand_off.number in message["Subject"]
    for part in (text_of(message), html_of(message)):
        assert "Nothing has to be answered" in part
        assert hand_off.number in part
        assert ("still counts" in part) is counts


def test_whoever_looks_after_an_account_learns_what_was_written_and_that_it_goes_on(
    post: Post, database: Database
) -> None:
    with database.write() as session:
        customer = make_customer(session)
        customer.account.account_manager_email = "henrik@example.org"
        verified(session, customer.id)
        cause = HandOffCause.ACCOUNT_MANAGER
        hand_off = handoffs.request(session, CONVERSATION, "assistant", cause=cause)
        handoffs.add_note(session, hand_off, "Wrote: “erase all you have of us”")
    post.run("mail.hand_off", hand_off.id)
    message = post.mailbox.one()
    assert message["To"] == "henrik@example.org"
    assert "It goes on helping them" in text_of(message)
    assert "could not help" not in text_of(message)
    assert "erase all you have of us" in text_of(message)


def test_support_learns_of_the_case_that_was_begun_in_another_conversation(
    post: Post, database: Database
) -> None:
    with database.write() as session:
        customer = make_customer(session)
        verified(session, customer.id)
        subscription = make_subscription(session, customer)
        elsewhere = cases.open_case(session, customer, subscription, new_identifier())
        hand_off = handoffs.request(session, CONVERSATION)
    post.run("mail.hand_off", hand_off.id)
    assert f"Case: {elsewhere.number}, open" in text_of(post.mailbox.one())


def test_support_is_told_of_no_case_to_a_stranger(post: Post, database: Database) -> None:
    with database.write() as session:
        customer = make_customer(session)
        cases.open_case(session, customer, make_subscription(session, customer), new_identifier())
        hand_off = handoffs.request(session, CONVERSATION)
    post.run("mail.hand_off", hand_off.id)
    assert "Case: none" in text_of(post.mailbox.one())


def test_a_typed_address_is_marked_as_unproven(post: Post, database: Database) -> None:
    with database.write() as session:
        hand_off = handoffs.request(session, CONVERSATION)
    post.run("mail.hand_off", hand_off.id)
    assert "not known yet" in text_of(post.mailbox.one())
    assert post.mailbox.one()["Reply-To"] is None
    with database.write() as session:
        handoffs.add_contact(session, session.merge(hand_off), "someone@example.org")
    post.run("mail.hand_off", hand_off.id)
    first, second = post.mailbox.taken
    assert "someone@example.org (only typed in, not proven)" in text_of(second)
    assert "Say nothing about an account" in text_of(second)
    assert second["Reply-To"] == "someone@example.org"
    assert first["Message-ID"] != second["Message-ID"]


def test_a_business_customers_account_manager_is_asked(
    post: Post, database: Database, policies: Policies
) -> None:
    with database.write() as session:
        account = make_account(
            session,
            "Birch & Sons",
            kind=AccountKind.BUSINESS,
            manager=("Noor Haddad", "noor@larkspur.example"),
        )
        customer = make_customer(session, "it@birch.example", account=account)
        verified(session, customer.id)
        hand_off = handoffs.request(session, CONVERSATION)
        subscription = make_subscription(session, customer)
        case = cases.open_case(session, customer, subscription, CONVERSATION)
        cases.record_reason(session, case, ChurnReason.TOO_EXPENSIVE)
        session.flush()
        offer = offers.offer_for(session, case, policies)
        assert offer is not None
        offers.accept(session, case, offer, LedgerBilling(session))
    post.run("mail.hand_off", hand_off.id)
    assert post.mailbox.one()["To"] == "noor@larkspur.example"
    assert "Birch &amp; Sons" in html_of(post.mailbox.one())
    assert "Birch & Sons" in text_of(post.mailbox.one())

    post.mailbox.taken.clear()
    post.run("mail.call_request", case.id)
    to_manager, to_customer = post.mailbox.taken
    assert to_manager["To"] == "noor@larkspur.example"
    assert to_manager["Reply-To"] == "it@birch.example"
    assert "too expensive" in text_of(to_manager)
    assert to_customer["To"] == "it@birch.example"
    assert "Noor Haddad" in text_of(to_customer)
    assert "Nothing was cancelled" in text_of(to_customer)


def test_values_are_escaped_in_html(post: Post, database: Database) -> None:
    with database.write() as session:
        customer = make_customer(session, full_name="<script>alert(1)</script> O'Hara")
        verified(session, customer.id)
        hand_off = handoffs.request(session, CONVERSATION)
    post.run("mail.hand_off", hand_off.id)
    assert "<script>" not in html_of(post.mailbox.one())
    assert "<script>" in text_of(post.mailbox.one())


def letter(**changes: Any) -> Letter:
    parts: dict[str, Any] = {
        "name": "test.1",
        "to": "amara@example.org",
        "subject": "Hello",
        "text": "t",
        "html": "<p>t</p>",
    }
    return Letter(**{**parts, **changes})


def test_no_value_can_add_a_header(settings: Settings) -> None:
    sender = MailSender(settings)
    message = sender.message(letter(subject="Hello\r\nBcc: thief@example.net"))
    assert message["Bcc"] is None
    assert b"\nBcc:" not in message.as_bytes()
    for address in (
        "a@example.org\r\nBcc: thief@example.net",
        "a@example.org, thief@example.net",
        "no address",
        "",
    ):
        with pytest.raises(ValueError, match=r"."):
            sender.message(letter(to=address))
        told = sender.message(letter(reply_to=address))  # staff are told in any case
        assert told["Reply-To"] is None
        assert b"thief" not in told.as_bytes()


def test_a_name_of_a_customer_can_add_no_header(post: Post, database: Database) -> None:
    with database.write() as session:
        customer = make_customer(session, full_name="Eve\r\nBcc: thief@example.net")
        verified(session, customer.id)
        hand_off = handoffs.request(session, CONVERSATION)
    post.run("mail.hand_off", hand_off.id)
    assert post.mailbox.one()["Bcc"] is None
    assert "Eve Bcc: thief@example.net" in post.mailbox.one()["Subject"]


@pytest.mark.parametrize("mail_from", ["Larkspur Notes", "", "goodbye@", "@larkspur.example"])
def test_a_sender_without_address_is_refused_at_the_start(
    settings: Settings, mail_from: str
) -> None:
    with pytest.raises(ConfigurationError, match="OFFBOARD_MAIL_FROM"):
        MailSender(settings.model_copy(update={"mail_from": mail_from}))


def test_a_server_that_is_away_makes_the_task_fail_so_that_it_is_tried_again(
    settings: Settings, database: Database
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        away = settings.model_copy(update={"smtp_port": unused.getsockname()[1]})
        with database.write() as session:
            hand_off = handoffs.request(session, CONVERSATION)
        with pytest.raises(OSError, match=r"."):
            mail_handlers(away, database)["mail.hand_off"](hand_off.id)
