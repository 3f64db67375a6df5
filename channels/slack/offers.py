"""Making an offer from the card, and a second person's yes or no to one above the limit."""

from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext
from slack_sdk.errors import SlackApiError
from slack_sdk.models.views import View
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.orm import Session

from channels.desk.offering import AgentOffering
from channels.desk.offers_made import described
from channels.desk.service import hand_off_in_charge
from channels.in_thread import in_thread
from channels.slack.acting import Acting, Who
from channels.slack.actions import Action
from channels.slack.opening import open_window, sentence_of
from channels.slack.queue import PostKind, post, thread_of, update_card
from channels.slack.windows import offer as window
from channels.slack.windows.parts import (
    ASKED,
    PLAN,
    Body,
    Remembered,
    notice_view,
    number,
    remembered,
    selected,
    ticked,
)
from offboarding.background.port import BackgroundEngine
from offboarding.background.service import wake_after_commit
from offboarding.database import Database, new_identifier
from offboarding.errors import NotFoundError, OffboardingError
from offboarding.handoffs.agents import remember_agent
from offboarding.handoffs.model import HandOff
from offboarding.offers import by_agent
from offboarding.offers.allowed import Wish
from offboarding.offers.errors import KIND, OfferNotAllowedError
from offboarding.offers.model import AgentOffer, OfferKind, ProposalState

_LOG = structlog.get_logger(__name__)


class Offers:
    """Listens to the button, the window, and the two buttons of an approval."""

    def __init__(
        self,
        acting: Acting,
        database: Database,
        background: BackgroundEngine,
        offering: AgentOffering,
    ) -> None:
        self._acting = acting
        self._database = database
        self._background = background
        self._offering = offering

    def listen(self, app: AsyncApp) -> None:
        """Register them."""
        app.action(Action.OFFER.value)(self._open)
        app.action(Action.OFFER_PLAN.value)(self._show_anew)
        app.action(Action.OFFER_KIND.value)(self._show_anew)
        app.view(Action.OFFER_MAKE.value)(self._make)
        app.action(Action.OFFER_APPROVE.value)(self._deciding(self._approve))
        app.action(Action.OFFER_REFUSE.value)(self._deciding(self._refuse))

    async def _open(self, ack: AsyncAck, body: Body, action: Body, client: AsyncWebClient) -> None:
        await ack()
        kept = Remembered(hand_off=str(action.get("value")), key=new_identifier())
        await open_window(
            client,
            str(body["trigger_id"]),
            window.TITLE,
            lambda who: self._view(who, kept, plan=None, kind=None),
            await self._acting.who(body),
        )

    async def _show_anew(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """Another plan or kind was chosen: other fields."""
        await ack()
        view, who = body["view"], await self._acting.who(body)
        kept = remembered(view)
        try:
            shown = await in_thread(
                self._view, who, kept, plan=selected(view, PLAN) or kept.plan,
                kind=selected(view, KIND),
            )  # fmt: skip
        except OffboardingError as error:
            shown = notice_view(window.TITLE, error.sentence)
        await client.views_update(view_id=str(view["id"]), view=shown.to_dict())

    async def _make(self, ack: AsyncAck, body: Body, view: Body) -> None:
        who, kept, kind = await self._acting.who(body), remembered(view), selected(view, KIND)
        plan = selected(view, PLAN) or kept.plan
        if (plan, kind or "") != (kept.plan, kept.kind):  # sent before its fields were shown
            anew = await in_thread(self._anew, who, kept, plan=plan, kind=kind)
            await ack(response_action="update", view=anew.to_dict())
            return
        try:
            await in_thread(self._propose, who, kept, _wish(view, kept, kind))
        except OfferNotAllowedError as error:
            place = window.block_of(error.field, kind)
            place = place if place in view["state"]["values"] else PLAN
            await ack(response_action="errors", errors={place: error.sentence})
        except Exception as error:  # noqa: BLE001 (whatever it is, the agent is told)
            notice = notice_view(window.TITLE, sentence_of(error))
            await ack(response_action="update", view=notice.to_dict())
        else:
            await ack()
        finally:
            self._acting.sent()

    def _anew(self, who: Who, kept: Remembered, *, plan: str, kind: str | None) -> View:
        try:
            return self._view(who, kept, plan=plan, kind=kind, notice=window.OTHER_FIELDS)
        except Exception as error:  # noqa: BLE001 (whatever it is, the agent is told)
            return notice_view(window.TITLE, sentence_of(error))

    def _view(
        self,
        who: Who,
        kept: Remembered,
        *,
        plan: str | None,
        kind: str | None,
        notice: str | None = None,
    ) -> View:
        with self._database.write() as session:
            hand_off = hand_off_in_charge(session, kept.hand_off)
            agent = remember_agent(session, who.outer_id, who.name)
            form = self._offering.form(session, hand_off, agent, plan or None)
            return window.offer_view(form, kind, kept, notice)

    def _propose(self, who: Who, kept: Remembered, wish: Wish) -> None:
        with self._database.write() as session:
            wake_after_commit(session, self._background)
            hand_off = hand_off_in_charge(session, kept.hand_off)
            agent = remember_agent(session, who.outer_id, who.name)
            proposal = self._offering.propose(session, hand_off, agent, kept.plan, wish)
            if proposal.state is ProposalState.WAITING:
                _post(session, hand_off, window.approval_message(proposal), "asked", proposal)
            _update(session, hand_off)

    def _approve(self, who: Who, proposal_id: str) -> str:
        with self._database.write() as session:
            wake_after_commit(session, self._background)
            proposal = _held(session, proposal_id)
            agent = remember_agent(session, who.outer_id, who.name)
            self._offering.approve(session, proposal, agent)
            sentence = f"{agent.full_name} approved {described(proposal)}. The customer has it now."
            _post(session, proposal.hand_off, window.decided_message(sentence), "done", proposal)
            _update(session, proposal.hand_off)
        return sentence

    def _refuse(self, who: Who, proposal_id: str) -> str:
        with self._database.write() as session:
            proposal = _held(session, proposal_id)
            agent = remember_agent(session, who.outer_id, who.name)
            by_agent.refuse(session, proposal, agent)
            sentence = f"{agent.full_name} refused {described(proposal)}. The customer saw nothing."
            _post(session, proposal.hand_off, window.decided_message(sentence), "done", proposal)
            _update(session, proposal.hand_off)
        return sentence

    def _deciding(self, decide: Callable[[Who, str], str]) -> Callable[..., Awaitable[None]]:
        async def pressed(
            ack: AsyncAck, body: Body, action: Body, context: AsyncBoltContext
        ) -> None:
            sentence = await self._acting.carry_out(
                lambda who: decide(who, str(action.get("value"))), body, context
            )
            await ack()
            if sentence is not None and context.client is not None:
                await _without_buttons(context.client, body, sentence)

        return pressed


def _wish(view: Body, kept: Remembered, kind: str | None) -> Wish:
    """What was filled in. Raises OfferNotAllowedError for a kind that there is not."""
    fields: dict[str, Any] = {
        field: number(view, window.block_of(field, kind)) for field in ("percent", "months", "days")
    }
    try:
        chosen = OfferKind(str(kind))
    except ValueError as error:
        raise OfferNotAllowedError("Choose what to offer.") from error
    return Wish(kind=chosen, customer_asked=ticked(view, ASKED), key=kept.key, **fields)


def _held(session: Session, proposal_id: str) -> AgentOffer:
    """The proposal, its hand-off held until the commit."""
    proposal = session.get(AgentOffer, proposal_id)
    if proposal is None:
        raise NotFoundError("There is no such offer any more.")
    hand_off_in_charge(session, proposal.hand_off_id)
    return proposal


def _post(
    session: Session, hand_off: HandOff, message: dict[str, Any], what: str, proposal: AgentOffer
) -> None:
    thread = thread_of(session, hand_off.id)
    if thread is not None:
        post(session, thread, PostKind.MESSAGE, message, f"approval_{what}:{proposal.id}")


def _update(session: Session, hand_off: HandOff) -> None:
    thread = thread_of(session, hand_off.id)
    if thread is not None:
        update_card(session, thread)


async def _without_buttons(client: AsyncWebClient, body: Body, sentence: str) -> None:
    """Nobody is to press them again; where Slack does not do it, they say that it is decided."""
    channel, message = body.get("channel") or {}, body.get("message") or {}
    if not channel.get("id") or not message.get("ts"):
        return
    try:
        await client.chat_update(
            channel=channel["id"], ts=message["ts"], **window.decided_message(sentence)
        )
    except SlackApiError:
        _LOG.warning("slack_approval_not_updated")
