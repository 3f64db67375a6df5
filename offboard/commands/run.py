"""`offboard run`: starts the application and Rasa, and ends them together."""

import secrets
import signal
import sys

import typer
from pydantic import SecretStr

from offboard import bot
from offboard.commands.migrate import migrate_database
from offboard.configuration import load_settings, local_address, remember_port
from offboard.console import notice
from offboard.logs import configure_logs
from offboard.ports import listen, loopback_port
from offboard.production import check_ready
from offboard.rasa_process import RasaProcess
from offboarding.settings import Settings

application = typer.Typer()


@application.command()
def run() -> None:
    """Train if needed, start everything and print the address; Ctrl-C ends everything.

    Set OFFBOARD_RASA_URL where Rasa runs elsewhere; then none is started here.
    """
    # While the bot is trained, too, both end us; who starts us in the background ignores SIGINT.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    settings = load_settings()
    check_ready(settings)  # before anything is trained or brought up to date
    bound = listen(settings.host, settings.port)
    settings = complete(settings, bound.getsockname()[1])
    rasa = None if load_settings().rasa_url else rasa_process(settings)
    migrate_database(settings)
    remember_port(settings)
    configure_logs(settings)

    from offboard.serving import serve  # noqa: PLC0415 (a taken port is told before this loads)

    serve(settings, bound, rasa)


def complete(settings: Settings, port: int) -> Settings:
    """The settings with all that is decided at the start: ports, addresses and fresh tokens."""
    decided: dict[str, object] = {"port": port}
    if not settings.rasa_url:
        decided["rasa_port"] = loopback_port(settings.rasa_port)
        decided["rasa_url"] = f"http://127.0.0.1:{decided['rasa_port']}"
    for token in ("rasa_token", "action_token"):
        if getattr(settings, token) is None:
            decided[token] = SecretStr(secrets.token_urlsafe(32))
    return settings.model_copy(update=decided)


def rasa_process(settings: Settings) -> RasaProcess:
    """Rasa with the model to serve, not yet started."""
    model = bot.ensure_model()
    if not settings.rasa_token or not settings.action_token:
        raise AssertionError("complete() makes both tokens")
    action_token = settings.action_token.get_secret_value()
    return RasaProcess(
        bot.command("bot.serve", "--port", str(settings.rasa_port), "--model", str(model)),
        bot.environment(
            OFFBOARD_COMPANY_NAME=settings.company_name,
            OFFBOARD_RASA_TOKEN=settings.rasa_token.get_secret_value(),
            OFFBOARD_ACTION_ENDPOINT=(
                f"{local_address(settings)}/actions/webhook?token={action_token}"
            ),
        ),
        settings.data_directory / "rasa.log",
        notice,
    )
