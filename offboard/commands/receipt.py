"""`offboard receipt`: whether one is genuine, and the keys that sign them."""

import hashlib
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from offboard.configuration import load_settings
from offboard.console import notice, output
from offboarding import clock
from offboarding.receipts.keys import KeyDirectory, KeyRing, PublishedKey, key_ring
from offboarding.receipts.signed_file import MOST_BYTES
from offboarding.receipts.verifying import Verdict
from offboarding.receipts.verifying import verify as verdict_on

application = typer.Typer(no_args_is_help=True, help="Check receipts, and keep their keys.")

NOT_GENUINE = 1
UNREADABLE = 2
"""What `verify` ends with, beside 0."""


@application.command()
def verify(
    file: Annotated[Path, typer.Argument(help="The receipt (JSON); - reads what is piped in.")],
    keys: Annotated[
        Path | None,
        typer.Option(
            help="Check with the keys in this file, saved from <public URL>/receipts/keys, "
            "instead of this installation's."
        ),
    ] = None,
    conversation: Annotated[
        Path | None,
        typer.Option(help="Also whether this is the conversation that the receipt was made in."),
    ] = None,
) -> None:
    """Say in a sentence whether a receipt is genuine; ends with 1 if not, with 2 if unreadable."""
    content = _read(file, MOST_BYTES + 1)
    verdict = verdict_on(content, _keys(keys))
    output.print(verdict.sentence, markup=False)
    genuine = verdict.genuine
    if genuine and conversation is not None:
        genuine = _conversation_fits(verdict, _read(conversation))
    if not genuine:
        raise typer.Exit(NOT_GENUINE)


@application.command("keys")
def list_keys() -> None:
    """The keys that sign or signed receipts, the newest last."""
    directory = _directory()
    ring = directory.ring()
    if not ring.keys:
        output.print(f"There is no key in {directory.folder}.", markup=False)
    for key in ring.keys:
        until = f" until {_time(key.signs_until)}" if key.signs_until is not None else ""
        half = "here" if directory.private_path(key.kid).exists() else "not here"
        output.print(f"{key.kid}: {_state(key, ring)}", markup=False)
        output.print(f"    signs from {_time(key.signs_from)}{until} UTC; private half {half}")


@application.command("new-key")
def new_key(
    signs_from: Annotated[
        datetime | None,
        typer.Option(
            "--from",
            help="When it starts to sign, in UTC; the key before retires then. Default: now.",
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"],
        ),
    ] = None,
) -> None:
    """Make a key that signs receipts from now on, or from a later time."""
    directory = _directory()
    key = directory.add(signs_from.replace(tzinfo=UTC) if signs_from is not None else None)
    output.print(
        f"Key {key.kid} signs receipts from {_time(key.signs_from)} UTC on.\n"
        f"Its private half is {directory.private_path(key.kid)}: keep a copy where your secrets "
        "are kept. The public half is published at <public URL>/receipts/keys at once.",
        markup=False,
    )


# A name may begin with a hyphen, and is no option then.
@application.command("revoke-key", context_settings={"ignore_unknown_options": True})
def revoke_key(key: Annotated[str, typer.Argument(help="Its name in `receipt keys`.")]) -> None:
    """Let nothing count any more that a key signed, because others may have it."""
    directory = _directory()
    revoked = directory.revoke(key)
    output.print(f"Nothing that key {revoked.kid} signed counts any more.", markup=False)
    if directory.ring().signing(clock.now()) is None:
        notice("No key signs receipts now: `offboard receipt new-key` makes one.")


def _directory() -> KeyDirectory:
    return KeyDirectory(load_settings().receipt_keys)


def _keys(path: Path | None) -> KeyRing:
    if path is not None:
        return key_ring(_read(path).decode(errors="replace"), str(path))
    directory = _directory()
    ring = directory.ring()
    if not ring.keys:
        notice(
            f"There are no keys in {directory.folder} to check with. Save the company's from "
            "<public URL>/receipts/keys and name that file with --keys."
        )
        raise typer.Exit(UNREADABLE)
    return ring


def _read(path: Path, most_bytes: int = -1) -> bytes:
    try:
        if str(path) == "-":
            return sys.stdin.buffer.read(most_bytes)
        with path.open("rb") as file:
            return file.read(most_bytes)
    except OSError as error:
        notice(f"{path} can't be read: {error.strerror}.")
        raise typer.Exit(UNREADABLE) from error


def _conversation_fits(verdict: Verdict, content: bytes) -> bool:
    known = (verdict.receipt or {}).get("conversation")
    if known is None:
        output.print("The receipt tells of no conversation, so none can be checked.")
        return False
    if hashlib.sha256(content).hexdigest() != known["sha256"]:
        output.print(
            "The conversation is not the one that the receipt was made in, or was changed."
        )
        return False
    output.print("The conversation is the one of this receipt, word for word.")
    return True


def _state(key: PublishedKey, ring: KeyRing) -> str:
    moment = clock.now()
    if key.revoked_at is not None:
        return f"revoked on {_time(key.revoked_at)}"
    if key == ring.signing(moment):
        return "signs"
    return "not yet in use" if key.signs_from > moment else "retired"


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"
