"""A declaration in writing, by somebody who has not shown who they are (rules R9 and R10).

In the EU a contract can be cancelled and withdrawn from without signing in: § 312k (2) BGB for the
cancellation, Art. 11a of Directive 2011/83/EU for the withdrawal. What is declared counts from the
moment it is received, and is confirmed at once. Anybody could declare anything about anybody, so a
person finds the contract and carries it out; whoever reads the mail of the address on file can do
it at once by the link in the confirmation.
"""

import hashlib
import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import date, timedelta

import sqlalchemy as sa
from babel.dates import format_date
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.background.model import Task
from offboarding.background.service import schedule
from offboarding.encryption.lookup import is_value
from offboarding.errors import NotFoundError, OffboardingError
from offboarding.handoffs import service
from offboarding.handoffs.causes import HandOffCause
from offboarding.handoffs.declared import CONTRACT, FROM_PAGES, is_declaration, note_of
from offboarding.handoffs.model import HandOff
from offboarding.identity.service import checked_email
from offboarding.links import LinkTokens
from offboarding.receipts.model import Declaration
from offboarding.settings import Settings
from offboarding.wording import locale_of

MAIL = "mail.declaration"
MOST_MAILED_A_DAY = 3
"""To one address: the confirmation goes to whatever address somebody types. What is declared is
taken all the same, for nobody may keep somebody else from declaring it; the page shows it."""

LONGEST = {"name": 200, "contract": 300, "reason": 1000}
"""The most characters of each field; together they fit into a hand-off's note."""

_LATEST_ZONE = timedelta(hours=12)
"""So long after UTC a day is over everywhere."""

_TOP = r"(?:[^\W\d_]{2,}|xn--[\w-]+)"
_MAIL_ADDRESS = re.compile(
    rf"(?<![^\s<(,;:])[\w.+%'-]+@(?:[\w-]+\.)+{_TOP}(?![\w/#@-]|[.?:]\w)", re.IGNORECASE
)
_COMPANY_FORM = re.compile(r"(?<![\w.@/-])Co\.(?:KG|OHG|KGaA)(?![\w@/:-]|\.\w)", re.IGNORECASE)
"""How German companies write their form, often with no space: "GmbH & Co.KG". Nobody can own the
address it looks like, for `co.kg` is kept for names below it, and the others are none."""
_OCTET = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_WEB_ADDRESS = re.compile(
    rf"://|[\w-]\.{_TOP}(?!\w)|(?<![\w.]){_OCTET}(?:\.{_OCTET}){{3}}(?!\.?\w)", re.IGNORECASE
)
"""What mail programs make a link of, but for an address with an @. A full stop has a space behind
it; what is taken for an address without being one is mended by a space."""
_DOTS = str.maketrans({"\u3002": "."})
"""The dot that stands in addresses of East Asia; NFKC makes the others (RFC 3490, 3.1) of these."""
_NO_LETTERS = frozenset({"Cf", "Mc", "Me", "Mn"})
"""Categories of what can stand within an address and is no letter for a pattern."""
_UNSEEN = dict.fromkeys(
    [
        0x00AD,  # a hyphen that shows only where a line ends
        0x061C,
        0x200B,
        0x200E,
        0x200F,
        *range(0x202A, 0x202F),
        *range(0x2060, 0x2070),
        0xFEFF,
    ]
)
"""What turns the direction of all that follows it, or has no width (Unicode, Bidi_Control and
Default_Ignorable): whoever reads a name with it reads another one. The joiners U+200C and U+200D
stay, for in Persian and in languages of India names are written with them."""
DECLARED_KINDS = {
    Declaration.ORDINARY: "Cancellation",
    Declaration.FOR_CAUSE: "Cancellation for an important reason",
    Declaration.WITHDRAWAL: "Withdrawal from the contract",
}
"""As the declaration itself says it, and the mails about it."""


class DeclarationIncompleteError(OffboardingError):
    """Something is missing or can't be taken; `field` names where."""

    word = "declaration_incomplete"

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True)
class WrittenDeclaration:
    """What somebody declares, in their own words.

    `contract` is how they name it: a plan, a customer number, an address. `ends_on` is None for the
    earliest day there is. The reason is what a cancellation for an important one rests on; the law
    has nobody else asked for one, nor are they here.
    """

    kind: Declaration
    name: str
    contract: str
    email: str
    ends_on: date | None = None
    reason: str = ""

    def checked(self) -> "WrittenDeclaration":
        """The same, its words as they are seen, in one line each, its address as it is compared.

        Raises DeclarationIncompleteError or EmailInvalidError.
        """
        words = {field: _in_one_line(getattr(self, field)) for field in LONGEST}
        for field, sentence in self._wanted().items():
            if not words[field]:
                raise DeclarationIncompleteError(field, sentence)
        for field, value in words.items():
            _check_words(field, value)
        if self.ends_on is not None and self.ends_on < (clock.now() - _LATEST_ZONE).date():
            raise DeclarationIncompleteError(
                "ends_on", "That day is over. Leave it empty for the earliest day there is."
            )
        return replace(
            self,
            name=words["name"],
            contract=words["contract"],
            reason=words["reason"],
            email=checked_email(self.email),
        )

    def _wanted(self) -> dict[str, str]:
        wanted = {
            "name": "Please give your name, so that we know whose contract it is.",
            "contract": "Please say which contract it is: its plan, your customer number, or the "
            "address you use with us.",
        }
        if self.kind is Declaration.FOR_CAUSE:
            wanted["reason"] = "Please give the reason. This kind of cancellation rests on it."
        return wanted

    @property
    def note(self) -> str:
        """What is declared, as it is kept."""
        said = [
            ("Name", self.name),
            (CONTRACT, self.contract),
            ("To end", self._ends),
            ("Reason", self.reason),
        ]
        return note_of(DECLARED_KINDS[self.kind], said, self.email)

    @property
    def _ends(self) -> str:
        if self.kind is Declaration.WITHDRAWAL:
            return "At once"
        if self.ends_on is None:
            return "On the earliest day there is"
        return format_date(self.ends_on, format="long", locale=locale_of(None))


def declare(session: Session, declaration: WrittenDeclaration, visit_id: str) -> HandOff:
    """Take a declaration in, have its confirmation mailed and a person told.

    Sent twice from one visit it is taken once. Raises DeclarationIncompleteError or
    EmailInvalidError; then nothing was taken.
    """
    declaration = declaration.checked()
    place = _place(visit_id, declaration.note)
    known = service.hand_off_of(session, place)
    if known is not None:
        return known
    withdraws = declaration.kind is Declaration.WITHDRAWAL
    cause = HandOffCause.WITHDRAWAL if withdraws else HandOffCause.CUSTOMER_ASKED
    hand_off = service.request(session, place, cause=cause)
    # Set here, before anybody was told of it: adding them later would mail it once more.
    hand_off.note, hand_off.contact_email = declaration.note, declaration.email
    session.flush()
    if _mailed_today(session, declaration.email) < MOST_MAILED_A_DAY:
        schedule(session, MAIL, hand_off.id)
    return hand_off


def is_mailed(session: Session, hand_off: HandOff) -> bool:
    """Whether its confirmation goes, or went, to the address that was given."""
    task = sa.select(Task.id).where(Task.kind == MAIL, Task.subject_id == hand_off.id)
    return session.scalar(task) is not None


def declaration_link(hand_off_id: str, settings: Settings) -> str:
    """The address at which who declared it reads what was received, and when."""
    return f"{settings.base_url}/declare/{_tokens(settings).token(hand_off_id)}"


def declaration_by_token(session: Session, token: str, settings: Settings) -> HandOff:
    """The declaration a link leads to. Raises NotFoundError, also once it was erased."""
    hand_off = session.get_one(HandOff, _tokens(settings).find(session, HandOff.id, token))
    if not is_declaration(hand_off):
        raise NotFoundError("This declaration is not kept any more.")
    return hand_off


def _in_one_line(words: str) -> str:
    return " ".join(words.translate(_UNSEEN).split())


def _check_words(field: str, value: str) -> None:
    if len(value) > LONGEST[field]:
        raise DeclarationIncompleteError(
            field, f"Please write this in at most {LONGEST[field]} characters."
        )
    if _has_web_address(value):
        # What is typed here is mailed to an address that is typed, too.
        raise DeclarationIncompleteError(
            field, "Please write this without web addresses, and with a space after a full stop."
        )


def _has_web_address(value: str) -> bool:
    plain = unicodedata.normalize("NFKC", value).translate(_DOTS)
    letters = "".join(each for each in plain if unicodedata.category(each) not in _NO_LETTERS)
    words = _COMPANY_FORM.sub(" ", _MAIL_ADDRESS.sub(" ", letters))
    return _WEB_ADDRESS.search(words) is not None


def _place(visit_id: str, note: str) -> str:
    """Where it is noted: one place for each declaration of a visit, the same when sent twice."""
    digest = hashlib.sha256(f"{visit_id} {note}".encode()).hexdigest()
    return FROM_PAGES + digest[:31]


def _mailed_today(session: Session, email: str) -> int:
    mailed = (
        sa.select(sa.func.count(Task.id))
        .join(HandOff, HandOff.id == Task.subject_id)
        .where(
            Task.kind == MAIL,
            Task.created_at > clock.now() - timedelta(days=1),
            is_value(session, HandOff.contact_email, email),
        )
    )
    return session.scalar(mailed) or 0


def _tokens(settings: Settings) -> LinkTokens:
    return LinkTokens(settings.signing_secret, "declaration")
