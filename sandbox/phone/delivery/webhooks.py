"""Signed requests to the application, as Twilio makes them.

Signature: twilio.com/docs/usage/security. Patience and retries: twilio.com/docs/usage/webhooks/
webhooks-connection-overrides. Error codes: twilio.com/docs/api/errors.
"""

import asyncio
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import httpx
import structlog
from twilio.request_validator import RequestValidator

log = structlog.get_logger(__name__)

ANSWER_SECONDS = 15.0
"""How long Twilio waits for the application."""
HTTP_FAILURE = "11200"
"""The application answered with an error, or too late."""
NO_CONNECTION = "11205"
"""Nobody listens at the application's address."""
NOT_CALLED = "21609"
"""The address is none of the application's, and the sandbox calls nobody else."""

_REMEMBERED = 20_000
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_USUAL_RETRIES = {"rc": ["1"], "rp": ["ct"]}
"""Once more, and only when no connection came about; a fragment of the address says otherwise."""


@dataclass(frozen=True)
class Answer:
    """What the application said."""

    kind: str = ""
    """The content type, without its parameters."""
    body: str = ""


@dataclass(frozen=True)
class Delivery:
    """One attempt to reach the application."""

    url: str
    """The address that was signed."""
    parameters: Mapping[str, str]
    attempt: int
    problem: str
    """Twilio's error code; empty when the application took it."""


class NotTakenError(Exception):
    """The application did not take a request, after every retry; `problem` is Twilio's code."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


class _FailedError(Exception):
    def __init__(self, problem: str, policy: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.policy = policy
        """What a retry policy calls this kind of failure."""


class Webhooks:
    """Calls the application at its own address, and signs the public one that stands for it.

    `public_url` is what addresses begin with that lead to the application at `app_url`. Other
    addresses are called on this machine only.
    """

    def __init__(
        self,
        app_url: Callable[[], str],
        public_url: Callable[[], str],
        auth_token: str,
        tell: Callable[[], None],
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        self.answer_seconds = answer_seconds
        self.deliveries: deque[Delivery] = deque(maxlen=_REMEMBERED)
        """Every attempt, the latest last."""
        self._app_url = app_url
        self._public_url = public_url
        self._validator = RequestValidator(auth_token)
        self._tell = tell
        self._client = httpx.AsyncClient(trust_env=False)

    async def post(self, url: str, parameters: Mapping[str, str]) -> Answer:
        """Send a form, and return the answer. Raises NotTakenError."""
        signed, _, wishes = url.partition("#")
        asked = {**_USUAL_RETRIES, **parse_qs(wishes)}
        policies, retries = asked["rp"][0].split(","), _number(asked["rc"][0])
        signature = self._validator.compute_signature(signed, dict(parameters))
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
            "User-Agent": "TwilioProxy/1.1 (stand-in)",
            "X-Twilio-Signature": signature,
            # The same for the same request, however often it is made.
            "I-Twilio-Idempotency-Token": str(uuid.uuid5(uuid.NAMESPACE_URL, signature)),
        }
        attempt = 0
        while True:
            try:
                answer = await self._attempt(signed, parameters, headers)
            except _FailedError as error:
                self._note(Delivery(signed, parameters, attempt, error.problem))
                tried_again = error.policy in policies or "all" in policies
                if attempt >= retries or not tried_again:
                    raise NotTakenError(error.problem) from None
                attempt += 1
            else:
                self._note(Delivery(signed, parameters, attempt, ""))
                return answer

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _attempt(
        self, url: str, parameters: Mapping[str, str], headers: Mapping[str, str]
    ) -> Answer:
        target = self._target(url)
        try:
            async with asyncio.timeout(self.answer_seconds):
                response = await self._client.post(
                    target, data=dict(parameters), headers=headers, timeout=self.answer_seconds
                )
        except (TimeoutError, httpx.ReadTimeout, httpx.WriteTimeout):
            raise _FailedError(HTTP_FAILURE, "rt") from None
        except httpx.HTTPError:
            raise _FailedError(NO_CONNECTION, "ct") from None
        if not response.is_success:
            raise _FailedError(HTTP_FAILURE, f"{response.status_code // 100}xx")
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        return Answer(kind, response.text)

    def _target(self, url: str) -> str:
        """Where this address really leads. Raises _FailedError where the sandbox does not call."""
        public = self._public_url().rstrip("/")
        if url == public or url.startswith((f"{public}/", f"{public}?")):
            return self._app_url().rstrip("/") + url.removeprefix(public)
        if urlsplit(url).hostname in _LOOPBACK:
            return url
        raise _FailedError(NOT_CALLED, "")

    def _note(self, delivery: Delivery) -> None:
        if delivery.problem:
            path = urlsplit(delivery.url).path
            log.info("sandbox_phone_webhook_not_taken", path=path, problem=delivery.problem)
        self.deliveries.append(delivery)
        self._tell()


def _number(given: str) -> int:
    """A number of retries from 0 to 5; what is none counts as the usual one."""
    return min(int(given), 5) if given.isascii() and given.isdigit() else 1
