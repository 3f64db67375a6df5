"""Plays a talk of a file: does what it says, and holds what comes of it against it."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import httpx

from channels.conversations import service as conversations
from channels.conversations.state import ConversationState
from offboarding.database import Database
from offboarding.wording import zone_of
from sandbox import company
from sandbox.customers import BY_EXTERNAL_ID, PLANS
from tests.channels.page import Page
from tests.conversations import always
from tests.conversations.always import Said, Turn, reads_as_yes
from tests.conversations.ledger import Fact, Ledger
from tests.conversations.moving_house import MovingHouse
from tests.conversations.responses import Responses
from tests.conversations.talk import Reply
from tests.conversations.talk import Talk as Conversation
from tests.conversations.talk_files import CODE, Facts, Step, Talk
from tests.house import wait_for

NOTICES = (
    "utter_export_ready",
    "utter_export_progress",
    "utter_export_hindered",
    "utter_export_waits",
    "utter_access_ends",
)
"""What is said when its time has come, between any two messages; `arrives:` waits for it."""
WRONG_CODES = ("000000", "111111")
_DESK = {"takes over": ConversationState.HUMAN, "hands back": ConversationState.BOT}
_NEVER_HAPPENED: Mapping[str, Fact] = {
    "offers": [],
    "data": "not asked for",
    "person": "not asked for",
    "survey": {},
    "mails": [],
}


class TalkError(Exception):
    """A talk went otherwise than it is written: what, where, and how it went until then."""


def play(talk: Talk, house: MovingHouse, database: Database, responses: Responses) -> None:
    """Play a talk with the company as on its first day. Raises TalkError."""
    with house.at(_local(talk)):
        company.reset(database, house.settings)
        _Player(talk, house, database, responses).play()


class _Player:
    """One talk being played."""

    def __init__(
        self, talk: Talk, house: MovingHouse, database: Database, responses: Responses
    ) -> None:
        self._talk = talk
        self._house = house
        self._database = database
        self._responses = responses
        self._ledger = Ledger(house, database, talk.customer_id)
        self._turns: list[Turn] = []
        self._messages: list[Mapping[str, Any]] = []
        self._notices: list[Said] = []
        self._person_speaks = False
        self._typed_address = ""
        self._conversation = self._open(signed_in=talk.signed_in)

    def play(self) -> None:
        """Every step, then what has come of it."""
        self._note(Turn(self._talk.line, "opens the chat", opening=True), self._conversation.last)
        for step in self._talk.steps:
            self._take(step)
        self._ledger.settle()
        self._compare(self._talk.afterwards.line, self._wanted(), self._ledger.facts())
        for breach in self._ledger.breaches():
            raise self._error(self._talk.line, breach)

    def _take(self, step: Step) -> None:
        turn = Turn(step.line, step.doing, expected=[*(step.assistant or ()), *step.includes])
        acts: dict[str, Callable[[Step, Turn], None]] = {
            "customer": self._write,
            "presses": self._press,
            "presses_old": self._press_old,
            "control": self._ask_for_person,
            "code": self._type_code,
            "page": self._use_page,
            "later": self._wait,
            "arrives": self._await_notice,
            "desk": self._hand_over,
            "new_talk": self._come_back,
        }
        try:
            acts[step.act](step, turn)
        except AssertionError as error:  # the house refused it, or did not do it in time
            raise self._error(step.line, f"{step.doing}: {error}") from error
        self._note(turn, self._conversation.new_messages())
        for mistake in _differences(step, turn):
            raise self._error(step.line, mistake)
        if step.so_far is not None:
            self._compare(step.so_far.line, _named(step.so_far), self._ledger.facts())

    # --- What happens -----------------------------------------------------------------------------

    def _write(self, step: Step, turn: Turn) -> None:
        words = step.customer or ()
        turn.yes = reads_as_yes(words[-1])
        for each in words:
            self._send({"text": each})
            if "@" in each:
                self._typed_address = next(word for word in each.split() if "@" in word).strip(".,")

    def _press(self, step: Step, turn: Turn) -> None:
        live = next((each for each in reversed(self._messages) if each["quick_replies"]), None)
        self._press_one(step, turn, [live] if live else [], step.presses)

    def _press_old(self, step: Step, turn: Turn) -> None:
        self._press_one(step, turn, self._messages[:-1], step.presses_old)

    def _press_one(
        self, step: Step, turn: Turn, among: Sequence[Mapping[str, Any]], title: str | None
    ) -> None:
        buttons = {
            reply["title"]: reply["id"] for message in among for reply in message["quick_replies"]
        }
        if title is None or title not in buttons:
            raise self._error(step.line, f"there is no button {title!r} among {[*buttons]}")
        turn.yes = title.startswith("Yes")
        self._send({"quick_reply": buttons[title]})

    def _ask_for_person(self, _step: Step, _turn: Turn) -> None:
        self._send({"command": "talk_to_person"})

    def _type_code(self, step: Step, _turn: Turn) -> None:
        kind = step.code or ""
        right = self._house.code(self._typed_address)
        if kind == "wrong":
            self._send({"text": next(code for code in WRONG_CODES if code != right)})
        else:
            self._send({"text": right if kind == "right" else kind.replace(CODE, right)})

    def _use_page(self, step: Step, turn: Turn) -> None:
        turn.elsewhere, turn.answered = True, False
        act, plan = (step.page or "").split(" ", 1)
        link = httpx.post(
            f"{self._house.address}{self._conversation.path}/cancel-page",
            headers=self._conversation.headers,
            trust_env=False,
        ).json()["url"]
        with httpx.Client(
            base_url=self._house.address, follow_redirects=True, trust_env=False
        ) as browser:
            page = Page(browser.get(link))
            action = "/cancel/plan" if act == "cancels" else "/cancel/undo"
            fields = page.form(action)
            if act == "cancels" and "choice" not in fields:
                fields["choice"] = _choice_of(page, plan)
            done = Page(browser.post(action, data=fields))
        if "Receipt for" not in done.text:
            raise self._error(step.line, f"the page did not do it: {done.text}")

    def _wait(self, step: Step, turn: Turn) -> None:
        turn.answered = False
        if step.later is not None:
            self._ledger.before_time_passes()
            self._house.later(step.later)
            self._ledger.settle()

    def _await_notice(self, step: Step, turn: Turn) -> None:
        turn.answered = False

        def arrived() -> bool:
            self._take_in(turn, self._conversation.new_messages())
            return any(said.fits(step.arrives or "") for said in self._notices)

        wait_for(arrived, f"{step.arrives} to be said")

    def _hand_over(self, step: Step, turn: Turn) -> None:
        """What the desk does to a conversation when a person comes and goes."""
        turn.answered = False
        self._ledger.settle()
        with self._database.write() as session:
            conversations.move(session, self._conversation.id, _DESK[step.desk or ""])
        self._person_speaks = step.desk != "hands back"

    def _come_back(self, step: Step, turn: Turn) -> None:
        turn.opening = True
        self._messages, self._person_speaks = [], False
        self._conversation = self._open(signed_in=step.new_talk == "signed in")
        self._take_in(turn, self._conversation.last)

    def _open(self, *, signed_in: bool) -> Conversation:
        opened = Conversation(self._house, self._talk.customer_id if signed_in else None)
        self._ledger.conversations.append(opened.id)
        return opened

    def _send(self, body: dict[str, Any]) -> None:
        sent = self._conversation.post(body)
        assert sent.status_code == 202, sent.text

    # --- What came of it --------------------------------------------------------------------------

    def _note(self, turn: Turn, reply: Reply) -> None:
        """Take in what was said, and hold it against what holds in every talk."""
        self._take_in(turn, reply)
        if self._person_speaks:
            turn.answered = False
            self._ledger.wait_for_turns()
        turn.cancelled = self._ledger.cancelled()
        turn.declined = self._ledger.declined()
        self._turns.append(turn)
        for breach in always.breaches(self._turns):
            raise self._error(turn.line, breach)

    def _take_in(self, turn: Turn, reply: Reply) -> None:
        for message in reply.messages:
            said = Said(
                names=self._responses.names_of(message),
                text=Reply([message]).text,
                buttons=[each["title"] for each in message["quick_replies"]],
            )
            if any(said.fits(name) for name in NOTICES):
                self._notices.append(said)
            else:
                turn.said.append(said)
                self._messages.append(message)

    def _wanted(self) -> Mapping[str, Fact]:
        """What the talk says, and for the rest that nothing has happened."""
        described = BY_EXTERNAL_ID.get(self._talk.customer_id or "")
        plans = [each.plan_id for each in described.subscriptions] if described else []
        untouched = {plan.name: "unchanged" for plan in PLANS if plan.id in plans}
        nothing = {**_NEVER_HAPPENED, "subscriptions": untouched}
        return {**nothing, **_named(self._talk.afterwards, untouched)}

    def _compare(self, line: int, wanted: Mapping[str, Fact], found: Mapping[str, Fact]) -> None:
        for name, fact in wanted.items():
            if not _agrees(name, fact, found[name]):
                label = Facts.model_fields[name].alias or name
                raise self._error(line, f"{label}: {_put(fact)} is written, {_put(found[name])} is")

    def _error(self, line: int, sentence: str) -> TalkError:
        return TalkError(f"line {line}: {sentence}\n\n{self._transcript()}")

    def _transcript(self) -> str:
        lines = []
        for turn in self._turns:
            lines.append(f"{turn.line:>5}  {turn.doing}")
            lines += [f"         {each.name}\n             {_indented(each)}" for each in turn.said]
        return "\n".join(lines)


def _choice_of(page: Page, plan: str) -> str:
    """What a page with several plans calls this one."""
    found = re.search(rf'value="([^"]+)"[^>]*><span>Cancel {re.escape(plan)} on', page.html)
    assert found, f"{plan} can't be chosen on the page"
    return found[1]


def _differences(step: Step, turn: Turn) -> Iterator[str]:
    """What was said otherwise than the step has it, each as a sentence."""
    yield from _other_responses(step, turn.said)
    text = "\n".join(said.text for said in turn.said)
    yield from (f"{words!r} was not said" for words in step.says if words not in text)
    yield from (f"{words!r} was said" for words in step.never_says if words in text)
    titles = next((tuple(said.buttons) for said in reversed(turn.said) if said.buttons), ())
    if step.buttons not in {None, titles}:
        yield f"the buttons are {', '.join(titles) or 'none'}"


def _other_responses(step: Step, said: Sequence[Said]) -> Iterator[str]:
    if step.assistant is not None and not _are(said, step.assistant):
        yield f"the assistant said {' + '.join(each.name for each in said) or 'nothing'}"
    for name in step.includes:
        if not any(each.fits(name) for each in said):
            yield f"{name} was not said"
    for name in step.never:
        if any(each.fits(name) for each in said):
            yield f"{name} was said"


def _are(said: Sequence[Said], names: Sequence[str]) -> bool:
    return len(said) == len(names) and all(
        each.fits(name) for each, name in zip(said, names, strict=True)
    )


def _named(facts: Facts, all_plans: Mapping[str, str] | None = None) -> dict[str, Fact]:
    """The facts that are written, as the ledger names them."""
    written: dict[str, Fact] = {
        name: [*fact] if isinstance(fact := getattr(facts, name), tuple) else fact
        for name in facts.model_fields_set - {"line", "subscription", "subscriptions"}
    }
    if facts.subscription is not None:
        written["subscriptions"] = {"": facts.subscription}
    elif facts.subscriptions:
        written["subscriptions"] = {**(all_plans or {}), **facts.subscriptions}
    return written


def _agrees(name: str, wanted: Fact, found: Fact) -> bool:
    match name, wanted, found:
        case "subscriptions", dict(), dict() if "" in wanted:
            return [*wanted.values()] == [*found.values()]
        case "subscriptions", dict(), dict():
            return wanted.items() <= found.items()
        case "audit", list(), list():
            events = iter(found)
            return all(event in events for event in wanted)
        case "mails", list(), list():
            return sorted(wanted) == found
        case "reason_words", str(), str():
            return wanted in found
    return wanted == found


def _put(fact: Fact) -> str:
    if isinstance(fact, dict):
        return ", ".join(f"{name} {value}".strip() for name, value in fact.items()) or "nothing"
    return fact if isinstance(fact, str) else " + ".join(fact) or "none"


def _indented(said: Said) -> str:
    buttons = f"\n{' / '.join(f'[{title}]' for title in said.buttons)}" if said.buttons else ""
    return f"{said.text}{buttons}".replace("\n", "\n             ")


def _local(talk: Talk) -> datetime:
    described = BY_EXTERNAL_ID.get(talk.customer_id or "")
    return talk.now.replace(tzinfo=zone_of(described.time_zone if described else "UTC"))
