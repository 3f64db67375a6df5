"""What those who leave say in their own words, without who said it.

Words go with the erasure of whoever wrote them. Addresses and long numbers in them are masked: a
customer may have written whom to call, and nobody who reads why they leave has to know it. Who is
ill, bereaved or beaten told it to be helped, not to be read: such words are only counted.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from offboarding.accounts.model import Plan, Subscription
from offboarding.cases.model import Case
from offboarding.cases.reasons import ChurnReason
from offboarding.encryption.columns import ERASED
from offboarding.encryption.keyring import Keyring
from offboarding.hearing.hard_moments import tells_of_hard_moment
from offboarding.insights.period import Period
from offboarding.survey.model import SurveyAnswer, SurveyQuestion

MOST = 200
_MASK = "…"
_ADDRESS = re.compile(r"(?<![^\s@<>()])[^\s@<>()]+@[^\s@<>()]+[.\u3002][^\s@<>().,;\u3002]+")
"""Looked for where a word begins alone, so that a long one is read once and not from each letter.

The other dot is the one of East Asia; NFKC makes what else is written for one of these two.
"""
_DOT = r"(?:\s{1,3}dot\s{1,3}|\s{0,3}[(\[{]\s{0,3}(?:dot|\.)\s{0,3}[)\]}]\s{0,3})"
_AT_IN_BRACKETS = r"\s{0,3}[(\[{]\s{0,3}(?:at|@)\s{0,3}[)\]}]\s{0,3}"
_SPELT_ADDRESS = re.compile(
    rf"(?<![\w.+-])(?:[\w.+-]+{_DOT}){{0,3}}[\w.+-]+"
    rf"(?:\s{{1,3}}at\s{{1,3}}[\w-]+(?:{_DOT}[\w-]+){{1,4}}"
    rf"|{_AT_IN_BRACKETS}[\w-]+(?:(?:\.|{_DOT})[\w-]+){{1,4}})",
    re.IGNORECASE,
)
"""As people write it who would not have it collected: "jo at ex dot com", "jo (at) ex.com". Where
the dot is one, "at" alone is no sign: "I looked at notion.so"."""
_NUMBER = re.compile(r"\+?\d(?:(?:(?![%$€£¥₹]|[,;]\s)[\W_]){0,4}\d){6,}")
"""Seven digits and more: of phones, cards, accounts. Amounts and years are shorter.

Whatever divides them is no disguise: any dash, space or dot, also one that can't be seen. Only a
comma with a space, or the sign of a currency or of a share, tells that these are several.
"""
_CARD = re.compile(
    r"(?<!\d)(?!20)(?:[2-6]\d{3}(?:[,;]\s{1,3}\d{4}){3}"
    r"|3\d{3}[,;]\s{1,3}\d{6}[,;]\s{1,3}\d{5})(?!\d)"
)
"""The number of a card in the groups that stand on it, with commas between: it is one all the same.
None begins as years do (ISO/IEC 7812)."""


@dataclass(frozen=True)
class Said:
    """Something that one customer said."""

    at: datetime
    asked: SurveyQuestion | None
    """The question of the survey it answers; None for why they leave."""
    reason: ChurnReason | None
    plan: str
    words: str


@dataclass(frozen=True)
class Words:
    """What was said, as far as it is for whoever reads why customers leave."""

    said: Sequence[Said]
    left_out: int
    """How many more tell of a hard moment."""


def said(
    session: Session,
    period: Period,
    *,
    reason: ChurnReason | None = None,
    most: int = MOST,
) -> Words:
    """What was said in a period, the newest first; of all, or of those who leave for one reason."""
    found = [*_why(session, period, reason, most), *_answers(session, period, reason, most)]
    newest = sorted(found, key=lambda each: each.at, reverse=True)[:most]
    shown = [
        replace(each, words=masked(each.words))
        for each in newest
        if not tells_of_hard_moment(each.words)
    ]
    return Words(shown, len(newest) - len(shown))


def masked(words: str) -> str:
    """Words in usual characters, without e-mail addresses and long numbers."""
    usual = unicodedata.normalize("NFKC", words)
    for hidden in (_ADDRESS, _SPELT_ADDRESS, _CARD, _NUMBER):
        usual = hidden.sub(_MASK, usual)
    return usual


def _why(session: Session, period: Period, reason: ChurnReason | None, most: int) -> list[Said]:
    wanted = (
        sa.select(Case.id)
        .where(
            Case.reason_words.is_not(None),
            Case.opened_at >= period.starts_at,
            Case.opened_at < period.ends_at,
            *([Case.reason == reason] if reason is not None else []),
        )
        .order_by(Case.opened_at.desc())
        .limit(most)
    )
    ids = session.scalars(wanted).all()
    _fetch_keys(session, sa.select(Case.customer_id).where(Case.id.in_(ids)))
    rows = session.execute(
        sa.select(Case.opened_at, Case.reason, Plan.name, Case.reason_words)
        .join(Subscription, Subscription.id == Case.subscription_id)
        .join(Plan, Plan.id == Subscription.plan_id)
        .where(Case.id.in_(ids))
    )
    return [
        Said(at, None, why, plan, words)
        for at, why, plan, words in rows
        if words and words != ERASED
    ]


def _answers(session: Session, period: Period, reason: ChurnReason | None, most: int) -> list[Said]:
    wanted = (
        sa.select(SurveyAnswer.id)
        .join(Case, Case.id == SurveyAnswer.case_id)
        .where(
            SurveyAnswer.answer.is_not(None),
            SurveyAnswer.answered_at >= period.starts_at,
            SurveyAnswer.answered_at < period.ends_at,
            *([Case.reason == reason] if reason is not None else []),
        )
        .order_by(SurveyAnswer.answered_at.desc())
        .limit(most)
    )
    ids = session.scalars(wanted).all()
    _fetch_keys(session, sa.select(SurveyAnswer.case_id).where(SurveyAnswer.id.in_(ids)))
    rows = session.execute(
        sa.select(
            SurveyAnswer.answered_at,
            SurveyAnswer.question,
            Case.reason,
            Plan.name,
            SurveyAnswer.answer,
        )
        .join(Case, Case.id == SurveyAnswer.case_id)
        .join(Subscription, Subscription.id == Case.subscription_id)
        .join(Plan, Plan.id == Subscription.plan_id)
        .where(SurveyAnswer.id.in_(ids))
    )
    return [
        Said(at, question, why, plan, words)
        for at, question, why, plan, words in rows
        if words and words != ERASED
    ]


def _fetch_keys(session: Session, owners: sa.Select[str]) -> None:
    """At once instead of one by one."""
    Keyring.of(session.get_bind().dialect).fetch(set(session.scalars(owners)))
