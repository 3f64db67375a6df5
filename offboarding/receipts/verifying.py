"""Whether a receipt is genuine, in one sentence that claims no more than is proven."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from offboarding.receipts.keys import KeyRing, PublishedKey
from offboarding.receipts.signed_file import (
    NoReceiptError,
    SignedFile,
    alike,
    read_file,
    signed_receipt,
)
from offboarding.wording import moment_text_in


class Outcome(StrEnum):
    """What came of looking at a file."""

    GENUINE = "genuine"
    CHANGED = "changed"
    """The signature is ours; what stands beside it is not what was signed."""
    UNKNOWN_KEY = "unknown_key"
    NOT_SIGNED = "not_signed"
    """It names one of our keys, and that key did not sign it."""
    NOT_TRUSTED = "not_trusted"
    """A key of ours signed it that did not, or does not, count."""
    NO_RECEIPT = "no_receipt"


@dataclass(frozen=True)
class Verdict:
    """What is proven. `receipt` is what was signed, and None unless it is genuine."""

    outcome: Outcome
    sentence: str
    receipt: dict[str, Any] | None = None

    @property
    def genuine(self) -> bool:
        """Whether the company confirmed just this."""
        return self.outcome is Outcome.GENUINE


def verify(content: bytes, keys: KeyRing) -> Verdict:
    """What a file proves, whatever it is. Needs the published keys and nothing else."""
    try:
        file = read_file(content)
    except NoReceiptError as error:
        return Verdict(Outcome.NO_RECEIPT, error.sentence)
    key = keys.find(file.key_id or "")
    if key is None:
        return Verdict(
            Outcome.UNKNOWN_KEY,
            "This is not proven: the key that it says it was signed with was never published by "
            "us, so anybody may have written it.",
        )
    receipt = signed_receipt(file.signature, key.public)
    if receipt is None:
        return Verdict(
            Outcome.NOT_SIGNED,
            "This is not genuine: its signature was not made with our key, or was changed since.",
        )
    return _judge(file, receipt, key)


def _judge(file: SignedFile, receipt: dict[str, Any], key: PublishedKey) -> Verdict:
    """Judge what was truly signed with one of our keys."""
    if not alike(receipt, file.receipt):
        parts = _differing(receipt, file.receipt)
        return Verdict(
            Outcome.CHANGED,
            f"This was changed after it was signed, in {parts}: what it says there proves nothing.",
        )
    signed_at = datetime.fromisoformat(receipt["signed_at"])
    signed_on = _moment(signed_at, receipt)
    if key.revoked_at is not None:
        return Verdict(
            Outcome.NOT_TRUSTED,
            f"This is not proven: its key was revoked on {_moment(key.revoked_at, receipt)} "
            "because others may have had it, so the receipt may be theirs; ask for a new one.",
        )
    if not key.signs_at(signed_at):
        return Verdict(
            Outcome.NOT_TRUSTED,
            f"This is not proven: it says it was signed on {signed_on}, and its key did not sign "
            "for us then.",
        )
    retired = (
        f" with a key that was retired on {_moment(key.signs_until, receipt)}"
        if key.signs_until is not None
        else ""
    )
    return Verdict(
        Outcome.GENUINE,
        f"This is genuine: {receipt['issuer']['company']} signed it on {signed_on}{retired}, and "
        "nothing in it was changed since; it proves what was confirmed then, not what happened "
        "later.",
        receipt,
    )


def _differing(signed: dict[str, Any], shown: dict[str, Any]) -> str:
    """The parts that are not as signed. Names are those that we signed; added ones are not said."""
    names = [f"`{name}`" for name in signed if not _same(name, signed, shown)]
    if set(shown) - set(signed):
        names.append("a part that was added")
    return " and ".join(names)


def _same(name: str, signed: dict[str, Any], shown: dict[str, Any]) -> bool:
    return name in shown and alike(signed[name], shown[name])


def _moment(moment: datetime, receipt: dict[str, Any]) -> str:
    """An instant as whoever the receipt is for reads it."""
    read_in = receipt.get("read_in") or {}
    return moment_text_in(moment, read_in.get("time_zone"), read_in.get("locale"))
