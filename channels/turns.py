"""The turn runner: one task a conversation, its messages answered strictly in order."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

from channels.conversations import inbox
from channels.conversations.inbox import PendingTurn
from channels.conversations.messages import say
from channels.conversations.model import Author, Conversation
from channels.conversations.outgoing import Outgoing
from channels.fallbacks import Fallbacks
from channels.in_thread import in_thread
from channels.logs import describe
from channels.rasa import RasaClient, RasaUnavailableError, TurnAnswer
from offboarding.database import Database

_LOG = structlog.get_logger(__name__)

_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 30.0
"""Pauses before a turn is tried again that the database could not keep."""

_QUESTION = "terms"
"""The kind of the card that comes with a question: what would happen, and nothing has yet."""


@dataclass(frozen=True)
class _Answer:
    """What is to be written for a turn; no dialogue state leaves the last one in force."""

    messages: Sequence[Outgoing]
    dialogue_state: dict[str, Any] | None = None


class TurnRunner:
    """Answers what waits in the inbox.

    A turn's messages and its dialogue state are written in one transaction. Whatever dies before
    that, the same message is later asked again with the same id and the old dialogue state.
    `answered` is told the conversation's id after each answer, and `settled` the message's id in
    the transaction in which the answer is written.
    """

    def __init__(
        self,
        database: Database,
        rasa: RasaClient,
        fallbacks: Fallbacks,
        answered: Callable[[str], None],
        settled: Callable[[Session, str], None] = lambda _session, _message_id: None,
    ) -> None:
        self._database = database
        self._rasa = rasa
        self._fallbacks = fallbacks
        self._answered = answered
        self._settled = settled
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._woken: set[str] = set()
        self._stopping = False

    def wake(self, conversation_id: str, turn: PendingTurn | None = None) -> None:
        """Something waits in this conversation. To be called in the event loop.

        `turn` is what waits, where the caller has it already and it is all that does.
        """
        if self._stopping:
            return
        begun = conversation_id in self._tasks
        if begun or turn is None:
            self._woken.add(conversation_id)
        if not begun:
            task = asyncio.create_task(self._run(conversation_id, turn))
            self._tasks[conversation_id] = task

    def wake_all(self, conversation_ids: Iterable[str]) -> None:
        """Something waits in these conversations."""
        for conversation_id in conversation_ids:
            self.wake(conversation_id)

    async def stop(self, grace_seconds: float) -> None:
        """Let turns end that do so in time; the others are taken up at the next start."""
        self._stopping = True
        tasks = list(self._tasks.values())
        if not tasks:
            return
        _, unfinished = await asyncio.wait(tasks, timeout=grace_seconds)
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, conversation_id: str, turn: PendingTurn | None) -> None:
        pause = _FIRST_PAUSE_SECONDS
        try:
            while (turn or conversation_id in self._woken) and not self._stopping:
                if turn is None:
                    self._woken.discard(conversation_id)
                # A turn that was handed over is all that waited then. A wake-up may have come
                # before this task first ran, so that one is kept for the next round.
                work = self._answer_all(conversation_id, turn)
                turn = None
                if await self._guarded(work, conversation_id):
                    pause = _FIRST_PAUSE_SECONDS
                    continue
                self._woken.add(conversation_id)
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
        finally:
            # No await lies between the last look at `_woken` and this line, so a wake-up either
            # was seen or finds no task and begins one.
            self._woken.discard(conversation_id)
            del self._tasks[conversation_id]

    async def _guarded(self, work: Coroutine[Any, Any, None], conversation_id: str) -> bool:
        """Whether the work came to its end; what stopped it is logged and stops nobody else."""
        try:
            await work
        except Exception as error:  # noqa: BLE001 (one conversation must not end the others)
            _LOG.error("turn_not_kept", conversation_id=conversation_id, **describe(error))
            return False
        return True

    async def _answer_all(self, conversation_id: str, turn: PendingTurn | None) -> None:
        while not self._stopping:
            turn = turn or await in_thread(self._next, conversation_id)
            if turn is None:
                return
            await self._answer(turn)
            self._answered(conversation_id)
            if turn.last:
                return  # whatever came since has woken this conversation again
            turn = None

    def _next(self, conversation_id: str) -> PendingTurn | None:
        with self._database.read() as session:
            return inbox.next_turn(session, conversation_id)

    async def _answer(self, turn: PendingTurn) -> None:
        try:
            await self._take_turn(turn)
        except (OperationalError, InterfaceError, PoolTimeoutError):
            raise  # the database is away: the same turn is taken again when it is back
        except Exception as error:  # noqa: BLE001 (whatever it is, the customer is told)
            _LOG.error(
                "turn_failed",
                conversation_id=turn.conversation_id,
                message_id=turn.message_id,
                **describe(error),
            )
            await in_thread(self._write, turn, self._interrupted)

    async def _take_turn(self, turn: PendingTurn) -> None:
        if not turn.conversation_state.assistant_answers:
            await in_thread(self._write, turn, _silence)
            return
        try:
            answer = await self._rasa.turn(turn)
        except RasaUnavailableError as error:
            _LOG.warning(
                "rasa_unavailable",
                conversation_id=turn.conversation_id,
                message_id=turn.message_id,
                reason=error.reason,
            )
            await in_thread(self._write, turn, self._without_rasa)
        else:
            await in_thread(self._write, turn, _from_rasa(answer))

    def _write(self, turn: PendingTurn, answer: Callable[[Session, PendingTurn], _Answer]) -> None:
        """Settle the turn and write its answer, in one transaction."""
        with self._database.write() as session:
            conversation = inbox.settle(session, turn)
            if conversation is None:
                return  # answered meanwhile, by another process
            self._settled(session, turn.message_id)
            spoken = answer(session, turn)
            if not conversation.state.assistant_answers:
                # A person came while Rasa was asked: what was done is noted, and nothing is said.
                _note_done(session, conversation, turn, spoken.messages)
                spoken = _Answer([], spoken.dialogue_state)
            if spoken.dialogue_state is not None:
                conversation.dialogue_state = spoken.dialogue_state
            inbox.answer(session, conversation, turn, spoken.messages)

    def _without_rasa(self, session: Session, turn: PendingTurn) -> _Answer:
        return _Answer([self._fallbacks.without_rasa(session, turn)])

    def _interrupted(self, _session: Session, turn: PendingTurn) -> _Answer:
        return _Answer([self._fallbacks.interrupted(turn)])


def _note_done(
    session: Session, conversation: Conversation, turn: PendingTurn, messages: Sequence[Outgoing]
) -> None:
    """Keep what has happened, such as a receipt, as the house's own note; questions are dropped."""
    for index, outgoing in enumerate(messages):
        if outgoing.card is not None and outgoing.card.get("kind") != _QUESTION:
            note = replace(outgoing, buttons=())
            key = f"done:{turn.message_id}:{index}"
            say(session, conversation, note, author=Author.SYSTEM, dedupe_key=key)


def _silence(_session: Session, _turn: PendingTurn) -> _Answer:
    """A person has taken over, or the talk has ended: the assistant says nothing."""
    return _Answer([])


def _from_rasa(answer: TurnAnswer) -> Callable[[Session, PendingTurn], _Answer]:
    return lambda _session, _turn: _Answer(answer.messages, answer.dialogue_state)
