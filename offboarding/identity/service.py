"""Making sure who a conversation is with. What a customer types never does this alone."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from email_validator import EmailNotValidError, validate_email
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.accounts import service as accounts
from offboarding.accounts.model import Customer, normalised_email
from offboarding.audit import service as audit
from offboarding.background.service import schedule
from offboarding.encryption.lookup import is_value
from offboarding.errors import IdentityTokenInvalidError, OffboardingError
from offboarding.identity.model import (
    CodeChallenge,
    IdentityMethod,
    VerifiedIdentity,
    WritesFrom,
)
from offboarding.identity.token import external_id_of
from offboarding.settings import Settings

CODE_MINUTES = 10
"""How long a code counts."""
WRONG_CODES = 5
"""Wrong codes after which a conversation is locked."""
LOCK_MINUTES = 15
"""How long a lock lasts."""
CODES_AN_HOUR = 5
"""Codes asked for in one conversation in an hour at most."""
CODES_TO_ONE_ADDRESS = 20
"""Codes sent to one address in an hour at most. More than one conversation may ask for, so that a
stranger who types somebody's address cannot keep them from getting their own code."""
PHONE_TRUSTED_FOR = timedelta(days=45)
"""How long after the company made sure of it a number is still taken for the customer's: networks
may give one that was given up to somebody else after 45 days (47 CFR 52.15(f)(1)(ii))."""
PHONE_SURE_FOR = timedelta(hours=2)
"""How long it is sure who writes from a phone, however often they write: a text's sender can be
forged, and then nothing but the code was theirs."""


class EmailInvalidError(OffboardingError):
    """What was given is no e-mail address."""

    word = "email_invalid"


class TooManyCodesError(OffboardingError):
    """So many codes were asked for that none is sent for now."""

    word = "too_many_codes"


class CodeLockedError(OffboardingError):
    """Too many wrong codes; wait, or ask for a person."""

    word = "code_locked"

    def __init__(self) -> None:
        super().__init__(
            f"That was the wrong code {WRONG_CODES} times, so codes are locked here "
            f"for up to {LOCK_MINUTES} minutes."
        )


@dataclass(frozen=True)
class CodeCheck:
    """What became of a code: the customer it identified, or how many tries are left."""

    customer: Customer | None
    attempts_left: int

    @property
    def locked(self) -> bool:
        """Whether no further try counts for now."""
        return self.customer is None and self.attempts_left == 0


def identify_by_token(
    session: Session, conversation_id: str, token: str, settings: Settings
) -> Customer:
    """Identify by the company's signed token. Raises the IdentityToken… errors."""
    external_id = external_id_of(token, settings.identity_signing_secret)
    customer = accounts.customer_by_external_id(session, external_id)
    if customer is None:
        raise IdentityTokenInvalidError("This identity token names a customer we do not know.")
    _remember(session, conversation_id, customer.id, IdentityMethod.TOKEN, settings)
    return customer


def identify_by_mailed_link(
    session: Session, conversation_id: str, customer_id: str, settings: Settings
) -> None:
    """Identify by a link that was mailed to the address on file, as a code would be."""
    _remember(session, conversation_id, customer_id, IdentityMethod.MAILED_LINK, settings)


def valid_identity(session: Session, conversation_id: str) -> VerifiedIdentity | None:
    """What is known of a conversation's customer, unless it lapsed after a long silence."""
    identity = session.get(VerifiedIdentity, conversation_id)
    return identity if identity is not None and identity.lapses_at >= clock.now() else None


def identified_customer(session: Session, conversation_id: str) -> Customer | None:
    """Who this conversation is with, or None; None again after a long silence."""
    identity = valid_identity(session, conversation_id)
    return accounts.customer(session, identity.customer_id) if identity else None


def touch(session: Session, conversation_id: str, settings: Settings) -> None:
    """Note that the identified customer of a conversation is there."""
    identity = valid_identity(session, conversation_id)
    if identity is None:
        return
    _move_on(session, identity, settings)


def sure_at_most_until(session: Session, identity: VerifiedIdentity) -> datetime | None:
    """Until when at the latest it is sure, however often they write; None without such an end."""
    if session.get(WritesFrom, identity.conversation_id) is None:
        return None
    return identity.verified_at + PHONE_SURE_FOR


def hand_over(
    session: Session, from_conversation: str, to_conversation: str, settings: Settings
) -> None:
    """Let a visit to a page know what its conversation knows: the same customer."""
    identity = valid_identity(session, from_conversation)
    if identity is not None:
        _remember(session, to_conversation, identity.customer_id, identity.method, settings)


def send_code(session: Session, conversation_id: str, address: str) -> None:
    """Have a one-time code mailed, if anybody has this address; nothing tells whether.

    Raises EmailInvalidError, CodeLockedError, TooManyCodesError.
    """
    email = checked_email(address)
    _check_may_ask(session, conversation_id, email)
    challenge = _challenge(
        session, conversation_id, email, accounts.customer_by_email(session, email)
    )
    schedule(session, "mail.identity_code", challenge.id)


def note_number(session: Session, conversation_id: str, number: str) -> None:
    """Note the phone (E.164) that a conversation is held from, once.

    It is a candidate for who it is, and no more; whatever else texts come from is not noted.
    """
    if number.startswith("+") and session.get(WritesFrom, conversation_id) is None:
        session.add(WritesFrom(conversation_id=conversation_id, number=number))
        session.flush()


def customer_to_text(session: Session, conversation_id: str) -> Customer | None:
    """Who can be made sure of by a code to the phone they write from; None is the usual case.

    Only where exactly one customer has the number on file, and the company made sure of it not
    too long ago: a household's phone is nobody's alone, and numbers get new owners.
    """
    writes_from = session.get(WritesFrom, conversation_id)
    if writes_from is None:
        return None
    found = accounts.customers_by_phone(session, writes_from.number)
    if len(found) != 1:
        return None
    confirmed_at = found[0].phone_confirmed_at
    trusted = confirmed_at is not None and confirmed_at > clock.now() - PHONE_TRUSTED_FOR
    return found[0] if trusted else None


def text_code(session: Session, conversation_id: str) -> bool:
    """Have a one-time code sent to the phone they write from; whether that can be done.

    Where it cannot, a code by mail can. Raises CodeLockedError, TooManyCodesError.
    """
    customer = customer_to_text(session, conversation_id)
    if customer is None:
        return False
    _check_may_ask(session, conversation_id, customer.email)
    challenge = _challenge(session, conversation_id, customer.email, customer)
    challenge.phone = customer.phone
    session.flush()
    schedule(session, "sms.identity_code", challenge.id)
    return True


def code_mailed_to(session: Session, conversation_id: str) -> str | None:
    """The address they gave that the last code went to; None where it was texted, or none was."""
    last = session.scalar(
        sa.select(CodeChallenge)
        .where(CodeChallenge.conversation_id == conversation_id)
        .order_by(CodeChallenge.created_at.desc())
        .limit(1)
    )
    return last.email if last is not None and last.phone is None else None


def _check_may_ask(session: Session, conversation_id: str, email: str) -> None:
    """Raises CodeLockedError, TooManyCodesError."""
    if _locked(session, conversation_id):
        raise CodeLockedError
    here = _asked(session, CodeChallenge.conversation_id == conversation_id)
    of_address = _asked(session, is_value(session, CodeChallenge.email, email))
    if here >= CODES_AN_HOUR or of_address >= CODES_TO_ONE_ADDRESS:
        raise TooManyCodesError("So many codes were asked for that none is sent for an hour.")


def _challenge(
    session: Session, conversation_id: str, email: str, customer: Customer | None
) -> CodeChallenge:
    moment = clock.now()
    challenge = CodeChallenge(
        conversation_id=conversation_id,
        email=email,
        customer_id=customer.id if customer else None,
        created_at=moment,
        expires_at=moment + timedelta(minutes=CODE_MINUTES),
    )
    session.add(challenge)
    session.flush()
    return challenge


def _asked(session: Session, of: sa.ColumnElement[bool]) -> int:
    """How many codes were asked for in the last hour."""
    since = clock.now() - timedelta(hours=1)
    counted = sa.select(sa.func.count()).select_from(CodeChallenge)
    return session.scalar(counted.where(CodeChallenge.created_at > since, of)) or 0


def check_code(session: Session, conversation_id: str, code: str, settings: Settings) -> CodeCheck:
    """Identify by the code that was mailed last. A wrong one is counted, not raised.

    An error would undo the caller's transaction, and the count of wrong codes with it.
    """
    challenge = session.scalar(
        sa.select(CodeChallenge)
        .where(CodeChallenge.conversation_id == conversation_id)
        .order_by(CodeChallenge.created_at.desc())
        .limit(1)
        .with_for_update()  # of many guesses at once, each waits for the count of the one before
        .execution_options(populate_existing=True)
    )
    if challenge is None:
        return CodeCheck(None, WRONG_CODES)
    if _locked(session, conversation_id):
        return CodeCheck(None, 0)
    digits = "".join(character for character in code if character in "0123456789")
    right = hmac.compare_digest(digits, code_for(challenge.id, settings))
    usable = challenge.used_at is None and challenge.expires_at > clock.now()
    if not (right and usable and challenge.customer_id):
        return CodeCheck(None, _counted(session, challenge))
    challenge.used_at = clock.now()
    _remember(session, conversation_id, challenge.customer_id, IdentityMethod.CODE, settings)
    return CodeCheck(accounts.customer(session, challenge.customer_id), WRONG_CODES)


def code_for(challenge_id: str, settings: Settings) -> str:
    """The six digits of a challenge: made from the signing secret, so that none is stored."""
    digest = hmac.new(
        settings.signing_secret.encode(), f"code:{challenge_id}".encode(), hashlib.sha256
    ).digest()
    return f"{int.from_bytes(digest[:8], 'big') % 1_000_000:06d}"


def checked_email(address: str) -> str:
    """The address as it is compared. Raises EmailInvalidError.

    Letters beyond ASCII before the @ (RFC 6531) are refused: few servers take such mail, and it
    would be lost only after somebody was told that it is on its way.
    """
    try:
        checked = validate_email(address.strip(), check_deliverability=False)
    except EmailNotValidError as error:
        raise EmailInvalidError("That does not look like an e-mail address.") from error
    if not checked.local_part.isascii():
        raise EmailInvalidError(
            "We can only mail to addresses with plain letters before the @. Please give another."
        )
    return normalised_email(checked.normalized)


def _counted(session: Session, challenge: CodeChallenge) -> int:
    """Count a wrong code; how many tries are left."""
    session.execute(
        sa.update(CodeChallenge)
        .where(CodeChallenge.id == challenge.id)
        .values(wrong_attempts=CodeChallenge.wrong_attempts + 1)
    )
    audit.record(session, "code_wrong", challenge.conversation_id)
    return max(0, WRONG_CODES - _wrong_attempts(session, challenge.conversation_id))


def _locked(session: Session, conversation_id: str) -> bool:
    return _wrong_attempts(session, conversation_id) >= WRONG_CODES


def _wrong_attempts(session: Session, conversation_id: str) -> int:
    """Wrong codes of the last LOCK_MINUTES in this conversation, over all its challenges."""
    counted = session.scalar(
        sa.select(sa.func.sum(CodeChallenge.wrong_attempts)).where(
            CodeChallenge.conversation_id == conversation_id,
            CodeChallenge.created_at > clock.now() - timedelta(minutes=LOCK_MINUTES),
        )
    )
    return int(counted or 0)


def _remember(
    session: Session,
    conversation_id: str,
    customer_id: str,
    method: IdentityMethod,
    settings: Settings,
) -> None:
    moment = clock.now()
    known = session.get(VerifiedIdentity, conversation_id)
    identity = session.merge(
        VerifiedIdentity(
            conversation_id=conversation_id,
            customer_id=customer_id,
            method=method,
            verified_at=moment,
            lapses_at=moment,
            shared=known is not None and (known.shared or known.customer_id != customer_id),
        )
    )
    _move_on(session, identity, settings)
    session.flush()
    audit.record(session, "identified", conversation_id, method=method.value)


def _move_on(session: Session, identity: VerifiedIdentity, settings: Settings) -> None:
    """They were there just now: it is sure for the usual while from now on."""
    lapses_at = clock.now() + timedelta(minutes=settings.identity_minutes)
    latest = sure_at_most_until(session, identity)
    identity.lapses_at = min(lapses_at, latest) if latest is not None else lapses_at
