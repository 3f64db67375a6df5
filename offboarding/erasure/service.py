"""Erasing an account's personal data once its last subscription is over (rule R11).

What may lie elsewhere (conversations, texts, posts to the desk) is erased by whoever keeps it: each
gives an `Eraser`, and all work within one transaction, so that nothing is erased by half. Invoices
and receipts are kept as long as the law wants them, without name and address.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.accounts.model import Account, Customer, Subscription, SubscriptionState
from offboarding.audit import service as audit
from offboarding.cases.model import Case
from offboarding.database import Database
from offboarding.encryption.columns import in_clear
from offboarding.encryption.lookup import is_among
from offboarding.erasure.kept import what_is_kept
from offboarding.erasure.model import Erasure
from offboarding.exports import service as exports
from offboarding.exports.model import Export
from offboarding.handoffs.model import HandOff
from offboarding.handoffs.states import HandOffState
from offboarding.identity.model import CodeChallenge, VerifiedIdentity, WritesFrom
from offboarding.receipts.model import Receipt
from offboarding.steps.model import OVER, Step, StepState
from offboarding.steps.plan import ERASED_AFTER, StepKind
from offboarding.steps.service import step_of
from offboarding.survey.model import SurveyAnswer

Eraser = Callable[[Session, "Subject"], Mapping[str, int]]
"""Erases what it knows of somebody; what it erased, by kind, with how many. Erasing what is gone
erases nothing and is no error."""

GONE = "erased.invalid"
"""The domain of the addresses that stand where real ones stood; RFC 2606 keeps it from mail."""


class Subject:
    """Whose data are erased: the customers of one account, and the conversations they had."""

    def __init__(self, session: Session, account_id: str) -> None:
        self.account_id = account_id
        self.customers: Sequence[Customer] = session.scalars(
            sa.select(Customer).where(Customer.account_id == account_id)
        ).all()
        self.customer_ids = [each.id for each in self.customers]
        self.cases: Sequence[Case] = session.scalars(
            sa.select(Case).where(Case.customer_id.in_(self.customer_ids))
        ).all()
        self.phones = _own_phones(session, self.customers)
        """Numbers that nobody else has on file."""
        self.conversation_ids = _conversations(session, self)
        self.key_owners = {
            account_id,
            *self.customer_ids,
            *(case.id for case in self.cases),
            *self.conversation_ids,
        }
        """Whose keys are destroyed (see `offboarding.encryption`); an eraser adds what it knows."""


def may_erase(session: Session, case: Case) -> bool:
    """Whether nothing of the account goes on, and no other case of it promises its data for longer.

    Then, and only then, its data are erased: of two plans by the case whose day comes last, and of
    two of the same day by one of them, whichever comes first.
    """
    own = step_of(session, case.id, StepKind.ERASE)
    if own is not None and _promised_for_longer(session, case, own):
        return False
    if _goes_on(session, case.subscription.account_id):
        return False
    return not _erased_by_another(session, case)


def kept_until(session: Session, account_id: str) -> datetime | None:
    """Until which instant, that one included, all that an account had is kept; None if it goes on.

    None, too, once it is erased or its day has come. A plan that the account begins before then
    calls the erasure off: see `may_erase`.
    """
    erased = erased_at(session, account_id)
    if erased is None or erased <= clock.now() or _goes_on(session, account_id):
        return None
    return erased - ERASED_AFTER


def erased_at(session: Session, account_id: str) -> datetime | None:
    """When what an account had is erased, by the longest promise of its cases.

    None where no erasure is to come. It is called off while any plan of the account goes on.
    """
    return _longest_promise(session, account_id, but=OVER)


def day_of_erasure(session: Session, account_id: str) -> datetime | None:
    """When what an account had is erased, or was to be where that is done; else as `erased_at`."""
    return _longest_promise(session, account_id, but=OVER - {StepState.DONE})


def _longest_promise(
    session: Session, account_id: str, *, but: Collection[StepState]
) -> datetime | None:
    # Which states it may have would make SQLite begin with every step of those states.
    return session.scalar(
        sa.select(sa.func.max(Step.due_at))
        .join(Case, Case.id == Step.case_id)
        .join(Subscription, Subscription.id == Case.subscription_id)
        .where(
            Subscription.account_id == account_id,
            Step.kind == StepKind.ERASE,
            Step.state.not_in(list(but)),
        )
    )


def _goes_on(session: Session, account_id: str) -> bool:
    """Whether the account has any plan now."""
    plan = sa.select(Subscription.id).where(
        Subscription.account_id == account_id, Subscription.state != SubscriptionState.ENDED
    )
    return session.scalar(plan.limit(1)) is not None


def _promised_for_longer(session: Session, case: Case, own: Step) -> bool:
    later = sa.or_(Step.due_at > own.due_at, sa.and_(Step.due_at == own.due_at, Step.id > own.id))
    found = session.scalar(
        sa.select(Step.id)
        .join(Case, Case.id == Step.case_id)
        .join(Subscription, Subscription.id == Case.subscription_id)
        .where(
            Subscription.account_id == case.subscription.account_id,
            Step.kind == StepKind.ERASE,
            Step.state.not_in(list(OVER)),
            later,
        )
        .limit(1)
    )
    return found is not None


def _erased_by_another(session: Session, case: Case) -> bool:
    """Whether all of the account was erased by another case of it, once this one's plan was over.

    Whenever that was done nothing went on, so this plan had ended, though its step comes later.
    """
    of_others = session.scalars(
        sa.select(Step)
        .join(Case, Case.id == Step.case_id)
        .join(Subscription, Subscription.id == Case.subscription_id)
        .where(
            Subscription.account_id == case.subscription.account_id,
            Step.kind == StepKind.ERASE,
            Step.case_id != case.id,
        )
    )
    # Chosen here, for by its state SQLite would look through every step that is done.
    return any(
        each.state is StepState.DONE and each.over_at is not None and each.over_at >= case.opened_at
        for each in of_others
    )


def hold_account(session: Session, case: Case) -> None:
    """Before its cases are held: two that erase the same account wait for each other here."""
    session.execute(
        sa.select(Account.id).where(Account.id == case.subscription.account_id).with_for_update()
    )


def erased(session: Session, case: Case) -> bool:
    """Whether that has been done."""
    return session.scalar(sa.select(Erasure.id).where(Erasure.case_id == case.id)) is not None


def erase(session: Session, case: Case, erasers: Sequence[Eraser]) -> Erasure:
    """Erase the data of the case's account, once; what was erased and what is kept.

    The caller holds the case and has made sure with `may_erase`, and destroys the keys with
    `destroy_keys` once this is committed: before, what is to stay could not be read.
    """
    known = session.scalar(sa.select(Erasure).where(Erasure.case_id == case.id))
    if known is not None:
        return known
    subject = Subject(session, case.subscription.account_id)
    erased: Counter[str] = Counter()
    for eraser in (*erasers, *_OWN):
        erased.update(eraser(session, subject))
    done = Erasure(
        case_id=case.id,
        erased={what: count for what, count in sorted(erased.items()) if count},
        kept=what_is_kept(session, case),
        erased_at=clock.now(),
        keys_left=sorted(subject.key_owners),
    )
    session.add(done)
    session.flush()
    audit.record(session, "data_erased", case.id, policy_version=_policy_version(case))
    return done


def destroy_keys(database: Database, case_id: str) -> None:
    """Make unreadable what copies of the database still hold of what was erased by this case.

    Harmless where nothing was erased, and the second time.
    """
    with database.read() as session:
        left = session.scalar(sa.select(Erasure.keys_left).where(Erasure.case_id == case_id))
    if left is None:
        return
    database.keyring.destroy([str(owner_id) for owner_id in left])
    with database.write() as session:
        of_case = sa.select(Erasure).where(Erasure.case_id == case_id)
        done = session.scalars(of_case.with_for_update()).one()
        if done.keys_left is not None:  # else another process did the same just now
            done.keys_left = None
            audit.record(session, "keys_destroyed", case_id)


def destroy_all_keys(database: Database) -> None:
    """`destroy_keys` for every erasure after which it was not done.

    A step that was ended after its erasure, and that a person then settled by hand, never does it.
    """
    with database.read() as session:
        of_cases = sa.select(Erasure.case_id).where(Erasure.keys_left.is_not(sa.null()))
        case_ids = session.scalars(of_cases.order_by(Erasure.erased_at, Erasure.id)).all()
    for case_id in case_ids:
        destroy_keys(database, case_id)


def whose_keys_are_left(session: Session) -> set[str]:
    """Whose data are erased and whose keys are not destroyed yet."""
    left = session.scalars(sa.select(Erasure.keys_left).where(Erasure.keys_left.is_not(sa.null())))
    return {str(owner_id) for owner_ids in left for owner_id in owner_ids or ()}


def _own_phones(session: Session, customers: Sequence[Customer]) -> list[str]:
    """A number that somebody of another account has, too, says nothing about whose talk it was."""
    numbers = {each.phone for each in customers if each.phone is not None}
    of_others = sa.select(Customer).where(
        is_among(session, Customer.phone, numbers),
        Customer.id.not_in([each.id for each in customers]),
    )
    return sorted(numbers - {each.phone for each in session.scalars(of_others)})


def _conversations(session: Session, subject: Subject) -> list[str]:
    """Those they had, by whatever tells so; none in which somebody else is made sure of now."""
    found = {case.conversation_id for case in subject.cases}
    for table in (VerifiedIdentity, HandOff, CodeChallenge, Export):
        of_them = table.customer_id.in_(subject.customer_ids)
        found |= set(session.scalars(sa.select(table.conversation_id).where(of_them)))
    by_text = is_among(session, WritesFrom.number, subject.phones)
    found |= set(session.scalars(sa.select(WritesFrom.conversation_id).where(by_text)))
    # What was written on a page is a place of its own, in which nobody else says anything.
    on_pages = sa.select(HandOff.conversation_id).where(
        is_among(session, HandOff.contact_email, [each.email for each in subject.customers]),
        HandOff.conversation_id.startswith("page-", autoescape=True),
    )
    found |= set(session.scalars(on_pages))
    others = sa.select(VerifiedIdentity.conversation_id).where(
        VerifiedIdentity.conversation_id.in_(found),
        VerifiedIdentity.customer_id.not_in(subject.customer_ids),
    )
    return sorted(found - set(session.scalars(others)))


def _what_they_said(session: Session, subject: Subject) -> Mapping[str, int]:
    """Reasons and answers stay, for leaders count them; the words in which they were given go."""
    reasons = 0
    for case in subject.cases:
        reasons += case.reason_words is not None
        case.reason_words = None
    case_ids = [case.id for case in subject.cases]
    answers = _changed(
        session,
        sa.update(SurveyAnswer)
        .where(SurveyAnswer.case_id.in_(case_ids), SurveyAnswer.answer.is_not(None))
        .values(answer=None),
    )
    return {"reasons in their own words": reasons, "survey answers": answers}


def _copies(session: Session, subject: Subject) -> Mapping[str, int]:
    """Links to copies of their data are dead with this commit; the files go after it."""
    return {"copies": sum(exports.erase(session, customer) for customer in subject.customers)}


def _who_receipts_name(session: Session, subject: Subject) -> Mapping[str, int]:
    """What was agreed stays, and when; who agreed to it goes, and the signed file with it.

    Customers keep theirs. A document without its names is not what was signed.
    """
    unnamed = 0
    for receipt in session.scalars(
        sa.select(Receipt).where(Receipt.customer_id.in_(subject.customer_ids))
    ):
        unnamed += receipt.forget_names()
    return {"names in receipts": unnamed}


def _how_they_proved_it(session: Session, subject: Subject) -> Mapping[str, int]:
    """Codes, numbers they wrote from, and who was made sure of."""
    of_them = subject.conversation_ids
    codes = sa.delete(CodeChallenge).where(
        sa.or_(
            CodeChallenge.customer_id.in_(subject.customer_ids),
            CodeChallenge.conversation_id.in_(of_them),
        )
    )
    return {
        "one-time codes": _changed(session, codes),
        "numbers written from": _changed(
            session, sa.delete(WritesFrom).where(WritesFrom.conversation_id.in_(of_them))
        ),
        "proofs of identity": _changed(
            session,
            sa.delete(VerifiedIdentity).where(
                VerifiedIdentity.customer_id.in_(subject.customer_ids)
            ),
        ),
        "requests for a person": _changed(
            session,
            sa.update(HandOff)
            .where(
                sa.or_(
                    HandOff.conversation_id.in_(of_them),
                    is_among(
                        session, HandOff.contact_email, [each.email for each in subject.customers]
                    ),
                )
            )
            .values(note="", contact_email=None, contact_email_mark=None),
        ),
        "open requests ended": _changed(
            session,
            sa.update(HandOff)
            .where(HandOff.conversation_id.in_(of_them), HandOff.ended_at.is_(None))
            .values(state=HandOffState.RESOLVED, ended_at=clock.now()),
        ),
    }


def _who_they_are(session: Session, subject: Subject) -> Mapping[str, int]:
    """Rows stay, for invoices hang on them; nobody can be told by them any more."""
    for customer in subject.customers:
        customer.full_name = ""
        customer.email = in_clear(f"{customer.id}@{GONE}")
        customer.external_id = f"erased:{customer.id}"
        customer.phone = customer.phone_confirmed_at = None
    account = session.get_one(Account, subject.account_id)
    account.name = ""
    account.account_manager_name = account.account_manager_email = None
    session.flush()
    return {"customers": len(subject.customers)}


_OWN: tuple[Eraser, ...] = (
    _what_they_said,
    _copies,
    _who_receipts_name,
    _how_they_proved_it,
    _who_they_are,
)


def _changed(session: Session, statement: sa.Update | sa.Delete) -> int:
    result = session.execute(statement.execution_options(synchronize_session="fetch"))
    return int(getattr(result, "rowcount", 0))


def _policy_version(case: Case) -> str | None:
    return str(case.shown["policy_version"]) if case.shown else None
