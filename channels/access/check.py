"""Whether each of the company's systems answers, and whether it believes everybody."""

import base64
import os
from collections.abc import Mapping

from channels.findings import Finding
from offboarding import clock
from offboarding.access.answers import Verdict, verdict_of, words_for
from offboarding.access.message import ping
from offboarding.access.port import Answer, Endpoint, Endpoints, UnreachableError, WebhookPort
from offboarding.access.signing import Secrets
from offboarding.database import new_identifier
from offboarding.errors import ConfigurationError
from offboarding.policies.systems import System, SystemsPolicy

_MENDS: Mapping[int, str] = {
    401: "It does not believe the signature: give it the same secret.",
    403: "It does not believe the signature: give it the same secret.",
    404: "Nothing is at that path: correct the url in policy/systems.yml.",
    405: "It takes no POST there: correct the url in policy/systems.yml.",
}


def check(policy: SystemsPolicy, endpoints: Endpoints, port: WebhookPort) -> list[Finding]:
    """Send every system a signed `ping`, and one that somebody else signed."""
    return [_look(system, endpoints, port) for system in policy.systems.values()]


def _look(system: System, endpoints: Endpoints, port: WebhookPort) -> Finding:
    try:
        endpoint = endpoints.of(system.key)
        answer = _ping(endpoint, endpoint.secrets, port)
        if verdict_of(answer.status) not in {Verdict.ACKNOWLEDGED, Verdict.TAKEN}:
            mend = _MENDS.get(answer.status, "It has to answer a ping with 204.")
            return _missing(system, f"It {words_for(answer.status)}. {mend}")
        forged = _ping(endpoint, _strangers_secret(), port)
    except ConfigurationError as error:
        return _missing(system, error.sentence)
    except UnreachableError as error:
        return _missing(
            system,
            f"It does not answer ({error.kind}). Check that it runs, its url in "
            "policy/systems.yml, its certificate, and the network.",
        )
    if verdict_of(forged.status) in {Verdict.ACKNOWLEDGED, Verdict.TAKEN}:
        return _missing(
            system,
            "It believes everybody: it took a ping that was signed with another secret. Have it "
            "verify signatures; docs/access.md shows how.",
        )
    return Finding(system.name, good=True, sentence=f"good; it answered {answer.status}")


def _ping(endpoint: Endpoint, secrets: Secrets, port: WebhookPort) -> Answer:
    moment = clock.now()
    body = ping(moment)
    return port.post(endpoint.url, secrets.headers(new_identifier(), moment, body), body)


def _strangers_secret() -> Secrets:
    return Secrets(("whsec_" + base64.b64encode(os.urandom(32)).decode(),))


def _missing(system: System, sentence: str) -> Finding:
    return Finding(system.name, good=False, sentence=sentence)
