"""What the page asks for, in the words of the driver."""

from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import BaseModel, Field

from sandbox.slack.driver import Driver
from sandbox.slack.errors import AppDidNotAnswerError, DriverError, SlackRefusal
from sandbox.slack.model import Json, View
from sandbox.slack.team.workspace import Workspace

NO_ANSWER = (
    "The off-boarding app didn't answer. It may be starting, or not connected. Please try again."
)


class Act(BaseModel):
    """One thing that an agent does on the page."""

    agent: str
    do: str
    tab: str = ""
    """Which of the browser's tabs it is done in."""
    channel: str = ""
    ts: str = ""
    view: str = ""
    thread: str | None = None
    text: str = Field("", max_length=40_000)
    files: list[str] = []
    action: str = ""
    block: str = ""
    choose: Any = None
    values: dict[str, Any] = {}
    element: Json | None = None
    """What is pressed, as it stood on the page."""


class Acts:
    """Does what an agent asks, and says in a sentence what kept it from being done."""

    def __init__(self, workspace: Workspace, driver: Driver) -> None:
        self._workspace = workspace
        self._driver = driver
        self._known: dict[str, Callable[[Act], Awaitable[Json]]] = {
            "post": self._post,
            "edit": self._edit,
            "delete": self._delete,
            "react": self._react,
            "press": self._press,
            "submit": self._submit,
            "close": self._close,
            "slash": self._slash,
            "home": self._home,
        }

    async def carry_out(self, act: Act) -> Json:
        """Errors by block for a modal; else empty, or a `problem` in a sentence."""
        try:
            if act.do not in self._known:
                return {"problem": "The desk doesn't know how to do that."}
            return await self._known[act.do](act)
        except AppDidNotAnswerError:
            return {"problem": NO_ANSWER}
        except DriverError as error:
            return {"problem": str(error)}
        except SlackRefusal as refusal:
            return {"problem": f"Slack would refuse what the app answered: {refusal}."}

    async def _post(self, act: Act) -> Json:
        message = await self._driver.post(act.agent, act.channel, act.text, act.thread, act.files)
        return {"ts": message.ts}

    async def _edit(self, act: Act) -> Json:
        await self._driver.edit(act.agent, act.ts, act.text)
        return {}

    async def _delete(self, act: Act) -> Json:
        await self._driver.delete(act.agent, act.ts)
        return {}

    async def _react(self, act: Act) -> Json:
        await self._driver.react(act.agent, act.ts, act.text)
        return {}

    async def _press(self, act: Act) -> Json:
        where: str | View = self._view(act) if act.view else act.ts
        await self._driver.press(
            act.agent,
            where,
            act.action,
            choose=act.choose,
            block_id=act.block,
            values=act.values,
            seen=act.element,
            tab=act.tab,
        )
        return {}

    async def _submit(self, act: Act) -> Json:
        submitted = await self._driver.submit(act.agent, self._view(act), act.values)
        return {"errors": submitted.errors}

    async def _close(self, act: Act) -> Json:
        await self._driver.close(act.agent, self._view(act))
        return {}

    async def _slash(self, act: Act) -> Json:
        command, _, words = act.text.strip().partition(" ")
        await self._driver.slash(act.agent, command, words.strip(), act.channel, act.tab)
        return {}

    async def _home(self, act: Act) -> Json:
        await self._driver.open_home(act.agent)
        return {}

    def _view(self, act: Act) -> View:
        try:
            return self._workspace.views.find(act.view)
        except SlackRefusal:
            raise DriverError("This window is not open any more.") from None
