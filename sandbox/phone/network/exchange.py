"""Every text between phones and us, and every opt-out: what a text is, and what it becomes."""

import secrets
from pathlib import Path

from offboarding import clock
from sandbox.phone.network.model import STEPS, Block, Direction, Status, Text
from sandbox.phone.network.segments import measured
from sandbox.phone.network.store import Store
from sandbox.slack.team.changes import Changes

_FIRST = {Direction.INBOUND: Status.RECEIVED}


class Exchange:
    """Each change is kept before it is told. Nothing here waits, so all of it is atomic."""

    def __init__(self, data_directory: Path) -> None:
        self.changes = Changes()
        """Tells whoever waits that something is another way than it was."""
        self._store = Store(data_directory)
        self._texts: dict[str, Text] = {}
        self._blocks: dict[tuple[str, str], Block] = {}
        self._load()

    def reset(self) -> None:
        """Everything as on the first day."""
        self._store.clear()
        self._load()
        self.changes.touch()

    def close(self) -> None:
        """Let go of the file."""
        self._store.close()

    @property
    def texts(self) -> list[Text]:
        """Every text, in the order they came."""
        return list(self._texts.values())

    def get(self, sid: str) -> Text | None:
        """The text of this name, or None."""
        return self._texts.get(sid)

    def has(self, text: Text) -> bool:
        """Whether it is still this one that is known; after a reset it is not."""
        return self._texts.get(text.sid) is text

    def on_phone(self, phone: str) -> list[Text]:
        """What was written from and to this phone, in the order it came."""
        return [text for text in self._texts.values() if text.phone == phone]

    def add(
        self,
        direction: Direction,
        phone: str,
        sender: str,
        body: str,
        *,
        service_sid: str | None = None,
        callback: str = "",
        media: list[list[str]] | None = None,
        automatic: bool = False,
        repeats: str = "",
        status: Status = Status.QUEUED,
    ) -> Text:
        """A new text; what came in is received already, all else begins with `status`."""
        moment = clock.now().timestamp()
        length = measured(body)
        text = Text(
            sid=("MM" if media else "SM") + secrets.token_hex(16),
            direction=direction,
            phone=phone,
            sender=sender,
            body=body,
            status=_FIRST.get(direction, status),
            segments=length.segments,
            alphabet=length.alphabet,
            created_at=moment,
            updated_at=moment,
            sent_at=moment if direction is Direction.INBOUND else None,
            service_sid=service_sid,
            callback=callback,
            media=media or [],
            automatic=automatic,
            repeats=repeats,
        )
        self._texts[text.sid] = text
        self._keep(text)
        return text

    def move(self, text: Text, status: Status, error_code: int | None = None) -> None:
        """Let a text come farther. Raises ValueError where its status has no such way."""
        if status not in STEPS[text.status]:
            raise ValueError(f"A text that is {text.status} does not become {status}.")
        text.status, text.error_code = status, error_code
        text.updated_at = clock.now().timestamp()
        if status is Status.SENT:
            text.sent_at = text.updated_at
        self._keep(text)

    def note_problem(self, text: Text, problem: str) -> None:
        """Remember why the application has not got a text, or that it has."""
        text.problem = problem
        self._keep(text)

    def block(self, phone: str, scope: str, word: str) -> bool:
        """No more texts to this phone; False when that was so already."""
        if (phone, scope) in self._blocks:
            return False
        block = Block(phone, scope, word, clock.now().timestamp())
        self._blocks[phone, scope] = block
        self._store.keep_block(block)
        self.changes.touch()
        return True

    def unblock(self, phone: str, scope: str) -> bool:
        """Texts are welcome again; False when they were already."""
        if self._blocks.pop((phone, scope), None) is None:
            return False
        self._store.drop_block(phone, scope)
        self.changes.touch()
        return True

    def blocked(self, phone: str, scope: str) -> Block | None:
        """The opt-out of this phone, if it has."""
        return self._blocks.get((phone, scope))

    def _keep(self, text: Text) -> None:
        if not self.has(text):
            return  # a reset has taken it away
        self._store.keep_text(text)
        self.changes.touch()

    def _load(self) -> None:
        self._texts = {text.sid: text for text in self._store.texts()}
        self._blocks = {(each.phone, each.scope): each for each in self._store.blocks()}
