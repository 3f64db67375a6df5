"""Texts from phones: what Twilio does with each itself, and how the application gets it.

Parameters: twilio.com/docs/messaging/guides/webhook-request.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence

import phonenumbers

from sandbox.phone.delivery.outbound import Outbound
from sandbox.phone.delivery.tasks import Tasks
from sandbox.phone.delivery.twiml import Reply, replies_in
from sandbox.phone.delivery.webhooks import NotTakenError, Webhooks
from sandbox.phone.errors import TwilioRefusal, opted_out
from sandbox.phone.faults import Faults
from sandbox.phone.network.exchange import Exchange
from sandbox.phone.network.keywords import ANSWERS, Keyword, keyword_in
from sandbox.phone.network.model import API_VERSION, Direction, Line, Text
from sandbox.phone.network.segments import measured

INBOUND_PATH = "/sms/inbound"


class Inbound:
    """Hands texts on, those of one phone in the order they were written."""

    def __init__(
        self,
        exchange: Exchange,
        outbound: Outbound,
        *,
        webhooks: Webhooks,
        faults: Faults,
        tasks: Tasks,
        line: Line,
        public_url: Callable[[], str],
    ) -> None:
        self._exchange = exchange
        self._outbound = outbound
        self._webhooks = webhooks
        self._faults = faults
        self._tasks = tasks
        self._line = line
        self._public_url = public_url
        self._last: dict[str, asyncio.Task[None]] = {}

    def receive(
        self,
        phone: str,
        body: str,
        media: Sequence[Sequence[str]] = (),
        more: Mapping[str, str] | None = None,
    ) -> Text:
        """Take a text from a phone. `more` are parameters that only some networks send."""
        text = self._kept(phone, body, media)
        keyword = keyword_in(body)
        if keyword is not None:
            self._obey(keyword, text)
        if keyword is Keyword.HELP and not self._line.advanced_opt_out:
            self._exchange.note_problem(text, "")
            return text
        copies = 2 if self._faults.doubles_text() else 1
        self._hand_on(text, keyword, copies, more or {})
        if self._faults.repeats_text():
            again = self._kept(phone, body, media, repeats=text.sid)
            self._hand_on(again, keyword, 1, more or {})
        return text

    def _kept(
        self, phone: str, body: str, media: Sequence[Sequence[str]], repeats: str = ""
    ) -> Text:
        return self._exchange.add(
            Direction.INBOUND,
            phone,
            self._line.sender,
            body,
            service_sid=self._line.service_sid,
            media=[list(each) for each in media],
            repeats=repeats,
        )

    def _obey(self, keyword: Keyword, text: Text) -> None:
        """Do what Twilio does by itself. It answers where something has changed by it."""
        phone, scope = text.phone, self._line.scope
        match keyword:
            case Keyword.STOP:
                answers = self._exchange.block(phone, scope, text.body.strip())
            case Keyword.START:
                answers = self._exchange.unblock(phone, scope)
            case Keyword.HELP:
                answers = self._exchange.blocked(phone, scope) is None
        if answers:
            self._say(phone, ANSWERS[keyword], automatic=True)

    def _hand_on(
        self, text: Text, keyword: Keyword | None, copies: int, more: Mapping[str, str]
    ) -> None:
        parameters = {**self._parameters(text, keyword), **more}
        before = self._last.get(text.phone)
        begun = self._tasks.begin(self._in_turn(text, parameters, copies, before))
        if begun is not None:
            self._last[text.phone] = begun

    async def _in_turn(
        self,
        text: Text,
        parameters: Mapping[str, str],
        copies: int,
        before: "asyncio.Task[None] | None",
    ) -> None:
        if before is not None and not before.done():
            await asyncio.wait([before])
        problems = await asyncio.gather(*(self._deliver(text, parameters) for _ in range(copies)))
        self._exchange.note_problem(text, problems[0])

    async def _deliver(self, text: Text, parameters: Mapping[str, str]) -> str:
        try:
            answer = await self._webhooks.post(self._public_url() + INBOUND_PATH, parameters)
            for reply in replies_in(answer):
                self._reply(text, reply)
        except NotTakenError as error:
            return error.problem
        except TwilioRefusal as refusal:
            return str(refusal.code)
        return ""

    def _reply(self, text: Text, reply: Reply) -> None:
        phone = reply.to or text.phone
        if self._exchange.blocked(phone, self._line.scope) is not None:
            raise opted_out()
        self._say(phone, reply.body, callback=reply.callback)

    def _say(self, phone: str, body: str, *, automatic: bool = False, callback: str = "") -> None:
        sender, segments = self._line.sender, measured(body).segments
        turn = 0.0 if automatic else self._faults.reserve(sender, segments)
        text = self._exchange.add(
            Direction.REPLY,
            phone,
            sender,
            body,
            service_sid=self._line.service_sid,
            callback=callback,
            automatic=automatic,
        )
        self._outbound.take(text, turn)

    def _parameters(self, text: Text, keyword: Keyword | None) -> dict[str, str]:
        said = {
            "AccountSid": self._line.account_sid,
            "ApiVersion": API_VERSION,
            "Body": text.body,
            "From": text.phone,
            "MessageSid": text.sid,
            "NumMedia": str(len(text.media)),
            "NumSegments": str(text.segments),
            "SmsMessageSid": text.sid,
            "SmsSid": text.sid,
            "SmsStatus": text.status.value,
            "To": text.sender,
            **_place("From", text.phone),
            **_place("To", text.sender),
        }
        if text.service_sid is not None:
            said["MessagingServiceSid"] = text.service_sid
        if keyword is not None and self._line.advanced_opt_out:
            said["OptOutType"] = keyword.value
        for place, (url, kind) in enumerate(text.media):
            said |= {f"MediaUrl{place}": url, f"MediaContentType{place}": kind}
        return said


def _place(side: str, number: str) -> dict[str, str]:
    """Where a number is from, as far as it says so itself; the rest is sent empty."""
    nothing = dict.fromkeys((f"{side}State", f"{side}City", f"{side}Zip"), "")
    return {f"{side}Country": _country(number), **nothing}


def _country(number: str) -> str:
    """By the calling code where a number for fiction belongs to no country by itself."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return ""
    region = phonenumbers.region_code_for_number(
        parsed
    ) or phonenumbers.region_code_for_country_code(parsed.country_code or 0)
    return "" if region == phonenumbers.UNKNOWN_REGION else str(region)
