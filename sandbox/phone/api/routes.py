"""The REST API's addresses, who may call them, and what they answer."""

import base64
import binascii
import fnmatch
import secrets
from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from sandbox.phone.api import wording
from sandbox.phone.api.messages import Messages
from sandbox.phone.api.paging import Asked, page
from sandbox.phone.credentials import API_PATH
from sandbox.phone.errors import TwilioRefusal, not_authenticated, not_found
from sandbox.phone.faults import ApiCall, Faults
from sandbox.phone.network.exchange import Exchange
from sandbox.phone.network.model import API_VERSION, Json, Line

Answer = Callable[[Request, Json], Awaitable[tuple[int, Json]]]
_ACCOUNT = f"/{API_VERSION}/Accounts/{{account_sid}}"
_ASK_FOR_KEYS = {"WWW-Authenticate": 'Basic realm="Twilio API"'}


class RestApi:
    """Answers the application's calls."""

    def __init__(
        self,
        exchange: Exchange,
        messages: Messages,
        *,
        faults: Faults,
        line: Line,
        auth_token: str,
        sms_url: Callable[[], str],
    ) -> None:
        self._exchange = exchange
        self._messages = messages
        self._faults = faults
        self._line = line
        self._auth_token = auth_token
        self._sms_url = sms_url

    def router(self) -> APIRouter:
        """A route for each resource, and for everything else the answer that it is not there."""
        routes = APIRouter(prefix=API_PATH, include_in_schema=False)
        for method, path, answer in (
            ("POST", f"{_ACCOUNT}/Messages.json", self._create),
            ("GET", f"{_ACCOUNT}/Messages.json", self._list),
            ("GET", f"{_ACCOUNT}/Messages/{{sid}}.json", self._fetch),
            ("GET", f"{_ACCOUNT}/IncomingPhoneNumbers.json", self._list_numbers),
            ("GET", f"{_ACCOUNT}.json", self._account),
        ):
            routes.add_api_route(path, self._answering(answer), methods=[method])
        every = ["GET", "POST", "PUT", "DELETE"]
        routes.add_api_route("/{rest:path}", self._answering(self._nothing), methods=every)
        return routes

    def _answering(self, answer: Answer) -> Callable[[Request], Awaitable[Response]]:
        async def answered(request: Request) -> Response:
            reading = request.method == "GET"
            try:
                self._check_keys(request)
                early = await self._faults.before(reading=reading)
                if early is not None:
                    return early
                status, content = await self._carried_out(answer, request)
            except TwilioRefusal as refusal:
                return _response(refusal.status, refusal.answer)
            late = await self._faults.after(reading=reading)
            return late or _response(status, content)

        return answered

    async def _carried_out(self, answer: Answer, request: Request) -> tuple[int, Json]:
        form = await request.form() if request.method == "POST" else request.query_params
        given: Json = {name: value for name, value in form.items() if isinstance(value, str)}
        try:
            if request.path_params.get("account_sid", self._line.account_sid) != (
                self._line.account_sid
            ):
                raise not_found(_path(request))
            status, content = await answer(request, given)
        except TwilioRefusal as refusal:
            status, content = refusal.status, refusal.answer
        self._faults.note(ApiCall(request.method, _path(request), given, status, content))
        self._exchange.changes.touch()
        return status, content

    def _check_keys(self, request: Request) -> None:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        try:
            said = base64.b64decode(given, validate=True)
        except binascii.Error:
            said = b""
        wanted = f"{self._line.account_sid}:{self._auth_token}".encode()
        if scheme.lower() != "basic" or not secrets.compare_digest(said, wanted):
            raise not_authenticated()

    async def _create(self, _request: Request, form: Json) -> tuple[int, Json]:
        return 201, wording.message(self._messages.create(form), self._line)

    async def _fetch(self, request: Request, _query: Json) -> tuple[int, Json]:
        text = self._exchange.get(request.path_params["sid"])
        if text is None:
            raise not_found(_path(request))
        return 200, wording.message(text, self._line)

    async def _list(self, request: Request, query: Json) -> tuple[int, Json]:
        found = [wording.message(text, self._line) for text in self._messages.find(query)]
        return 200, page(Asked(_path(request), query), "messages", found)

    async def _list_numbers(self, request: Request, query: Json) -> tuple[int, Json]:
        number = wording.incoming_phone_number(self._line, self._sms_url())
        wanted = query.get("PhoneNumber", "")
        fits = fnmatch.fnmatchcase(number["phone_number"], f"*{wanted}*")
        found = [number] if fits else []
        return 200, page(Asked(_path(request), query), "incoming_phone_numbers", found)

    async def _account(self, _request: Request, _query: Json) -> tuple[int, Json]:
        return 200, wording.account(self._line.account_sid, self._auth_token)

    async def _nothing(self, request: Request, _given: Json) -> tuple[int, Json]:
        raise not_found(_path(request))


def _path(request: Request) -> str:
    """The address as Twilio itself has it, without what stands in for its host."""
    return request.url.path.removeprefix(API_PATH)


def _response(status: int, content: Json) -> Response:
    headers = {"Twilio-Request-Id": f"RQ{secrets.token_hex(16)}"}
    return JSONResponse(content, status, headers | (_ASK_FOR_KEYS if status == 401 else {}))
