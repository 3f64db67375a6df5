"""Where Twilio calls us: texts that came in, and what became of those we sent."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from urllib.parse import parse_qs

import structlog
from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from channels.in_thread import in_thread
from channels.sms.channel import SmsChannel
from channels.sms.connection import INBOUND_PATH, STATUS_PATH
from channels.sms.received import read_text

_LOG = structlog.get_logger(__name__)

MOST_BYTES = 100_000
_NOTHING_TO_SAY = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
"""Answers are sent by REST, for an answer in TwiML could not be known to have arrived."""

Form = Mapping[str, Sequence[str]]


def router(channel: SmsChannel) -> APIRouter:
    """Both routes. What Twilio did not sign gets 403, whatever it says."""
    routes = APIRouter(tags=["sms"])

    @routes.post(INBOUND_PATH, include_in_schema=False)
    async def inbound(request: Request) -> Response:
        """A text; 400 where it is none. Whatever else goes wrong, Twilio tries another time."""
        form = await _signed_form(request, channel)
        if isinstance(form, Response):
            return form
        try:
            text = read_text(form)
        except ValidationError as error:
            fields = sorted({str(fault["loc"][0]) for fault in error.errors() if fault["loc"]})
            _LOG.warning("sms_unreadable", fields=fields)
            return Response(status_code=HTTPStatus.BAD_REQUEST.value)
        await channel.receive(text)
        return Response(_NOTHING_TO_SAY, media_type="text/xml")

    @routes.post(STATUS_PATH, include_in_schema=False)
    async def status(request: Request) -> Response:
        """What became of a text; harmless twice, out of order, or for one that we do not know."""
        form = await _signed_form(request, channel)
        if isinstance(form, Response):
            return form
        position = request.query_params.get("post", "")
        message_sid = form.get("MessageSid", [""])[0]
        if not (position.isascii() and position.isdigit() and message_sid):
            return Response(status_code=HTTPStatus.BAD_REQUEST.value)
        code = form.get("ErrorCode", [""])[0]
        await in_thread(
            channel.heard,
            int(position[:18]),
            message_sid[:40],
            form.get("MessageStatus", [""])[0],
            int(code) if code.isascii() and code.isdigit() and len(code) < 8 else None,
        )
        return Response(status_code=HTTPStatus.NO_CONTENT.value)

    return routes


async def _signed_form(request: Request, channel: SmsChannel) -> Form | Response:
    """The form that Twilio sent, or the answer to somebody else."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_BYTES:
            return Response(status_code=HTTPStatus.REQUEST_ENTITY_TOO_LARGE.value)
    try:
        form = parse_qs(
            body.decode("ascii"), keep_blank_values=True, max_num_fields=200, errors="strict"
        )
    except ValueError:  # no form, or no UTF-8
        return Response(status_code=HTTPStatus.BAD_REQUEST.value)
    query = request.scope["query_string"].decode("latin-1")
    address = request.scope["path"] + (f"?{query}" if query else "")
    genuine = channel.connection.is_genuine(
        address,
        form,
        request.headers.get("x-twilio-signature", ""),
        request.headers.get("x-twilio-webhooks-signature-settings", ""),
    )
    if not genuine:
        _LOG.warning("sms_signature_wrong", path=request.scope["path"])
        return Response(status_code=HTTPStatus.FORBIDDEN.value)
    return form
