"""Short addresses: each leads to its own row, and nothing else leads anywhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offboarding import clock
from offboarding.database import Database
from offboarding.errors import NotFoundError
from offboarding.exports.model import Export
from offboarding.links import TOKEN_CHARACTERS, LinkTokens
from tests.factories import make_customer

SECRET = "a secret of these tests, long enough"
TOKENS = LinkTokens(SECRET, "export")
IDENTIFIERS = st.integers(0, 2**128 - 1).map(lambda number: f"{number:032x}")


@given(IDENTIFIERS)
def test_a_token_is_short_and_easy_to_copy(identifier: str) -> None:
    token = TOKENS.token(identifier)
    assert len(token) == TOKEN_CHARACTERS
    assert not set(token) - set("0123456789abcdefghjkmnpqrstvwxyz")


@given(IDENTIFIERS, IDENTIFIERS)
def test_two_things_never_share_a_token(one: str, other: str) -> None:
    assert (TOKENS.token(one) == TOKENS.token(other)) == (one == other)


def test_it_leads_to_its_own_row_also_where_two_begin_alike(database: Database) -> None:
    first, second = "0123456789ab" + "0" * 20, "0123456789ab" + "f" * 20
    add(database, first, second)
    assert found(database, TOKENS.token(first)) == first
    assert found(database, TOKENS.token(second)) == second


def test_it_may_be_copied_by_hand(database: Database) -> None:
    identifier = "0" * 32
    add(database, identifier)
    token = TOKENS.token(identifier)
    as_copied = token.upper().replace("0", "O").replace("1", "l", 1).replace("1", "I")
    assert as_copied != token
    assert found(database, as_copied) == identifier


@given(place=st.integers(0, TOKEN_CHARACTERS - 1), instead=st.sampled_from("0123456789abcdefghjkz"))
def test_no_other_token_leads_there(place: int, instead: str) -> None:
    """Each character counts: none is left over that could be changed."""
    token = TOKENS.token("a" * 32)
    changed = token[:place] + instead + token[place + 1 :]
    assert (TOKENS.token("a" * 32) == changed) == (token == changed)
    assert LinkTokens(SECRET, "receipt").token("a" * 32) != changed
    assert LinkTokens(SECRET + "!", "export").token("a" * 32) != changed


@pytest.mark.parametrize("place", range(TOKEN_CHARACTERS))
def test_a_changed_token_is_refused(database: Database, place: int) -> None:
    add(database, "b" * 32)
    token = TOKENS.token("b" * 32)
    instead = "2" if token[place] != "2" else "3"
    refused(database, token[:place] + instead + token[place + 1 :])


@pytest.mark.parametrize(
    "token",
    ["", "0", "a" * 23, "a" * 25, "u" * 24, "é" * 24, "=" * 24, "%" * 24, " " * 24, "a" * 1_000],
)
def test_what_is_no_token_is_refused(database: Database, token: str) -> None:
    add(database, "c" * 32)
    refused(database, token)


def add(database: Database, *identifiers: str) -> None:
    with database.write() as session:
        customer = make_customer(session)
        session.add_all(
            Export(
                id=each,
                customer_id=customer.id,
                conversation_id="1" * 32,
                requested_at=clock.now(),
            )
            for each in identifiers
        )


def found(database: Database, token: str) -> str:
    with database.read() as session:
        return TOKENS.find(session, Export.id, token)


def refused(database: Database, token: str) -> None:
    with pytest.raises(NotFoundError):
        found(database, token)
