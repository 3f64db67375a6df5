"""`offboard sms`: says what is missing of the connection to Twilio, and what waits to be sent."""

import asyncio

import sqlalchemy as sa
import typer
from rich.table import Table

from channels.findings import Finding
from channels.sms.check import check as look
from channels.sms.connection import TwilioConnection, connection_of
from channels.sms.model import SmsLine, SmsPost
from channels.sms.new_numbers import waiting_for_turn
from offboard.configuration import load_settings, settings_beside_it
from offboard.console import notice, output
from offboard.opening import reading
from offboarding.cases import intents
from offboarding.errors import ConfigurationError
from offboarding.settings import Settings
from sandbox.phone.connection import stand_in_connection

application = typer.Typer(no_args_is_help=True, help="Connect Twilio, and see what is missing.")


@application.callback()
def describe() -> None:
    """Connect Twilio, and see what is missing."""


@application.command()
def check() -> None:
    """Look at account, address and sender; what is missing, with its mend."""
    settings = settings_beside_it()
    if settings.sms_in_sandbox:
        notice(
            "The sandbox's stand-in for Twilio is used: nothing has to be connected, and it "
            "answers while `make run` runs. OFFBOARD_TWILIO_ACCOUNT_SID connects an account."
        )
    findings = asyncio.run(_findings(_connection(settings)))
    for finding in findings:
        mark = "ok     " if finding.good else "MISSING"
        output.print(f"{mark} {finding.subject}: {finding.sentence}", markup=False)
    if not all(finding.good for finding in findings):
        raise typer.Exit(1)


@application.command()
def status() -> None:
    """What is on its way, who has opted out, and which CANCEL nobody has settled yet."""
    with reading(load_settings()) as session:
        table = Table("State", "Texts", "Segments", box=None)
        counted = session.execute(
            sa.select(SmsPost.state, sa.func.count(), sa.func.sum(SmsPost.segments))
            .group_by(SmsPost.state)
            .order_by(SmsPost.state)
        )
        for state, texts, segments in counted:
            table.add_row(state.value, str(texts), str(segments))
        output.print(table if table.row_count else "No text was ever sent.")
        opted_out = sa.select(sa.func.count()).where(SmsLine.opted_out_at.is_not(None))
        output.print(f"Opted out: {session.scalar(opted_out) or 0}")
        output.print(f"New numbers that wait for their turn: {waiting_for_turn(session)}")
        open_now = intents.open_intents(session)
        output.print(f"CANCEL by text, not settled: {len(open_now)}")
        for each in open_now:
            output.print(
                f"  {each.opened_at:%Y-%m-%d %H:%M} UTC  conversation {each.conversation_id}",
                markup=False,
            )


async def _findings(connection: TwilioConnection) -> list[Finding]:
    client = connection.client()
    try:
        return await look(connection, client)
    finally:
        await client.http_client.close()


def _connection(settings: Settings) -> TwilioConnection:
    """To Twilio, or to the stand-in. Raises ConfigurationError where none is named."""
    if settings.sms_in_sandbox:
        return stand_in_connection(settings)
    connection = connection_of(settings)
    if connection is None:
        raise ConfigurationError(
            "OFFBOARD_TWILIO_ACCOUNT_SID is not set. It is on the first page of Twilio's console "
            "(AC…); docs/sms.md has the whole way."
        )
    return connection
