"""The real dialogue, as something that can be walked through."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from pydantic import ValidationError
from sqlalchemy.orm import Session

from channels.conversations.card import Card
from channels.conversations.outgoing import parse_payload
from channels.texts import WELCOME, Texts
from offboard.proof.house import House, Pages, WalkFailedError
from offboard.proof.kinds import Beginning, Kind
from offboard.proof.meanwhile import MEANWHILE
from offboard.proof.model import YES, Button, Message, Move, Situation, Standing, Turn
from offboard.proof.moves import (
    CANCEL,
    PERSON,
    RIGHT_CODE,
    STALE,
    THEIR_ADDRESS,
    WRONG_CODE,
    Moves,
    honest_answer,
)
from offboard.proof.situations import Reader
from offboarding.identity import service as identity
from offboarding.identity.model import CodeChallenge
from sandbox.customers import BY_EXTERNAL_ID
from sandbox.visitor import identity_token

Memory = tuple[str | None, Pages]
"""Rasa's state as it was answered, and the database."""


class Talk:
    """Every talk with one kind of customer, of the trained model and the real actions."""

    asks_to_cancel = CANCEL
    asks_for_person = PERSON

    def __init__(self, house: House, kind: Kind) -> None:
        self._house = house
        self._customer = BY_EXTERNAL_ID[kind.customer]
        self._beginnings = kind.beginnings
        self._moves = Moves(house.settings.domain_file, kind.meanwhile)
        self._reader = Reader(House.conversation_id, house.policies)
        self._read: dict[object, Situation] = {}

    def beginnings(self) -> Sequence[tuple[str, Standing]]:
        """See Dialogue."""
        return [(each.name, self._begun(each)) for each in self._beginnings]

    def moves(self, situation: Situation) -> Sequence[Move]:
        """See Dialogue."""
        return self._moves.of(situation)

    def says_who_or_which(self, situation: Situation) -> Move | None:
        """See Dialogue."""
        return honest_answer(situation)

    def take(self, standing: Standing, move: Move) -> Turn:
        """See Dialogue."""
        state, pages = standing.memory
        self._house.put_back(pages)
        if move.outside:
            return self._meanwhile(move, standing.situation, state)
        answer = self._house.turn(self._request(move, state), _heard(move))
        if "failed" in answer:
            return Turn(failure=answer["failed"])
        slots = _slots(answer["state"])
        question = slots.get("open_question")
        messages = tuple(
            _message(said, name, question)
            for said, name in zip(answer["messages"], answer["said"], strict=True)
        )
        situation = self._situation(slots, _live(messages) or standing.situation.buttons)
        kept: Memory = (json.dumps(answer["state"]), self._house.keep())
        return Turn(messages, Standing(situation, kept))

    def _meanwhile(self, move: Move, before: Situation, state: str | None) -> Turn:
        """Something happens that the talk knows nothing of."""
        with self._house.database.write() as session:
            MEANWHILE[move.label](session, self._house, self._customer.external_id)
        slots = _slots(json.loads(state)) if state else {}
        situation = self._situation(slots, before.buttons)
        return Turn((), Standing(situation, (state, self._house.keep())))

    def _situation(self, slots: Mapping[str, Any], buttons: tuple[Button, ...]) -> Situation:
        """Where the talk stands; read once for what is the same."""
        key = (self._house.business(), json.dumps(slots, sort_keys=True), buttons)
        if key not in self._read:
            with self._house.database.read() as session:
                self._read[key] = self._reader.read(session, slots, buttons)
        return self._read[key]

    def _begun(self, beginning: Beginning) -> Standing:
        self._house.begin()
        with self._house.database.write() as session:
            if beginning.signed_in:
                token = identity_token(self._customer.external_id, self._house.settings)
                identity.identify_by_token(
                    session, House.conversation_id, token, self._house.settings
                )
        situation = self._situation({}, self._welcome())
        standing = Standing(situation, (None, self._house.keep()))
        for move in beginning.before:
            turn = self.take(standing, move)
            if turn.after is None:
                raise WalkFailedError(f"{beginning.name}: {turn.failure}")
            standing = turn.after
        return standing

    def _welcome(self) -> tuple[Button, ...]:
        settings = self._house.settings
        values = {"company_name": settings.company_name, "support_email": settings.support_email}
        said = Texts(settings.domain_file, values).say(WELCOME)
        return tuple(Button(button.title, button.payload) for button in said.buttons)

    def _request(self, move: Move, state: str | None) -> dict[str, Any]:
        button = "/stale_button" if move == STALE else move.button.payload if move.button else None
        intent = parse_payload(button) if button else None
        return {
            "conversation_id": House.conversation_id,
            "channel": "web",
            "text": self._words(move.text) if move.text is not None else None,
            "intent": {"name": intent.name, "entities": intent.entities} if intent else None,
            "state": json.loads(state) if state else None,
        }

    def _words(self, text: str) -> str:
        """The move's words, with the address and the codes as they are now."""
        text = text.replace(THEIR_ADDRESS, self._customer.email)
        if RIGHT_CODE not in text and WRONG_CODE not in text:
            return text
        with self._house.database.read() as session:
            right = _newest_code(session, self._house)
        wrong = "123456" if right != "123456" else "654321"
        return text.replace(RIGHT_CODE, right or wrong).replace(WRONG_CODE, wrong)


def _newest_code(session: Session, house: House) -> str | None:
    newest = session.scalar(
        sa.select(CodeChallenge.id)
        .where(CodeChallenge.conversation_id == House.conversation_id)
        .order_by(CodeChallenge.created_at.desc())
        .limit(1)
    )
    return identity.code_for(newest, house.settings) if newest else None


def _heard(move: Move) -> dict[str, Any] | None:
    return {"intents": move.intents, "entities": []} if move.intents else None


def _slots(state: Mapping[str, Any]) -> dict[str, Any]:
    """The slots at the end of a turn: as they were folded, then as the events set them."""
    slots = dict(state["slots"])
    for event in state["events"]:
        if event["event"] == "slot":
            slots[event["name"]] = event["value"]
    return slots


def _message(said: Mapping[str, Any], response: str | None, question: str | None) -> Message:
    """A message, and why the gateway could not deliver it, if it could not."""
    card = said["custom"]
    buttons = tuple(
        # Only of a yes does it matter what it was a yes to.
        Button(each["title"], each["payload"], question if each["payload"] == YES else None)
        for each in said["buttons"]
    )
    return Message(
        text=said["text"],
        response=response,
        buttons=buttons,
        card=json.dumps(card, ensure_ascii=False) if card else "",
        card_kind=str(card.get("kind", "")),
        fault=_fault(said["text"], card, buttons),
    )


def _fault(text: str, card: Mapping[str, Any], buttons: Sequence[Button]) -> str:
    if not text.strip() and not card:
        return "it says nothing"
    try:
        if card:
            Card.model_validate(card)
        for button in buttons:
            parse_payload(button.payload)
    except (ValidationError, ValueError) as error:
        return f"it cannot be delivered: {error}"
    return ""


def _live(messages: Sequence[Message]) -> tuple[Button, ...]:
    """The quick replies of the newest message that has any: only those count."""
    return next((message.buttons for message in reversed(messages) if message.buttons), ())
