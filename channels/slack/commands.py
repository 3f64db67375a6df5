"""What agents can type: /offboarding status, find, mine, practice, help."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.models.blocks import Block, PlainTextObject, SectionBlock
from slack_sdk.web.async_client import AsyncWebClient

from channels.slack.acting import Acting, Who
from channels.slack.card import duration
from channels.slack.looking import MOST_SHOWN, Listed, Looking
from channels.slack.practice import Practice
from channels.slack.rows import longest_wait, number_lines, section
from channels.slack.words import escaped, plain_context, shortened

COMMAND = "/offboarding"
HELP = f"""\
{COMMAND} status: who waits, and how today went
{COMMAND} mine: the conversations that are yours
{COMMAND} find 7F3K-22A: by the number of a request or a case, or by an e-mail address
{COMMAND} practice: talk with a made-up customer
{COMMAND} help: this

Only you see the answers. The buttons on a card do the rest."""

Body = Mapping[str, Any]
Answer = Callable[[Who, str], Awaitable[list[Block]]]
"""To who asks, by what they typed after the word."""


class Commands:
    """Answers what is typed. Whoever typed it sees the answer, and nobody else."""

    def __init__(self, acting: Acting, looking: Looking, practice: Practice) -> None:
        self._acting = acting
        self._looking = looking
        self._practice = practice
        self._answers: dict[str, Answer] = {
            "status": self._status,
            "mine": self._mine,
            "find": self._find,
        }

    def listen(self, app: AsyncApp) -> None:
        """Register the command."""
        app.command(COMMAND)(self._typed)

    async def _typed(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        word, _, rest = str(body.get("text") or "").strip().partition(" ")
        if word.lower() == "practice":
            await ack()
            await self._practice.open(client, str(body["trigger_id"]), str(body["channel_id"]))
            return
        answer = self._answers.get(word.lower())
        if answer is None:
            blocks = _help(word)
        else:
            blocks = await answer(await self._acting.who(body), rest.strip())
        await ack(
            response_type="ephemeral",
            text=f"{COMMAND} {escaped(shortened(word, 40))}".strip(),
            blocks=[block.to_dict() for block in blocks],
        )

    async def _status(self, who: Who, _rest: str) -> list[Block]:
        sight = await self._looking.sight(who)
        waiting = [row.hand_off for row in sight.waiting.rows]
        longest = f", the longest for {duration(longest_wait(waiting))}" if waiting else ""
        return [
            _text(f"Waiting: {len(waiting)}{longest}. Talked with: {sight.talking}."),
            *_rows(sight.waiting),
            SectionBlock(fields=[_plain(line) for line in number_lines(sight.numbers)]),
        ]

    async def _mine(self, who: Who, _rest: str) -> list[Block]:
        mine = (await self._looking.sight(who)).mine
        return _rows(mine) or [_text("You are talking with nobody now.")]

    async def _find(self, who: Who, rest: str) -> list[Block]:
        if not rest:
            return [_text(f"Say what to look for: {COMMAND} find 7F3K-22A")]
        found = await self._looking.find(who, rest)
        case = await self._looking.case(rest)
        if case is not None and not found.rows:
            return [_text(f"{case} Nobody asked for a person about it.")]
        nobody = (
            f"Nobody asked for a person under {shortened(rest, 100)}. I look for the number of a "
            "request or a case, or for an e-mail address, each written in full."
        )
        return _rows(found) or [_text(nobody)]


def _rows(found: Listed) -> list[Block]:
    blocks: list[Block] = [
        section(row, found.zone, found.links.get(row.hand_off.id))
        for row in found.rows[:MOST_SHOWN]
    ]
    if len(found.rows) > MOST_SHOWN:
        blocks.append(plain_context(f"and {len(found.rows) - MOST_SHOWN} more"))
    return blocks


def _help(word: str) -> list[Block]:
    if word.lower() in {"", "help"}:
        return [_text(HELP)]
    return [_text(f"I don't know “{shortened(word, 40)}”. What you can write:\n\n{HELP}")]


def _text(words: str) -> SectionBlock:
    return SectionBlock(text=_plain(words))


def _plain(words: str) -> PlainTextObject:
    return PlainTextObject(text=words, emoji=False)
