"""`offboard access`: which of the company's systems have heard that access ends."""

from typing import Annotated

import typer

from channels.access.check import check as look
from offboard.configuration import load_settings
from offboard.console import notice, output
from offboard.opening import reading, writing
from offboard.systems import endpoints_of
from offboarding.access import service
from offboarding.access.http import HttpWebhooks
from offboarding.access.model import AccessNotification
from offboarding.policies.store import Policies

application = typer.Typer(
    no_args_is_help=True, help="See which of your systems have heard that access ends."
)


@application.command("list")
def list_notifications(
    case: Annotated[str, typer.Option(help="All of one case, such as 7F3K-22A.")] = "",
    most: Annotated[int, typer.Option(min=1, help="How many at the most.")] = 50,
) -> None:
    """What no system has acknowledged yet, the oldest first; or all of one case."""
    with reading(load_settings()) as session:
        found = service.told_in(session, case) if case else service.unacknowledged(session)
        if not found:
            output.print(
                "Nobody was told anything in that case."
                if case
                else "Every system has acknowledged everything."
            )
            return
        for each in found[:most]:
            _print(each)
        if len(found) > most:
            output.print(f"and {len(found) - most} more; --most {len(found)} shows all.")


@application.command()
def send(number: Annotated[str, typer.Argument(help="Its number in `access list`.")]) -> None:
    """Have a system told again; the running application does it within a second."""
    with writing(load_settings()) as session:
        sent = service.send_again(session, number)
        output.print(f"{sent.system} is told again: {sent.event.kind.value}.", markup=False)


@application.command()
def check() -> None:
    """Send every system a signed `ping`; what is wrong, with its mend."""
    settings = load_settings()
    policies = Policies(settings.policy_directory)
    if settings.systems_in_sandbox:
        notice(
            "The sandbox stands in for your systems: nothing has to be connected, and it answers "
            "while `make run` runs, with the same PORT. OFFBOARD_WEBHOOK_SECRETS connects your own."
        )
    findings = look(policies.systems, endpoints_of(settings, policies), HttpWebhooks())
    for finding in findings:
        mark = "ok     " if finding.good else "MISSING"
        output.print(f"{mark} {finding.subject}: {finding.sentence}", markup=False)
    if not findings:
        output.print("policy/systems.yml names no system, so nobody is told.")
    if not all(finding.good for finding in findings):
        raise typer.Exit(1)


def _print(notification: AccessNotification) -> None:
    """On lines, for a number that is to be copied must not be broken by a narrow table."""
    event, tried_at = notification.event, notification.tried_at
    output.print(
        f"{notification.id}  {notification.system}  {event.kind.value}  {notification.state.value}",
        style="bold",
        markup=False,
    )
    tries = f"{notification.attempts} {'try' if notification.attempts == 1 else 'tries'}"
    last = f", the last {tried_at:%Y-%m-%d %H:%M} UTC" if tried_at else ""
    problem = f": {notification.problem}" if notification.problem else ""
    decided = f"case {event.case.number}, decided {event.created_at:%Y-%m-%d %H:%M} UTC"
    output.print(f"    {decided}, {tries}{last}{problem}", markup=False)
