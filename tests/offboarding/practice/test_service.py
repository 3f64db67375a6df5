"""Runs in the database: nothing twice, nothing lost, and no other table touched."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from offboarding.database import Base, Database
from offboarding.practice import service
from offboarding.practice.customer import take_turn
from offboarding.practice.model import PracticeRun, PracticeState
from offboarding.practice.progress import Progress
from offboarding.practice.reading import Scenarios, ScenarioUnknownError
from tests.factories import make_customer, make_subscription

ACKNOWLEDGED = "29 euros for two shopping lists is a lot."


def begin(database: Database, scenarios: Scenarios, key: str = "thread-1") -> str:
    with database.write() as session:
        return service.start(session, scenarios, "U1", "price", key).id


def say(
    database: Database, scenarios: Scenarios, run_id: str, outer_id: str, text: str
) -> list[str]:
    with database.write() as session:
        return service.reply(session, scenarios, run_id, outer_id, text)


def rows(database: Database) -> dict[str, list[object]]:
    """All that is in the database."""
    with database.read() as session:
        return {
            table.name: [tuple(row) for row in session.execute(sa.select(table))]
            for table in Base.metadata.sorted_tables
        }


def test_a_start_brings_the_first_messages(database: Database, scenarios: Scenarios) -> None:
    with database.write() as session:
        run = service.start(session, scenarios, "U1", "price", "thread-1")
        assert [message.text for message in run.messages] == list(scenarios.get("price").opening)
        assert run.state is PracticeState.GOING
        assert service.scenario_of(run) == scenarios.get("price")


def test_the_same_key_starts_one_run(database: Database, scenarios: Scenarios) -> None:
    first = begin(database, scenarios)
    assert begin(database, scenarios) == first
    assert begin(database, scenarios, key="thread-2") != first
    assert len(rows(database)["practice_run"]) == 2


def test_an_unknown_scenario_starts_nothing(database: Database, scenarios: Scenarios) -> None:
    with pytest.raises(ScenarioUnknownError), database.write() as session:
        service.start(session, scenarios, "U1", "nothing", "thread-1")
    assert rows(database)["practice_run"] == []


def test_a_message_that_comes_twice_is_answered_the_same_and_counted_once(
    database: Database, scenarios: Scenarios
) -> None:
    run_id = begin(database, scenarios)
    first = say(database, scenarios, run_id, "ts-1", "Hello.")
    assert say(database, scenarios, run_id, "ts-2", ACKNOWLEDGED) != first
    before = rows(database)
    assert say(database, scenarios, run_id, "ts-1", "Hello.") == first
    assert rows(database) == before


def test_messages_at_once_are_read_one_after_the_other(
    database: Database, scenarios: Scenarios
) -> None:
    run_id = begin(database, scenarios)

    def send(number: int) -> list[str]:
        return say(database, scenarios, run_id, f"ts-{number % 2}", "Hello.")

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(send, range(4)))
    assert answers[0] == answers[2]
    assert answers[1] == answers[3]
    with database.read() as session:
        run = session.get_one(PracticeRun, run_id)
        assert [message.sequence for message in run.messages] == [1, 2, 3, 4, 5, 6]
        assert Progress.model_validate(run.progress).replies == 2


def test_a_restart_in_the_middle_loses_nothing(database: Database, scenarios: Scenarios) -> None:
    run_id = begin(database, scenarios)
    say(database, scenarios, run_id, "ts-1", ACKNOWLEDGED)
    database.engine.dispose()
    without_price = Scenarios({}, scenarios.rules, scenarios.reactions)
    assert say(database, without_price, run_id, "ts-2", "It ends on 14 December.") == [
        "OK, that's fine by me."
    ]


def test_a_talk_that_is_over_stays_over(database: Database, scenarios: Scenarios) -> None:
    run_id = begin(database, scenarios)
    for number in range(30):
        say(database, scenarios, run_id, f"ts-{number}", "Are you sure?")
    before = rows(database)
    assert say(database, scenarios, run_id, "ts-31", "Hello?") == []
    with database.write() as session:
        assert service.nudge(session, scenarios, run_id) == []
    assert rows(database) == before


def test_a_review_asked_for_twice_says_the_same(database: Database, scenarios: Scenarios) -> None:
    run_id = begin(database, scenarios)
    say(database, scenarios, run_id, "ts-1", ACKNOWLEDGED)
    with database.write() as session:
        first = service.finish(session, scenarios, run_id)
    with database.write() as session:
        assert service.finish(session, scenarios, run_id) == first
        assert session.get_one(PracticeRun, run_id).state is PracticeState.STOPPED


def test_a_practice_without_a_reply_has_nothing_to_look_at(
    database: Database, scenarios: Scenarios
) -> None:
    run_id = begin(database, scenarios)
    with database.write() as session:
        review = service.finish(session, scenarios, run_id)
    assert review.points == []
    assert "no reply" in review.summary


def test_a_customer_who_hears_nothing_asks_twice_and_then_waits(
    database: Database, scenarios: Scenarios
) -> None:
    run_id = begin(database, scenarios)
    with database.write() as session:
        first = service.nudge(session, scenarios, run_id)
        later = [service.nudge(session, scenarios, run_id) for _ in range(3)]
    assert first == ["Still there? I'm on my lunch break."]
    assert later[-1] == []


@pytest.mark.parametrize("call", ["reply", "nudge", "finish"])
def test_an_unknown_practice_is_named(database: Database, scenarios: Scenarios, call: str) -> None:
    more = ("ts-1", "Hello.") if call == "reply" else ()
    with pytest.raises(service.PracticeUnknownError), database.write() as session:
        getattr(service, call)(session, scenarios, "nobody", *more)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "\n\n",
        "🙂",
        "???",
        "\x00",
        "\ud800",
        "x" * 40_000,
        "a? " * 20_000,
        "<!channel> *hi*",
    ],
)
def test_odd_messages_are_harmless(database: Database, scenarios: Scenarios, text: str) -> None:
    run_id = begin(database, scenarios)
    assert say(database, scenarios, run_id, "ts-1", text)
    with database.write() as session:
        assert service.finish(session, scenarios, run_id).points


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=st.text(max_size=400), again=st.text(max_size=100))
def test_any_text_is_answered_and_the_same_talk_gets_the_same_answer(
    scenarios: Scenarios, text: str, again: str
) -> None:
    scenario = scenarios.get("price")
    first = take_turn(scenarios, scenario, Progress(), text)
    assert first.lines
    assert take_turn(scenarios, scenario, Progress(), text) == first
    kept = Progress.model_validate(first.progress.model_dump(mode="json"))
    assert take_turn(scenarios, scenario, kept, again).lines


def test_practice_touches_no_other_table(database: Database, scenarios: Scenarios) -> None:
    with database.write() as session:
        make_subscription(session, make_customer(session))
    before = rows(database)
    run_id = begin(database, scenarios)
    for number, text in enumerate(["Shall I cancel it?", "I've cancelled it and refunded you."]):
        say(database, scenarios, run_id, f"ts-{number}", text)
    with database.write() as session:
        service.nudge(session, scenarios, run_id)
        service.finish(session, scenarios, run_id)
    changed = {name for name, after in rows(database).items() if after != before[name]}
    assert changed == {"practice_run", "practice_message"}
