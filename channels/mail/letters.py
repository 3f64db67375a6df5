"""Every letter: whom it goes to, and what it may truly say at the moment it is sent.

Each method does one task of the outbox, given its subject's identifier. It may be called again
after an error or a crash: the same letter goes out under the same Message-ID. A subject that is
gone, or that has become untrue, is logged and sends nothing.
"""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy.orm import Session

from channels.facts import Row, receipt_facts
from channels.mail.rendering import LetterTemplates
from channels.mail.sender import Attachment, Letter, MailSender
from channels.pages.entries import MAILED_LINK_DAYS, Entry, mailed_page_link
from channels.progress import kept_rows
from channels.signed_receipts import SignedReceipts, file_name
from channels.sms.lines import candidates
from channels.sms.model import SmsLine
from channels.sms.switching import line_in
from offboarding import clock
from offboarding.accounts import service as accounts
from offboarding.accounts.model import Customer
from offboarding.background.port import Handler
from offboarding.cases import intents
from offboarding.cases import service as cases
from offboarding.cases.links import case_link
from offboarding.cases.model import Case
from offboarding.cases.states import CaseState
from offboarding.cases.terms import terms_from_json, terms_values
from offboarding.database import Database
from offboarding.erasure.outlook import terms_as_things_are
from offboarding.erasure.owed import times_taken_up
from offboarding.erasure.service import GONE, erased
from offboarding.exports.holdings import beyond_text
from offboarding.exports.model import Export, ExportState
from offboarding.exports.progress import progress
from offboarding.exports.service import export_link
from offboarding.handoffs.causes import FOR_THE_ACCOUNT, HandOffCause
from offboarding.handoffs.declared import declared_rows
from offboarding.handoffs.declaring import MAIL as MAIL_DECLARATION
from offboarding.handoffs.declaring import declaration_link
from offboarding.handoffs.model import HandOff
from offboarding.identity.model import CodeChallenge, VerifiedIdentity
from offboarding.identity.service import CODE_MINUTES, code_for
from offboarding.offers.service import offer_of
from offboarding.receipts.model import Receipt
from offboarding.receipts.service import receipt_link
from offboarding.settings import Settings
from offboarding.wording import date_text, moment_text, moment_text_in, undo_until_text, until_text

log = structlog.get_logger(__name__)


def mail_handlers(settings: Settings, database: Database) -> dict[str, Handler]:
    """The handlers of every `mail.…` task."""
    letters = Letters(settings, database)
    return {
        "mail.identity_code": letters.sends(letters.identity_code),
        "mail.receipt": letters.sends_receipt,
        "mail.export_ready": letters.sends(letters.export_ready),
        "mail.access_ends": letters.sends(letters.access_ends),
        "mail.erasure": letters.sends(letters.erasure),
        "mail.hand_off": letters.sends(letters.hand_off),
        "mail.hand_off_withdrawn": letters.sends(letters.hand_off_withdrawn),
        MAIL_DECLARATION: letters.sends(letters.declaration),
        "mail.call_request": letters.sends(letters.call_request),
        "mail.did_you_mean_the_plan": letters.sends(letters.did_you_mean_the_plan),
        "mail.texts_do_not_arrive": letters.sends(letters.texts_do_not_arrive),
    }


class Letters:
    """Composes letters from the database. What it composes, `sends` sends."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings = settings
        self._database = database
        self._sender = MailSender(settings)
        self._signed_receipts = SignedReceipts(settings, database)
        self._templates = LetterTemplates(settings.company_name, settings.base_url)

    def sends(self, compose: Callable[[Session, str], list[Letter]]) -> Handler:
        """A task's handler that sends what `compose` writes about a subject."""

        def handle(subject_id: str) -> None:
            # Composed and let go of before the network is used: an SMTP server that takes its
            # time holds up no transaction.
            with self._database.read() as session:
                letters = compose(session, subject_id)
            if not letters:
                log.info("letter_not_sent", letter=compose.__name__, subject_id=subject_id)
            for letter in letters:
                # Whoever was erased has no address any more; what stands for it takes no mail.
                if not letter.to.endswith(f"@{GONE}"):
                    self._sender.send(letter)

        return handle

    def identity_code(self, session: Session, challenge_id: str) -> list[Letter]:
        """The one-time code; or, to an address that no account has, that there is none."""
        challenge = session.get(CodeChallenge, challenge_id)
        if challenge is None or challenge.used_at or challenge.expires_at <= clock.now():
            return []
        name = f"code.{challenge.id}"
        if challenge.customer_id is None:
            values: dict[str, object] = {
                "email": challenge.email,
                "support_email": self._settings.support_email,
            }
            return [self._letter("no_account", name, challenge.email, values)]
        customer = accounts.customer(session, challenge.customer_id)
        values = {
            "code": code_for(challenge.id, self._settings),
            "minutes": CODE_MINUTES,
            "until": moment_text(challenge.expires_at, customer),
        }
        return [self._letter("identity_code", name, challenge.email, values)]

    def sends_receipt(self, receipt_id: str) -> None:
        """The handler that signs a receipt, then sends it together with the signed file."""
        with self._database.read() as session:
            known = session.get(Receipt, receipt_id) is not None
        signed = self._signed_receipts.file(receipt_id) if known else None

        def receipt(session: Session, subject_id: str) -> list[Letter]:
            return self.receipt(session, subject_id, signed)

        self.sends(receipt)(receipt_id)

    def receipt(self, session: Session, receipt_id: str, signed: str | None) -> list[Letter]:
        """The receipt of a cancellation, of its undoing, or of an offer that was taken."""
        receipt = session.get(Receipt, receipt_id)
        if receipt is None:
            return []
        customer = accounts.customer(session, receipt.customer_id)
        facts = receipt_facts(session, receipt)
        values: dict[str, object] = {
            "facts": facts,
            "link": receipt_link(receipt.id, self._settings),
            "case_link": case_link(receipt.case_id, self._settings),
            "signed": signed is not None,
            "content_place": self._settings.content_place,
        }
        letter = self._letter("receipt", f"receipt.{receipt.id}", customer.email, values)
        if signed is None:
            return [letter]
        name = file_name(facts.case_number, receipt.kind.value)
        return [replace(letter, attachment=Attachment(name, signed))]

    def export_ready(self, session: Session, export_id: str) -> list[Letter]:
        """Where the copy of one's data is, and until when."""
        export = session.get(Export, export_id)
        if export is None or export.state is not ExportState.READY or export.expires_at is None:
            return []
        if export.expires_at <= clock.now():
            return []
        customer = accounts.customer(session, export.customer_id)
        values: dict[str, object] = {
            "name": customer.first_name,
            "link": export_link(export.id, self._settings),
            "until": until_text(export.expires_at, customer),
            "file_name": export.file_name or "",
            "sha256": export.sha256 or "",
            "most_downloads": export.most_downloads,
            "parts": [part.about for part in progress(export).sources],
            "beyond": beyond_text(self._settings),
        }
        return [self._letter("export_ready", f"export.{export.id}", customer.email, values)]

    def access_ends(self, session: Session, case_id: str) -> list[Letter]:
        """That the end is near, and how to undo it. Nothing once it was undone or is over."""
        case = session.get(Case, case_id)
        if case is None or case.state is not CaseState.SCHEDULED or case.shown is None:
            return []
        if case.ends_at is None or case.ends_at <= clock.now():
            return []
        customer = case.customer
        agreed = terms_from_json(case.shown)
        says = terms_values(terms_as_things_are(session, case, agreed), customer)
        entry = Entry(_once(f"access_ends:{case.id}"), case.conversation_id, customer.id)
        values: dict[str, object] = {
            "name": customer.first_name,
            "plan": case.subscription.plan.name,
            "ends_on": date_text(case.ends_at, customer),
            "undo_until": undo_until_text(case.ends_at, customer),
            "goes_on": says.get("goes_on"),
            "content": says["content"],
            "undo_link": mailed_page_link(entry, self._settings, undo=True),
            "days": _days_of_link(case.ends_at),
            "case_link": case_link(case.id, self._settings),
            "case_number": case.number,
        }
        return [self._letter("access_ends", f"access-ends.{case.id}", customer.email, values)]

    def erasure(self, session: Session, case_id: str) -> list[Letter]:
        """What is erased and what is kept, while there is an address to tell it to."""
        case = session.get(Case, case_id)
        if case is None or case.ends_at is None or erased(session, case):
            return []
        customer = case.customer
        values: dict[str, object] = {
            "name": customer.first_name,
            "plan": case.subscription.plan.name,
            "ended_on": date_text(case.ends_at, customer),
            "last_plan": _ended_later(session, case),
            "kept": kept_rows(session, case),
            "case_number": case.number,
        }
        again = times_taken_up(session, case.id)
        letter = f"erasure.{case.id}.{again}" if again else f"erasure.{case.id}"
        return [self._letter("erasure", letter, customer.email, values)]

    def hand_off(self, session: Session, hand_off_id: str) -> list[Letter]:
        """To the people who answer: who wants a person, and what is known and what is not."""
        hand_off = session.get(HandOff, hand_off_id)
        if hand_off is None:
            return []
        customer = _customer_of(session, hand_off)
        case = _case_of(session, hand_off, customer) if customer is not None else None
        to = customer.account.account_manager_email if customer is not None else None
        # The second letter, once an address is known, is a letter of its own.
        later = ".contact" if hand_off.contact_email else ""
        values: dict[str, object] = {
            "hand_off": hand_off,
            "customer": customer,
            "declared": bool(declared_rows(hand_off)),
            "called_in_for_account": hand_off.requested_by == "assistant"
            and hand_off.cause in FOR_THE_ACCOUNT,
            "rows": [
                Row("Request", hand_off.number),
                *self._received(hand_off),
                *_who(customer, hand_off.contact_email),
                *_noted(hand_off),
                *(_plans(session, customer) if customer is not None else []),
                *_leaving(case),
                Row("Conversation", hand_off.conversation_id),
            ],
        }
        return [
            self._letter(
                "hand_off",
                f"hand-off.{hand_off.id}{later}",
                to or self._settings.support_email,
                values,
                reply_to=customer.email if customer is not None else hand_off.contact_email,
            )
        ]

    def hand_off_withdrawn(self, session: Session, hand_off_id: str) -> list[Letter]:
        """To the people who were to answer: the customer would rather have no person after all."""
        hand_off = session.get(HandOff, hand_off_id)
        if hand_off is None:
            return []
        customer = _customer_of(session, hand_off)
        to = customer.account.account_manager_email if customer is not None else None
        values: dict[str, object] = {
            "number": hand_off.number,
            "customer": customer,
            "withdraws": hand_off.cause is HandOffCause.WITHDRAWAL,
            "rows": [
                Row("Request", hand_off.number),
                *_who(customer, hand_off.contact_email),
                *_noted(hand_off),
                Row("Conversation", hand_off.conversation_id),
            ],
        }
        name = f"hand-off-withdrawn.{hand_off.id}"
        to = to or self._settings.support_email
        return [self._letter("hand_off_withdrawn", name, to, values)]

    def declaration(self, session: Session, hand_off_id: str) -> list[Letter]:
        """To whoever declared something in writing: what was received, and when.

        Where the address is the one on file, with a link to carry it out at once: who reads it
        there is the customer. Nothing once it was erased.
        """
        hand_off = session.get(HandOff, hand_off_id)
        if hand_off is None or hand_off.contact_email is None or not declared_rows(hand_off):
            return []
        customer = accounts.customer_by_email(session, hand_off.contact_email)
        values: dict[str, object] = {
            "rows": [Row("Number", hand_off.number), *self._received(hand_off), *_noted(hand_off)],
            "withdraws": hand_off.cause is HandOffCause.WITHDRAWAL,
            "number": hand_off.number,
            "page": declaration_link(hand_off.id, self._settings),
            "days": MAILED_LINK_DAYS,
            "carry_out": None,
            "support_email": self._settings.support_email,
        }
        if customer is not None:
            # Whoever typed the address may be somebody else: what comes of the link is noted in a
            # place of its own, of which their page knows nothing.
            once = _once(f"declared:{hand_off.id}")
            entry = Entry(once, f"page-{once[:31]}", customer.id)
            values["carry_out"] = mailed_page_link(entry, self._settings)
        name = f"declaration.{hand_off.id}"
        return [self._letter("declaration", name, hand_off.contact_email, values)]

    def _received(self, hand_off: HandOff) -> list[Row]:
        """When a declaration came in, by the company's clock; of anything else it says nothing."""
        if not declared_rows(hand_off):
            return []
        zone = self._settings.company_time_zone
        return [Row("Received", moment_text_in(hand_off.requested_at, zone))]

    def call_request(self, session: Session, case_id: str) -> list[Letter]:
        """To the account manager, that a call was promised; to the customer, what was promised."""
        case = session.get(Case, case_id)
        offer = offer_of(session, case) if case is not None else None
        if case is None or offer is None:
            return []
        account, customer = case.subscription.account, case.customer
        values: dict[str, object] = {
            "case": case,
            "customer": customer,
            "manager": offer.terms.get("account_manager") or account.account_manager_name,
            "plan": case.subscription.plan.name,
            "renews": case.subscription.renews,
            "rows": [*_who(customer, None), *_plans(session, customer), *_leaving(case)],
            "asked_at": moment_text(offer.answered_at or offer.presented_at, customer),
        }
        return [
            self._letter(
                "call_request",
                f"call.{case.id}",
                account.account_manager_email or self._settings.support_email,
                values,
                reply_to=customer.email,
            ),
            self._letter("call_promise", f"call-promise.{case.id}", customer.email, values),
        ]

    def did_you_mean_the_plan(self, session: Session, occasion: str) -> list[Letter]:
        """To whoever the phone may belong to: a text said CANCEL; was the plan meant?

        Nothing once they have said so.
        """
        line = session.get(SmsLine, line_in(occasion))
        if line is None or line.conversation_id is None:
            return []
        if intents.open_intent_of(session, line.conversation_id) is None:
            return []
        return self._about_texts(session, line, "did_you_mean_the_plan", occasion)

    def texts_do_not_arrive(self, session: Session, occasion: str) -> list[Letter]:
        """To whoever the phone may belong to: we can't text it, and how to go on here."""
        line = session.get(SmsLine, line_in(occasion))
        if line is None or line.conversation_id is None:
            return []
        return self._about_texts(session, line, "texts_do_not_arrive", occasion)

    def _about_texts(
        self, session: Session, line: SmsLine, template: str, occasion: str
    ) -> list[Letter]:
        written = []
        for customer in candidates(session, line):
            once = _once(f"{template}:{occasion}:{customer.id}")
            entry = Entry(once, line.conversation_id or "", customer.id)
            values: dict[str, object] = {
                "name": customer.first_name,
                "word": line.opt_out_word or "",
                "opted_out": line.opted_out_at is not None,
                "phone_ends_in": line.number[-3:],
                "link": mailed_page_link(entry, self._settings),
                "days": MAILED_LINK_DAYS,
                "support_email": self._settings.support_email,
            }
            written.append(self._letter(template, f"texts.{once}", customer.email, values))
        return written

    def _letter(
        self,
        template: str,
        name: str,
        to: str,
        values: dict[str, object],
        *,
        reply_to: str | None = None,
    ) -> Letter:
        rendered = self._templates.render(template, values)
        return Letter(
            name=name,
            to=to,
            subject=rendered.subject,
            text=rendered.text,
            html=rendered.html,
            reply_to=reply_to,
        )


def _ended_later(session: Session, case: Case) -> Row | None:
    """The plan for which all was kept after the end of the case's own, and when that ended."""
    last = accounts.ended_last(session, case.subscription.account_id)
    if last is None or last.cancel_at is None or case.ends_at is None:
        return None
    if last.id == case.subscription_id or last.cancel_at <= case.ends_at:
        return None
    return Row(last.plan.name, date_text(last.cancel_at, case.customer))


def _days_of_link(ends_at: datetime) -> int | None:
    """For how many days a mailed link to undo works; None where the end comes sooner."""
    lasts = timedelta(days=MAILED_LINK_DAYS)
    return MAILED_LINK_DAYS if ends_at - clock.now() >= lasts else None


def _once(what: str) -> str:
    """The number of a mailed link, the same whenever its mail is written anew."""
    return hashlib.sha256(what.encode()).hexdigest()[:32]


def _customer_of(session: Session, hand_off: HandOff) -> Customer | None:
    """The customer who was made sure of, when the person was asked for or since."""
    if hand_off.customer_id is not None:
        return accounts.customer(session, hand_off.customer_id)
    identity = session.get(VerifiedIdentity, hand_off.conversation_id)
    return accounts.customer(session, identity.customer_id) if identity is not None else None


def _case_of(session: Session, hand_off: HandOff, customer: Customer) -> Case | None:
    """The case of their conversation; else the one of their account that goes on elsewhere."""
    here = cases.case_in_conversation(session, hand_off.conversation_id, customer)
    return here or cases.newest_case(session, customer, since=hand_off.requested_at)


def _noted(hand_off: HandOff) -> list[Row]:
    """What they declared, or what of their words the person has to know."""
    declared = [Row(label, value) for label, value in declared_rows(hand_off)]
    if declared or not hand_off.note:
        return declared
    return [Row("Noted", _one_line(hand_off.note))]


def _who(customer: Customer | None, typed: str | None) -> list[Row]:
    """Whom staff deal with, and whether that is certain. `typed` is an address nobody proved."""
    if customer is not None:
        return [
            Row("Who", f"{_name_and_account(customer)} (verified)"),
            Row("Answer to", customer.email),
        ]
    where = (
        f"{typed} (only typed in, not proven)"
        if typed
        else "not known yet; a second mail follows if they leave an address"
    )
    return [Row("Who", "not verified"), Row("Answer to", where)]


def _name_and_account(customer: Customer) -> str:
    """Their name, and that of their account where it is another, as a company's is."""
    if customer.account.name == customer.full_name:
        return customer.full_name
    return f"{customer.full_name}, {customer.account.name}"


def _plans(session: Session, customer: Customer) -> list[Row]:
    return [
        Row("Plan", subscription.plan.name + ("" if subscription.renews else ", cancelled"))
        for subscription in accounts.subscriptions(session, customer.account_id)
    ]


def _leaving(case: Case | None) -> list[Row]:
    """Why they leave, by name and in their own words, and how far it is."""
    if case is None:
        return [Row("Reason for leaving", "not given"), Row("Case", "none")]
    reason = case.reason.value.replace("_", " ") if case.reason else "not given"
    if case.reason_words:
        reason = f'{reason} ("{_one_line(case.reason_words)}")'
    return [Row("Reason for leaving", reason), Row("Case", f"{case.number}, {case.state.value}")]


def _one_line(words: str) -> str:
    """A customer's words without line breaks: in a text mail these could pass for our own rows."""
    return " ".join(words.split())
