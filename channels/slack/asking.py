"""Help for an agent who asks for it: only they see it, and nothing of it is sent by itself."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext
from slack_sdk.models.blocks import Block, DividerBlock
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.orm import Session

from channels.desk.helping import Help, help_with
from channels.slack.acting import Acting
from channels.slack.actions import Action
from channels.slack.words import plain_context, plain_sections
from offboarding.billing.port import BillingPort
from offboarding.database import Database
from offboarding.handoffs.errors import HandOffEndedError
from offboarding.handoffs.model import HandOff
from offboarding.handoffs.suggestions import SuggestionPolicy
from offboarding.policies.reading import read_policy
from offboarding.policies.store import Policies

NOT_SENT = (
    "A suggestion. The customer has not seen it. Read it, change what does not fit, and write it "
    "in the thread yourself."
)
TITLE = "Help for your answer"

Body = Mapping[str, Any]


class Asking:
    """Listens to the button. `file` is policy/suggestions.yml, read anew each time."""

    def __init__(
        self,
        acting: Acting,
        database: Database,
        policies: Policies,
        file: Path,
        billing: Callable[[Session], BillingPort],
    ) -> None:
        self._billing = billing
        self._acting = acting
        self._database = database
        self._policies = policies
        self._file = file

    def listen(self, app: AsyncApp) -> None:
        """Register it."""
        app.action(Action.ASK.value)(self._ask)

    async def _ask(
        self,
        ack: AsyncAck,
        body: Body,
        action: Body,
        client: AsyncWebClient,
        context: AsyncBoltContext,
    ) -> None:
        found = await self._acting.carry_out(
            lambda _who: self._help(str(action.get("value"))), body, context
        )
        await ack()
        if found is not None:
            message = body["message"]
            await client.chat_postEphemeral(
                channel=str(body["channel"]["id"]),
                user=str(body["user"]["id"]),
                thread_ts=str(message.get("thread_ts") or message["ts"]),
                text=TITLE,
                blocks=[block.to_dict() for block in help_blocks(found)],
            )

    def _help(self, hand_off_id: str) -> Help:
        """Raises HandOffEndedError, and PolicyError when the file can't be used."""
        suggestions = read_policy(self._file, SuggestionPolicy)
        with self._database.read() as session:
            hand_off = session.get(HandOff, hand_off_id)
            if hand_off is None or not hand_off.open:
                raise HandOffEndedError
            billing = self._billing(session)
            return help_with(session, hand_off, self._policies, suggestions, billing)


def help_blocks(found: Help) -> list[Block]:
    """The help, the suggestion first."""
    blocks: list[Block] = [
        plain_context(NOT_SENT),
        *plain_sections(found.suggestion),
        DividerBlock(),
    ]
    for title, lines in (("Offers, by policy", found.offers), ("Their dates", found.dates)):
        if lines:
            blocks += [plain_context(title), *plain_sections("\n".join(lines))]
    return blocks
