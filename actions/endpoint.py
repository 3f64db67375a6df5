"""The door Rasa calls actions through: rasa-sdk's executor behind a token."""

import hmac
from typing import Any

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from rasa_sdk.executor import ActionExecutor

from actions.after_a_person import PersonHandedBack, PersonResolved
from actions.answering import AnswerBilling, AnswerDeletion, AnswerRefund, AnswerTimeline
from actions.base import ActionContext, ConversationAction
from actions.calling_in import GoOnWithoutPerson
from actions.complaining import HearReason
from actions.confirming import ConfirmCancellation, DeclineConfirmation
from actions.doubt import NotOurs, NotUnderstood
from actions.exporting import SkipExport, StartExport
from actions.handing_off import RequestPerson, SkipContact, TakeContact
from actions.leaving import SkipReason, StartLeaving, TakeReason
from actions.offering import AcceptOffer, AnswerOffer, AskForOffer, DeclineOffer, DropRequestedOffer
from actions.questions import AskWish, DropWish, ResumeQuestion, SayGoodbye, StaleButton
from actions.running import RunningAction
from actions.staying import ConfirmUndo, DeclineUndo, Keep
from actions.surveying import SkipSurveyQuestion, TakeSurveyAnswer
from actions.ways_out import ChooseWay
from actions.who_and_which import ChooseSubscription, RefuseIdentity, TakeCode, TakeEmail

log = structlog.get_logger(__name__)

ACTIONS: tuple[type[ConversationAction], ...] = (
    AcceptOffer,
    AnswerBilling,
    AnswerDeletion,
    AnswerRefund,
    AnswerTimeline,
    AnswerOffer,
    AskForOffer,
    AskWish,
    ChooseSubscription,
    ChooseWay,
    ConfirmCancellation,
    ConfirmUndo,
    DeclineConfirmation,
    DeclineOffer,
    DeclineUndo,
    DropRequestedOffer,
    DropWish,
    GoOnWithoutPerson,
    HearReason,
    Keep,
    NotOurs,
    NotUnderstood,
    PersonHandedBack,
    PersonResolved,
    RefuseIdentity,
    RequestPerson,
    ResumeQuestion,
    SayGoodbye,
    SkipContact,
    SkipExport,
    SkipReason,
    SkipSurveyQuestion,
    StaleButton,
    StartExport,
    StartLeaving,
    TakeCode,
    TakeContact,
    TakeEmail,
    TakeReason,
    TakeSurveyAnswer,
)
"""Every action there is; domain.yml lists the same."""


def router(context: ActionContext, token: str) -> APIRouter:
    """`POST /actions/webhook?token=…`: Rasa's own action protocol."""
    executor = ActionExecutor()
    for action in ACTIONS:
        executor.register_action(RunningAction(action(), context))
    routes = APIRouter()

    @routes.post("/actions/webhook", include_in_schema=False)
    async def run_action(request: Request) -> JSONResponse:
        given = request.query_params.get("token", "")
        if not hmac.compare_digest(given.encode(), token.encode()):
            return JSONResponse({"error": "The token is missing or wrong."}, status_code=401)
        # Rasa leaves its domain out (endpoints.yml); the executor wants to see one.
        call: dict[str, Any] = {"domain": {}, **await request.json()}
        try:
            result = await executor.run(call)
        except Exception:
            name = call.get("next_action")
            log.exception("action_failed", action=name)
            return JSONResponse(
                {"error": "The action failed; see the log.", "action_name": name}, status_code=500
            )
        return JSONResponse(result.model_dump() if result else {})

    return routes
