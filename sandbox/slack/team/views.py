"""Open modals, home tabs, and the trigger ids that modals are opened with."""

import secrets
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

from sandbox.slack.errors import SlackRefusal
from sandbox.slack.model import Json, View
from sandbox.slack.team.changes import Changes
from sandbox.slack.team.store import Store

TRIGGER_SECONDS = 3.0
STACK_LIMIT = 3


@dataclass
class _Trigger:
    user: str
    tab: str
    until: float
    used: bool = False


class Views:
    """What is open in front of whom."""

    def __init__(self, store: Store, changes: Changes) -> None:
        self.trigger_seconds = TRIGGER_SECONDS
        """How long a trigger id may be used; a slow machine's tests may allow more."""
        self.clock: Callable[[], float] = time.monotonic
        self._store = store
        self._changes = changes
        self._open: dict[str, View] = {}
        self._homes: dict[str, View] = {}
        self._triggers: dict[str, _Trigger] = {}

    def load(self) -> None:
        """Take up what is kept."""
        self._open = {row["id"]: View(**row) for row in self._store.all("modal")}
        self._homes = {row["user"]: View(**row) for row in self._store.all("home")}
        self._triggers = {}

    def trigger(self, user: str, tab: str = "") -> str:
        """A trigger id for what this person has just done, perhaps in one of several tabs."""
        trigger_id = (
            f"{secrets.randbelow(10**13)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        )
        self._triggers[trigger_id] = _Trigger(user, tab, self.clock() + self.trigger_seconds)
        return trigger_id

    def use_trigger(self, trigger_id: str) -> tuple[str, str]:
        """Whose it is, and of which tab; it can't be used again. Raises SlackRefusal."""
        trigger = self._triggers.get(trigger_id)
        if trigger is None:
            raise SlackRefusal("invalid_trigger_id")
        if trigger.used:
            raise SlackRefusal("exchanged_trigger_id")
        if self.clock() > trigger.until:
            raise SlackRefusal("expired_trigger_id")
        trigger.used = True
        return trigger.user, trigger.tab

    def stack(self, user: str, tab: str | None = None) -> list[View]:
        """The open modals of somebody, in this tab if one is given; the one in front last."""
        found = [
            view
            for view in self._open.values()
            if view.user == user and (tab is None or view.tab in ("", tab))
        ]
        return sorted(found, key=lambda view: view.depth)

    def home(self, user: str) -> View | None:
        """Somebody's home tab, once the app has published one."""
        return self._homes.get(user)

    def find(self, view_id: str | None, external_id: str | None = None) -> View:
        """A modal or home tab. Raises SlackRefusal when it is not open."""
        for view in (*self._open.values(), *self._homes.values()):
            if view.id == view_id or (
                external_id and view.content.get("external_id") == external_id
            ):
                return view
        raise SlackRefusal("not_found")

    def open(self, user: str, content: Json, tab: str = "") -> View:
        """Show a modal instead of whatever was open in that tab."""
        for view in self.stack(user, tab):
            del self._open[view.id]
            self._store.drop("modal", view.id)
        return self.push(user, content, tab)

    def push(self, user: str, content: Json, tab: str = "") -> View:
        """Show a modal in front of the open one. Raises SlackRefusal when three are open."""
        stack = self.stack(user, tab)
        if len(stack) >= STACK_LIMIT:
            raise SlackRefusal("push_limit_reached")
        view_id = _view_id()
        root, previous = (stack[0].root, stack[-1].id) if stack else (view_id, None)
        view = View(view_id, user, content, _hash(), root, previous, depth=len(stack), tab=tab)
        self._open[view.id] = view
        return self._keep(view)

    def update(self, view: View, content: Json, given_hash: str | None = None) -> View:
        """Show something else in this view. What was filled in stays where the field stays."""
        if given_hash and given_hash != view.hash:
            raise SlackRefusal("hash_conflict")
        view.content, view.hash = content, _hash()
        blocks = {block.get("block_id") for block in view.blocks}
        view.values = {block: value for block, value in view.values.items() if block in blocks}
        return self._keep(view)

    def publish(self, user: str, content: Json, given_hash: str | None = None) -> View:
        """Show somebody's home tab."""
        known = self._homes.get(user)
        if known is not None:
            return self.update(known, content, given_hash)
        view_id = _view_id()
        self._homes[user] = View(view_id, user, content, _hash(), view_id)
        return self._keep(self._homes[user])

    def fill(self, view: View, values: Json) -> None:
        """Remember what was filled in, by block and action."""
        view.values = {**view.values, **values}
        self._keep(view)

    def close(self, view: View) -> None:
        """Take a modal away; the one behind it is in front again."""
        self._open.pop(view.id, None)
        self._store.drop("modal", view.id)
        self._changes.touch()

    def close_all(self, user: str, tab: str | None = None) -> None:
        """Take all modals of somebody away, or those of one tab."""
        for view in self.stack(user, tab):
            self.close(view)

    def _keep(self, view: View) -> View:
        kind, key = ("home", view.user) if view.content["type"] == "home" else ("modal", view.id)
        self._store.keep(kind, key, asdict(view))
        self._changes.touch()
        return view


def _view_id() -> str:
    return f"V0{secrets.token_hex(5).upper()}"


def _hash() -> str:
    return f"{int(time.time())}.{secrets.token_hex(4)}"
