"""Asking for a copy of one's data, making it, and the link it is fetched with."""

from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.accounts.model import Customer, Subscription
from offboarding.audit import service as audit
from offboarding.background.service import schedule
from offboarding.billing.model import LedgerEntry
from offboarding.cases.model import Case
from offboarding.database import Database
from offboarding.errors import NotFoundError
from offboarding.exports.archive import Section, write_archive
from offboarding.exports.model import Export, ExportState
from offboarding.links import LinkTokens
from offboarding.policies.store import Policies
from offboarding.settings import Settings


def request(session: Session, customer: Customer, conversation_id: str) -> Export:
    """Start an export; while one is being made for this customer, it is that one."""
    known = session.scalar(
        sa.select(Export).where(
            Export.customer_id == customer.id, Export.state == ExportState.REQUESTED
        )
    )
    if known is not None:
        return known
    export = Export(
        customer_id=customer.id, conversation_id=conversation_id, requested_at=clock.now()
    )
    session.add(export)
    session.flush()
    audit.record(session, "export_requested", conversation_id, export=export.id)
    schedule(session, "export.build", export.id)
    return export


def build(database: Database, export_id: str, settings: Settings, policies: Policies) -> None:
    """Make the archive of an export and tell the customer; harmless when done before."""
    with database.read() as session:
        export = session.get(Export, export_id)
        if export is None or export.state is not ExportState.REQUESTED:
            return
        sections = _sections(session, session.get_one(Customer, export.customer_id))
    made_at = clock.now()
    facts = write_archive(export_path(export_id, settings), sections, made_at)
    with database.write() as session:
        export = session.get(Export, export_id)
        if export is None:
            return
        export.state, export.ready_at = ExportState.READY, made_at
        export.file_name = f"your-data-{made_at:%Y-%m-%d}.zip"
        export.sha256, export.size_bytes = facts.sha256, facts.size_bytes
        export.expires_at = made_at + timedelta(days=policies.retention.export_link_days)
        audit.record(session, "export_ready", export.conversation_id, export=export.id)
        schedule(session, "notice.export_ready", export.id)
        schedule(session, "mail.export_ready", export.id)


def export_path(export_id: str, settings: Settings) -> Path:
    """Where the archive of an export lies."""
    return settings.data_directory / "exports" / f"{export_id}.zip"


def export_link(export_id: str, settings: Settings) -> str:
    """The address an export is fetched from; it cannot be guessed."""
    return f"{settings.base_url}/exports/{_tokens(settings).token(export_id)}"


def export_by_token(session: Session, token: str, settings: Settings) -> Export:
    """The export a link leads to, ready to be fetched. Raises NotFoundError, also when expired."""
    export = session.get_one(Export, _tokens(settings).find(session, Export.id, token))
    if export.state is not ExportState.READY or export.expires_at is None:
        raise NotFoundError("There is no copy of your data behind this link.")
    if export.expires_at < clock.now():
        raise NotFoundError("This link has expired. Ask for a new copy of your data in the chat.")
    return export


def _tokens(settings: Settings) -> LinkTokens:
    return LinkTokens(settings.signing_secret, "export")


def _sections(session: Session, customer: Customer) -> list[Section]:
    account_id = customer.account_id
    subscriptions = session.scalars(
        sa.select(Subscription).where(Subscription.account_id == account_id)
    ).all()
    entries = session.scalars(
        sa.select(LedgerEntry)
        .where(LedgerEntry.subscription_id.in_([each.id for each in subscriptions]))
        .order_by(LedgerEntry.occurred_at)
    ).all()
    found = session.scalars(sa.select(Case).where(Case.customer_id == customer.id)).all()
    return [
        Section("profile", "Who you are to us.", [_profile(customer)]),
        Section("subscriptions", "What you subscribe to.", [_plan_row(x) for x in subscriptions]),
        Section("ledger", "What was charged and agreed.", [_ledger_row(x) for x in entries]),
        Section("cancellations", "Your wishes to leave.", [_case_row(x) for x in found]),
    ]


def _profile(customer: Customer) -> dict[str, str | int | None]:
    return {
        "name": customer.full_name,
        "email": customer.email,
        "account": customer.account.name,
        "country": customer.account.country,
        "locale": customer.locale,
        "time_zone": customer.time_zone,
        "customer_since": customer.created_at.isoformat(),
    }


def _plan_row(subscription: Subscription) -> dict[str, str | int | None]:
    return {
        "plan": subscription.plan.name,
        "state": subscription.state.value,
        "price_minor": subscription.plan.price_minor,
        "currency": subscription.plan.currency,
        "interval": subscription.plan.interval.value,
        "started_at": subscription.started_at.isoformat(),
        "period_end": subscription.period_end.isoformat() if subscription.period_end else None,
        "cancel_at": subscription.cancel_at.isoformat() if subscription.cancel_at else None,
    }


def _ledger_row(entry: LedgerEntry) -> dict[str, str | int | None]:
    return {
        "at": entry.occurred_at.isoformat(),
        "kind": entry.kind.value,
        "amount_minor": entry.amount_minor,
        "currency": entry.currency,
    }


def _case_row(case: Case) -> dict[str, str | int | None]:
    return {
        "number": case.number,
        "state": case.state.value,
        "reason": case.reason.value if case.reason else None,
        "reason_words": case.reason_words,
        "opened_at": case.opened_at.isoformat(),
        "ends_at": case.ends_at.isoformat() if case.ends_at else None,
    }
