"""Who is this? Tokens and codes, and what an attacker may try with them."""

import base64
import json
from datetime import timedelta
from typing import Any

import jwt
import pytest
import sqlalchemy as sa
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.audit import service as audit
from offboarding.background.model import Task
from offboarding.database import Database
from offboarding.errors import IdentityTokenExpiredError, IdentityTokenInvalidError
from offboarding.identity import service as identity
from offboarding.identity.model import CodeChallenge, VerifiedIdentity
from offboarding.identity.token import AUDIENCE, external_id_of
from offboarding.settings import Settings
from tests.factories import make_customer
from tests.offboarding.at_once import at_once

TALK, OTHER_TALK = "1" * 32, "2" * 32
SECRET = "the identity secret of the tests, long enough"
AMARA = "amara@example.org"


def token(external_id: object = "user-1", *, secret: str = SECRET, **claims: Any) -> str:
    made = {
        "sub": external_id,
        "aud": AUDIENCE,
        "exp": clock.now() + timedelta(minutes=5),
        **claims,
    }
    left = {name: value for name, value in made.items() if value is not None}
    return jwt.encode(left, secret, algorithm="HS256")


def code_of_last(session: Session, settings: Settings, conversation: str = TALK) -> str:
    """The code as the mail brings it."""
    challenge = session.scalars(
        sa.select(CodeChallenge)
        .where(CodeChallenge.conversation_id == conversation)
        .order_by(CodeChallenge.created_at.desc())
    ).first()
    assert challenge is not None
    return identity.code_for(challenge.id, settings)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


# --- tokens


def test_a_token_of_the_company_identifies_its_customer(
    database: Database, settings: Settings
) -> None:
    with database.write() as session:
        amara = make_customer(session)
        found = identity.identify_by_token(session, TALK, token(amara.external_id), settings)
        assert found is amara
        assert identity.identified_customer(session, TALK) is amara
        assert identity.identified_customer(session, OTHER_TALK) is None


def test_a_token_for_another_customer_changes_who_it_is(
    database: Database, settings: Settings
) -> None:
    with database.write() as session:
        amara, ben = make_customer(session), make_customer(session, "ben@example.org")
        identity.identify_by_token(session, TALK, token(amara.external_id), settings)
        identity.identify_by_token(session, TALK, token(ben.external_id), settings)
        assert identity.identified_customer(session, TALK) is ben


def test_a_genuine_token_for_nobody_identifies_nobody(
    database: Database, settings: Settings
) -> None:
    with database.write() as session:
        with pytest.raises(IdentityTokenInvalidError, match="do not know"):
            identity.identify_by_token(session, TALK, token("nobody"), settings)
        assert session.get(VerifiedIdentity, TALK) is None


def _unsigned() -> str:
    def part(content: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()

    claims = {"sub": "user-1", "aud": AUDIENCE, "exp": 4102444800}
    return f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(claims)}."


def _changed_after_signing() -> str:
    head, _, signature = token("user-1").split(".")
    _, claims, _ = token("user-2", secret="x" * 32).split(".")
    return f"{head}.{claims}.{signature}"


@pytest.mark.parametrize(
    "forged",
    [
        pytest.param(lambda: token(secret="another secret, just as long as ours"), id="secret"),
        pytest.param(_unsigned, id="unsigned"),
        pytest.param(_changed_after_signing, id="changed after signing"),
        pytest.param(lambda: token(aud="another-service"), id="other audience"),
        pytest.param(lambda: token(aud=None), id="no audience"),
        pytest.param(lambda: token(exp=None), id="never expires"),
        pytest.param(lambda: token(None), id="no subject"),
        pytest.param(lambda: token(7), id="subject is a number"),
        pytest.param(lambda: token("user-1\x00"), id="subject with a NUL"),
        pytest.param(lambda: token("\ud800"), id="subject is half a character"),
        pytest.param(lambda: token(nbf=clock.now() + timedelta(hours=1)), id="not yet valid"),
        pytest.param(lambda: "", id="empty"),
        pytest.param(lambda: "a.b.c", id="no JSON"),
        pytest.param(lambda: "é" * 1000, id="no token"),
    ],
)
def test_a_token_that_is_not_genuine_is_refused(forged: Any) -> None:
    try:
        made = forged()
    except TypeError:  # the library refuses to make what an attacker makes by hand
        made = jwt.api_jws.encode(
            json.dumps({"sub": 7, "aud": AUDIENCE, "exp": 4102444800}).encode(), SECRET
        )
    with pytest.raises(IdentityTokenInvalidError):
        external_id_of(made, SECRET)


@pytest.mark.parametrize("exp", [timedelta(days=1, minutes=1), timedelta(days=30), None])
def test_a_token_that_would_be_good_for_days_is_refused_and_says_so(
    exp: timedelta | None,
) -> None:
    made = token(exp=clock.now() + exp if exp is not None else 10**18)
    with pytest.raises(IdentityTokenInvalidError, match="more than a day away"):
        external_id_of(made, SECRET)


def test_a_token_may_be_good_for_a_day() -> None:
    assert external_id_of(token(exp=clock.now() + timedelta(days=1)), SECRET) == "user-1"


def test_hs512_with_the_right_secret_is_refused_too() -> None:
    claims = {"sub": "user-1", "aud": AUDIENCE, "exp": clock.now() + timedelta(minutes=5)}
    with pytest.raises(IdentityTokenInvalidError):
        external_id_of(jwt.encode(claims, SECRET * 2, algorithm="HS512"), SECRET * 2)


def test_an_expired_token_is_told_from_a_forged_one(now: time_machine.Traveller) -> None:
    old = token()
    now.shift(timedelta(minutes=5, seconds=29))
    assert external_id_of(old, SECRET) == "user-1"  # clocks may differ a little
    now.shift(timedelta(seconds=2))
    with pytest.raises(IdentityTokenExpiredError):
        external_id_of(old, SECRET)


@given(st.text(max_size=200) | st.binary(max_size=60).map(lambda raw: raw.hex()))
def test_whatever_is_sent_as_a_token_is_refused_in_order(anything: str) -> None:
    with pytest.raises(IdentityTokenInvalidError):
        external_id_of(anything, SECRET)


# --- codes


def test_the_code_that_was_mailed_identifies(database: Database, settings: Settings) -> None:
    with database.write() as session:
        amara = make_customer(session)
        identity.send_code(session, TALK, "  Amara@Example.org ")
        code = code_of_last(session, settings)
        assert identity.check_code(session, TALK, f"it's {code[:3]} {code[3:]}!", settings) == (
            identity.CodeCheck(amara, identity.WRONG_CODES)
        )
        assert identity.identified_customer(session, TALK) is amara


def test_a_code_is_mailed_once_for_each_time_it_is_asked_for(
    database: Database, settings: Settings
) -> None:
    with database.write() as session:
        make_customer(session)
        identity.send_code(session, TALK, AMARA)
        identity.send_code(session, TALK, AMARA)
        kinds = session.scalars(sa.select(Task.kind)).all()
        assert kinds == ["mail.identity_code"] * 2


def test_a_code_is_kept_nowhere(database: Database, settings: Settings) -> None:
    with database.write() as session:
        make_customer(session)
        identity.send_code(session, TALK, AMARA)
        code = code_of_last(session, settings)
    with database.read() as session:
        for table in (CodeChallenge, Task):
            for row in session.execute(sa.select(table.__table__)):
                assert code not in str([value for value in row if not isinstance(value, str)])
                assert code not in [value for value in row if isinstance(value, str)]


def test_a_code_counts_only_in_the_conversation_it_was_asked_for_in(
    database: Database, settings: Settings
) -> None:
    with database.write() as session:
        make_customer(session)
        identity.send_code(session, TALK, AMARA)
        code = code_of_last(session, settings)
        assert identity.check_code(session, OTHER_TALK, code, settings).customer is None


def test_a_code_counts_once(database: Database, settings: Settings) -> None:
    with database.write() as session:
        make_customer(session)
        identity.send_code(session, TALK, AMARA)
        code = code_of_last(session, settings)
        assert identity.check_code(session, TALK, code, settings).customer is not None
        assert identity.check_code(session, TALK, code, settings).customer is None


def test_a_code_counts_for_ten_minutes(
    database: Database, settings: Settings, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        make_customer(session)
        identity.send_code(session, TALK, AMARA)
        code = code_of_last(session, settings)
        now.shift(timedelta(minutes=identity.CODE_MINUTES))
        assert identity.check_code(session, TALK, code, settings).customer is None


def test_only_the_newest_code_counts(
    database: Database, settings: Settings, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        make_customer(session)
        identity.send_code(session, TALK, AMARA)
        older = code_of_last(session, settings)
        now.shift(timedelta(seconds=1))
        identity.send_code(session, TALK, AMARA)
        assert identity.check_code(session, TALK, older, settings).customer is None
        newer = code_of_last(session, settings)
        assert identity.check_code(session, TALK, newer, settings).customer is not None


@pytest.mark.parametrize("code", ["", "abc", "١٢٣٤٥٦", "0" * 5000, "\0", "12345"])
def test_what_is_no_code_is_a_wrong_code(database: Database, settings: Settings, code: str) -> None:
    with database.write() as session:
        make_customer(session)
        identity.send_code(session, TALK, AMARA)
        check = identity.check_code(session, TALK, code, settings)
        assert check == identity.CodeCheck(None, identity.WRONG_CODES - 1)


def test_a_code_without_having_asked_for_one_is_not_counted(
    database: Database, settings: Settings
) -> None:
    with database.write() as session:
        assert identity.check_code(session, TALK, "123456", settings) == (
            identity.CodeCheck(None, identity.WRONG_CODES)
        )


def test_five_wrong_codes_lock_the_conversation_and_the_right_one_is_refused_too(
    database: Database, settings: Settings, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        make_customer(session)
        identity.send_code(session, TALK, AMARA)
        code = code_of_last(session, settings)
        left = [
            identity.check_code(session, TALK, wrong(code), settings).attempts_left
            for _ in range(identity.WRONG_CODES)
        ]
        assert left == [4, 3, 2, 1, 0]
        assert identity.check_code(session, TALK, code, settings).locked
        with pytest.raises(identity.CodeLockedError):
            identity.send_code(session, TALK, AMARA)


def test_a_new_code_gives_no_new_tries(
    database: Database, settings: Settings, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        make_customer(session)
        for number in range(identity.WRONG_CODES):
            now.shift(timedelta(seconds=1))
            identity.send_code(session, TALK, AMARA)
            code = code_of_last(session, settings)
            check = identity.check_code(session, TALK, wrong(code), settings)
            assert check.attempts_left == identity.WRONG_CODES - 1 - number
        assert check.locked
        assert identity.check_code(session, TALK, code, settings).customer is None


def test_a_lock_is_over_after_a_quarter_of_an_hour(
    database: Database, settings: Settings, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        make_customer(session)
        identity.send_code(session, TALK, AMARA)
        code = code_of_last(session, settings)
        for _ in range(identity.WRONG_CODES):
            identity.check_code(session, TALK, wrong(code), settings)
        now.shift(timedelta(minutes=identity.LOCK_MINUTES))
        identity.send_code(session, TALK, AMARA)
        fresh = code_of_last(session, settings)
        assert identity.check_code(session, TALK, fresh, settings).customer is not None


def test_of_many_guesses_at_once_no_more_than_five_count(
    database: Database, settings: Settings
) -> None:
    with database.write() as session:
        make_customer(session)
        identity.send_code(session, TALK, AMARA)
        code = code_of_last(session, settings)

    def guess(_number: int) -> int:
        with database.write() as session:
            return identity.check_code(session, TALK, wrong(code), settings).attempts_left

    left = at_once(12, guess)
    assert sorted(left, key=int, reverse=True)[:5] == [4, 3, 2, 1, 0]  # type: ignore[arg-type]
    with database.read() as session:
        [challenge] = session.scalars(sa.select(CodeChallenge))
        assert challenge.wrong_attempts == identity.WRONG_CODES


def test_twenty_codes_an_hour_go_to_one_address_from_however_many_conversations(
    database: Database, settings: Settings, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        make_customer(session)
        for number in range(identity.CODES_TO_ONE_ADDRESS):
            identity.send_code(session, f"{number:032d}", AMARA)
        with pytest.raises(identity.TooManyCodesError):
            identity.send_code(session, TALK, AMARA)
        now.shift(timedelta(hours=1))
        identity.send_code(session, TALK, AMARA)


def test_five_codes_an_hour_are_sent_from_one_conversation_to_whatever_addresses(
    database: Database, settings: Settings, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        for number in range(identity.CODES_AN_HOUR):
            identity.send_code(session, TALK, f"someone-{number}@example.org")
        with pytest.raises(identity.TooManyCodesError):
            identity.send_code(session, TALK, AMARA)


def test_nothing_differs_for_an_address_that_nobody_has(
    database: Database, settings: Settings, now: time_machine.Traveller
) -> None:
    def tries(session: Session, address: str, talk: str) -> list[object]:
        seen: list[object] = [identity.send_code(session, talk, address)]  # type: ignore[func-returns-value]
        code = code_of_last(session, settings, talk)
        seen += [
            (check.customer, check.attempts_left, check.locked)
            for check in (
                identity.check_code(session, talk, wrong(code), settings) for _ in range(6)
            )
        ]
        log = [(entry.event, entry.details) for entry in audit.entries(session, talk)]
        tasks = [task.kind for task in session.scalars(sa.select(Task))]
        with pytest.raises(identity.CodeLockedError) as refused:
            identity.send_code(session, talk, address)
        return [*seen, log, tasks, refused.value.sentence]

    with database.write() as session:
        make_customer(session)
        known = tries(session, AMARA, TALK)
        session.execute(sa.delete(Task))
        unknown = tries(session, "nobody@example.org", OTHER_TALK)
    assert known == unknown


def test_even_the_right_code_of_an_address_that_nobody_has_identifies_nobody(
    database: Database, settings: Settings
) -> None:
    with database.write() as session:
        identity.send_code(session, TALK, "nobody@example.org")
        code = code_of_last(session, settings)
        assert identity.check_code(session, TALK, code, settings).attempts_left == 4


@pytest.mark.parametrize(
    "address",
    ["", "amara", "amara@", "@example.org", "a b@example.org", "a@example.org, b@example.org",
     "amara@example.org\nBcc: all@example.org", "amara\0@example.org", "a@" + "x" * 300 + ".org"],
)  # fmt: skip
def test_what_is_no_address_is_refused(database: Database, address: str) -> None:
    with database.write() as session:
        with pytest.raises(identity.EmailInvalidError):
            identity.send_code(session, TALK, address)
        assert session.scalars(sa.select(CodeChallenge)).all() == []


def test_another_secret_makes_other_codes(settings: Settings) -> None:
    other = settings.model_copy(update={"secret": settings.identity_secret})
    codes = [identity.code_for(f"{number:032d}", settings) for number in range(20)]
    assert codes != [identity.code_for(f"{number:032d}", other) for number in range(20)]
    assert {len(code) for code in codes} == {6}


# --- silence


def test_identity_lapses_after_a_long_silence(
    database: Database, settings: Settings, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        amara = make_customer(session)
        identity.identify_by_token(session, TALK, token(amara.external_id), settings)
        now.shift(timedelta(minutes=settings.identity_minutes))
        assert identity.identified_customer(session, TALK) is amara
        now.shift(timedelta(seconds=1))
        assert identity.identified_customer(session, TALK) is None


def test_every_message_puts_the_lapse_off(
    database: Database, settings: Settings, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        amara = make_customer(session)
        identity.identify_by_token(session, TALK, token(amara.external_id), settings)
        for _ in range(3):
            now.shift(timedelta(minutes=settings.identity_minutes - 1))
            identity.touch(session, TALK, settings)
        assert identity.identified_customer(session, TALK) is amara


def test_a_message_does_not_bring_back_what_has_lapsed(
    database: Database, settings: Settings, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        amara = make_customer(session)
        identity.identify_by_token(session, TALK, token(amara.external_id), settings)
        now.shift(timedelta(minutes=settings.identity_minutes, seconds=1))
        identity.touch(session, TALK, settings)
        assert identity.identified_customer(session, TALK) is None


def test_a_page_visit_knows_whom_its_conversation_knows(
    database: Database, settings: Settings
) -> None:
    with database.write() as session:
        amara = make_customer(session)
        identity.identify_by_token(session, TALK, token(amara.external_id), settings)
        identity.hand_over(session, TALK, OTHER_TALK, settings)
        assert identity.identified_customer(session, OTHER_TALK) is amara


def test_a_page_visit_does_not_freshen_what_has_lapsed(
    database: Database, settings: Settings, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        amara = make_customer(session)
        identity.identify_by_token(session, TALK, token(amara.external_id), settings)
        now.shift(timedelta(minutes=settings.identity_minutes, seconds=1))
        identity.hand_over(session, TALK, OTHER_TALK, settings)
        assert identity.identified_customer(session, OTHER_TALK) is None


def test_a_page_visit_of_a_stranger_knows_nobody(database: Database, settings: Settings) -> None:
    with database.write() as session:
        identity.hand_over(session, TALK, OTHER_TALK, settings)
        assert identity.identified_customer(session, OTHER_TALK) is None
