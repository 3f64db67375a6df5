"""`offboard stripe`: what is missing of the connection to Stripe, and how old its mirror is."""

from typing import Annotated

import sqlalchemy as sa
import typer
from rich.table import Table
from sqlalchemy.orm import Session

from channels.findings import Finding
from channels.stripe.check import check as look
from offboard.configuration import load_settings
from offboard.console import output
from offboard.opening import reading, writing
from offboarding.accounts.model import Plan, Subscription, SubscriptionState
from offboarding.billing.model import LedgerEntry
from offboarding.billing.stripe.connection import StripeConnection, connection_of
from offboarding.billing.stripe.mirror import request_refresh
from offboarding.billing.stripe.model import StripeEvent, StripeMirror
from offboarding.errors import ConfigurationError
from offboarding.settings import Settings

application = typer.Typer(no_args_is_help=True, help="Connect Stripe, and see what is missing.")


@application.callback()
def describe() -> None:
    """Connect Stripe, and see what is missing."""


@application.command()
def check() -> None:
    """Look at key, webhook, prices and subscriptions; what is missing, with its mend."""
    settings = load_settings()
    findings = _findings(_connection(settings), settings)
    for finding in findings:
        mark = "ok     " if finding.good else "MISSING"
        output.print(f"{mark} {finding.subject}: {finding.sentence}", markup=False)
    if not all(finding.good for finding in findings):
        raise typer.Exit(1)


@application.command()
def status() -> None:
    """How old the mirror is, which events wait, and what was agreed and is not done yet."""
    with reading(load_settings()) as session:
        table = Table("", "", box=None, show_header=False)
        for label, number in _numbers(session).items():
            table.add_row(label, str(number))
        output.print(table)


@application.command()
def refresh(
    *,
    everything: Annotated[
        bool, typer.Option("--all", help="All that Stripe knows, not only what was never fetched.")
    ] = False,
) -> None:
    """Have subscriptions with a billing_id fetched; the running application begins in a second."""
    with writing(load_settings()) as session:
        number = request_refresh(session, everything=everything)
    output.print(f"{number} will be fetched; `offboard stripe status` shows how far that is.")


def _numbers(session: Session) -> dict[str, object]:
    def count(of: sa.Select[int]) -> int:
        return session.scalar(of) or 0

    events, entries = sa.func.count(StripeEvent.id), sa.func.count(LedgerEntry.id)
    return {
        "Subscriptions mirrored": count(sa.select(sa.func.count(StripeMirror.subscription_id))),
        "Not known at Stripe": _unknown(session),
        "Longest without news since": session.scalar(
            sa.select(sa.func.min(StripeMirror.mirrored_at))
        )
        or "-",
        "Events to work on": count(sa.select(events).where(StripeEvent.done_at.is_(None))),
        "Agreed and not done yet": count(sa.select(entries).where(LedgerEntry.awaited)),
    }


def _findings(connection: StripeConnection, settings: Settings) -> list[Finding]:
    with reading(settings) as session:
        plans = session.scalars(sa.select(Plan).order_by(Plan.id)).all()
        unknown = _unknown(session)
    return look(connection, connection.client(), plans, unknown)


def _unknown(session: Session) -> int:
    counted = (
        sa.select(sa.func.count(Subscription.id))
        .join(Plan, Subscription.plan_id == Plan.id)
        .where(
            Subscription.billing_id.is_(None),
            Subscription.state != SubscriptionState.ENDED,
            Plan.price_minor > 0,
        )
    )
    return session.scalar(counted) or 0


def _connection(settings: Settings) -> StripeConnection:
    """Raises ConfigurationError where the ledger is the billing."""
    connection = connection_of(settings)
    if connection is None:
        raise ConfigurationError(
            "OFFBOARD_BILLING is `ledger`, so Stripe is not used. Set it to `stripe`; "
            "docs/billing.md has the whole way."
        )
    return connection
