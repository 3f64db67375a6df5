"""`offboard chat`: talks in the terminal to a running application, through its web API."""

import sys
from typing import Annotated

import typer

from offboard.configuration import local_address, settings_beside_it
from offboard.console import notice
from offboard.web_conversation import RefusedError, Talk, WebConversation
from offboarding.errors import ConfigurationError

application = typer.Typer()

PERSON = "/person"
QUIT = "/quit"


@application.command()
def chat(
    *,
    url: Annotated[
        str, typer.Option(help="Where the application runs. Default: on this machine.")
    ] = "",
    identity_token: Annotated[
        str, typer.Option(help="Signed identity of a customer, as a website would hand it over.")
    ] = "",
) -> None:
    """Talk to the running assistant. A number picks a quick reply; /person, /quit."""
    address = url or local_address(settings_beside_it())
    with WebConversation(address, identity_token) as conversation:
        talk = conversation.listen()
        notice("Write as a customer would. A number picks a quick reply; /person, /quit (Ctrl-D).")
        while (line := _next_line(talk)) is not None:
            if line:
                _say(line, conversation, talk)
            if talk.ended:
                raise ConfigurationError(f"The application at {address} has ended.")


def _say(line: str, conversation: WebConversation, talk: Talk) -> None:
    try:
        sequence = conversation.send(_message(line, talk))
    except RefusedError as error:
        notice(error.sentence)
    else:
        talk.wait_for_answer(after=sequence)


def _next_line(talk: Talk) -> str | None:
    """What the person writes next; None at the end."""
    if sys.stdin.isatty():
        talk.wait_until_quiet()
    try:
        line = input("> " if sys.stdin.isatty() else "").strip()
    except (EOFError, KeyboardInterrupt):
        return None
    return None if line == QUIT else line


def _message(line: str, talk: Talk) -> dict[str, str]:
    """The web API's message for a line: a command, a quick reply by its number, or the words."""
    if line == PERSON:
        return {"command": "talk_to_person"}
    if line.isdecimal() and 0 < int(line) <= len(talk.quick_replies):
        return {"quick_reply": talk.quick_replies[int(line) - 1]["id"]}
    return {"text": line}
