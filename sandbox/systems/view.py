"""What each of the made-up company's systems thinks of each customer."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from offboarding.accounts.model import Customer, Subscription
from offboarding.policies.systems import SystemsPolicy
from sandbox.customers import BY_EXTERNAL_ID

_SAYS = {
    "access.revoked": "can't get in any more",
    "access.restored": "can get in again",
    "data.erased": "is erased",
}


@dataclass(frozen=True)
class Line:
    """One subscription, as one system knows it."""

    customer: str
    plan: str
    says: str
    changed: bool
    since: datetime | None


@dataclass(frozen=True)
class SystemView:
    """One system and its lines; those it was told something about first."""

    name: str
    customers_lose: str
    lines: tuple[Line, ...]


def systems(session: Session, policy: SystemsPolicy, folder: Path) -> list[SystemView]:
    """All systems of the policy; `folder` has what each of them keeps."""
    found = session.execute(
        sa.select(Subscription, Customer.external_id)
        .join(Customer, Customer.account_id == Subscription.account_id)
        .where(Customer.external_id.in_(BY_EXTERNAL_ID))
        .order_by(Subscription.started_at)
    ).all()
    subscriptions = [(subscription, external_id) for subscription, external_id in found]
    subscriptions.sort(key=lambda each: BY_EXTERNAL_ID[each[1]].full_name)
    views = []
    for system in policy.systems.values():
        known = heard(folder / f"{system.key}.db")
        lines = [_line(known, subscription, who) for subscription, who in subscriptions]
        lines.sort(key=lambda line: not line.changed)
        views.append(SystemView(system.name, system.customers_lose, tuple(lines)))
    return views


def _line(known: dict[str, tuple[str, str]], subscription: Subscription, external_id: str) -> Line:
    event, since = known.get(subscription.id, ("", ""))
    return Line(
        customer=BY_EXTERNAL_ID[external_id].full_name,
        plan=subscription.plan.name,
        says=_SAYS.get(event, "can get in"),
        changed=bool(event),
        since=datetime.fromisoformat(since) if since else None,
    )


def heard(database: Path) -> dict[str, tuple[str, str]]:
    """By subscription, the last event and when it took effect."""
    if not database.exists():
        return {}
    with closing(sqlite3.connect(database, timeout=10)) as opened:
        rows = opened.execute("SELECT subscription_id, last_event, since FROM access").fetchall()
    return {subscription: (event, since) for subscription, event, since in rows}
