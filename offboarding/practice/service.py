"""A practice from its first message to its review.

Only the two tables of this package are touched: no customer, case, mail or figure knows of it.
"""

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.errors import NotFoundError
from offboarding.practice.customer import Turn, break_silence, take_turn
from offboarding.practice.model import (
    TEXT_AT_MOST,
    PracticeAuthor,
    PracticeMessage,
    PracticeRun,
    PracticeState,
)
from offboarding.practice.progress import Notice, Progress
from offboarding.practice.reading import Scenarios
from offboarding.practice.review import Review, review_of
from offboarding.practice.scenario import Scenario


class PracticeUnknownError(NotFoundError):
    """There is no practice of that identifier."""

    word = "practice_unknown"


def start(
    session: Session, scenarios: Scenarios, agent_id: str, scenario_id: str, key: str
) -> PracticeRun:
    """Begin a practice; its `messages` are the customer's first. The same key: the same run.

    Raises ScenarioUnknownError.
    """
    known = run_of(session, key)
    if known is not None:
        return known
    scenario = scenarios.get(scenario_id)
    run = PracticeRun(
        key=key,
        agent_id=agent_id,
        scenario_id=scenario_id,
        scenario=scenario.model_dump(mode="json"),
        progress=Progress().model_dump(mode="json"),
        started_at=clock.now(),
    )
    try:
        with session.begin_nested():
            session.add(run)
            session.flush()
    except IntegrityError:  # the same command came twice in this instant
        found = run_of(session, key)
        if found is None:
            raise
        return found
    for line in scenario.opening:
        _write(run, PracticeAuthor.CUSTOMER, line)
    session.flush()
    return run


def run_of(session: Session, key: str) -> PracticeRun | None:
    """The run that was started with this key."""
    return session.scalar(sa.select(PracticeRun).where(PracticeRun.key == key))


def scenario_of(run: PracticeRun) -> Scenario:
    """The scenario of a run, as it was at the start: what the agent sees of the account."""
    return Scenario.model_validate(run.scenario)


def reply(
    session: Session, scenarios: Scenarios, run_id: str, outer_id: str, text: str
) -> list[str]:
    """What the customer writes back to an agent's message; nothing when the talk is over.

    The same `outer_id` again is answered as the first time. Raises PracticeUnknownError.
    """
    run = _locked(session, run_id)
    if any(message.outer_id == outer_id for message in run.messages):
        return [message.text for message in run.messages if message.in_answer_to == outer_id]
    if run.state is not PracticeState.GOING:
        return []
    turn = take_turn(scenarios, scenario_of(run), Progress.model_validate(run.progress), text)
    written = _write(run, PracticeAuthor.AGENT, _storable(text))
    written.outer_id = outer_id
    written.noticed = [notice.model_dump(mode="json") for notice in turn.noticed]
    _keep(run, turn, in_answer_to=outer_id)
    session.flush()
    return turn.lines


def nudge(session: Session, scenarios: Scenarios, run_id: str) -> list[str]:
    """What the customer writes when the agent has not for a while; a time or two, then nothing.

    Raises PracticeUnknownError.
    """
    run = _locked(session, run_id)
    if run.state is not PracticeState.GOING:
        return []
    turn = break_silence(scenarios, scenario_of(run), Progress.model_validate(run.progress))
    _keep(run, turn, in_answer_to=None)
    session.flush()
    return turn.lines


def finish(session: Session, scenarios: Scenarios, run_id: str) -> Review:
    """End a practice, if the customer has not, and look at it; asked again, it says the same.

    Raises PracticeUnknownError.
    """
    run = _locked(session, run_id)
    if run.state is PracticeState.GOING:
        run.state, run.ended_at = PracticeState.STOPPED, clock.now()
        session.flush()
    noticed = [
        Notice.model_validate(notice) for message in run.messages for notice in message.noticed
    ]
    progress = Progress.model_validate(run.progress)
    return review_of(scenario_of(run), scenarios.rules, progress, noticed, run.state)


def _locked(session: Session, run_id: str) -> PracticeRun:
    """The run, for this transaction alone: two messages at once are read one after the other."""
    run = session.scalar(
        sa.select(PracticeRun)
        .where(PracticeRun.id == run_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if run is None:
        raise PracticeUnknownError("There is no such practice. Start one: /offboarding practice.")
    return run


def _keep(run: PracticeRun, turn: Turn, in_answer_to: str | None) -> None:
    for line in turn.lines:
        _write(run, PracticeAuthor.CUSTOMER, line).in_answer_to = in_answer_to
    run.progress = turn.progress.model_dump(mode="json")
    run.state = turn.state
    if turn.state is not PracticeState.GOING:
        run.ended_at = clock.now()


def _storable(text: str) -> str:
    """What every database can keep: no NUL, no half of a character, and not without end."""
    return text[:TEXT_AT_MOST].encode("utf-8", "replace").decode().replace("\x00", "")


def _write(run: PracticeRun, author: PracticeAuthor, text: str) -> PracticeMessage:
    message = PracticeMessage(
        sequence=len(run.messages) + 1, author=author, text=text, noticed=[], written_at=clock.now()
    )
    run.messages.append(message)
    return message
