"""Lists ask the store of keys once, however many rows they show."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from offboarding.casework import overview as casework
from offboarding.database import Database
from offboarding.handoffs import overview as desk
from offboarding.handoffs import service as handoffs
from offboarding.policies.store import Policies
from tests.factories import cancel, make_customer, make_subscription
from tests.keys import KEYS

Listing = Callable[[Session], Sequence[Any]]


@pytest.mark.parametrize(
    "listing",
    [
        desk.waiting,
        lambda session: desk.find(session, "stranger@example.org"),
        lambda session: casework.search(session, "7F3K"),
        casework.list_cases,
    ],
    ids=["who waits", "found by address", "cases by number", "cases"],
)
def test_a_list_asks_for_its_keys_at_once(
    database: Database, policies: Policies, listing: Listing
) -> None:
    with database.write() as session:
        for number in range(4):
            customer = make_customer(session, f"customer-{number}@example.org")
            case, _ = cancel(session, customer, make_subscription(session, customer), policies)
            case.number = f"7F3K-22{number}"
            asked = handoffs.request(session, f"{number}" * 32)
            handoffs.add_contact(session, asked, "stranger@example.org")
    anew = Database(database.engine.url.render_as_string(hide_password=False), KEYS)
    asked_for: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "FROM personal_key" in statement:
            asked_for.append(statement)

    sa.event.listen(anew.keyring._store._engine(), "before_cursor_execute", note)
    with anew.read() as session:
        assert len(listing(session)) == 4
    anew.close()
    assert len(asked_for) == 1
