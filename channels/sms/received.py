"""What Twilio says of a text that came in (twilio.com/docs/messaging/guides/webhook-request)."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import phonenumbers
from pydantic import BaseModel, ConfigDict, Field

_GROUP = re.compile(r"OtherRecipients\d*|Recipients\d*|GroupRecipients\d*")


class Unreadable(StrEnum):
    """Why what came in cannot be answered as a text."""

    NO_PHONE = "no_phone"
    """It comes from WhatsApp, RCS, a short code or a name: nothing that could be texted back."""
    GROUP = "group"
    """Others read along, so nothing about an account may be said."""
    MEDIA = "media"
    """A picture, a sound or a place, and no words."""
    EMPTY = "empty"


class ReceivedText(BaseModel):
    """One text. `sender` is whom of ours they wrote to: the number, or the Messaging Service."""

    model_config = ConfigDict(frozen=True)

    message_sid: Annotated[str, Field(alias="MessageSid", pattern=r"^[A-Z]{2}[0-9a-f]{32}$")]
    number: Annotated[str, Field(alias="From", min_length=1, max_length=40)]
    to: Annotated[str, Field(alias="To", min_length=1, max_length=40)]
    service: Annotated[str, Field(alias="MessagingServiceSid", max_length=34)] = ""
    body: Annotated[str, Field(alias="Body", max_length=5_000)] = ""
    media: Annotated[int, Field(alias="NumMedia", ge=0)] = 0
    latitude: Annotated[str, Field(alias="Latitude", max_length=40)] = ""
    opt_out_type: Annotated[str, Field(alias="OptOutType", max_length=20)] = ""
    """What Twilio's Advanced Opt-Out took it for, where it is on: STOP, START or HELP."""
    group: bool = False
    written_at: datetime | None = None
    """When Twilio got it, where that was not just now."""

    @property
    def sender(self) -> str:
        """Whom of ours they wrote to; an opt-out holds for a whole Messaging Service."""
        return self.service or self.to

    @property
    def digest(self) -> str:
        """Tells the same words again without keeping them."""
        said = f"{self.body}\n{self.media}"
        return hashlib.sha256(said.encode(errors="surrogatepass")).hexdigest()

    @property
    def unreadable(self) -> Unreadable | None:
        """Why nobody can answer it by a text, if that is so."""
        if not _is_phone(self.number):
            return Unreadable.NO_PHONE
        if self.group:
            return Unreadable.GROUP
        if self.body.strip():
            return None
        return Unreadable.MEDIA if self.media or self.latitude else Unreadable.EMPTY


def _is_phone(number: str) -> bool:
    """Whether it is a number in E.164 that some country's plan may have."""
    if not number.startswith("+"):
        return False
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return False


def read_text(form: Mapping[str, Sequence[str]]) -> ReceivedText:
    """The text of a webhook's form. Raises pydantic's ValidationError where it is none."""
    fields = {name: values[-1] for name, values in form.items() if values}
    group = any(_GROUP.fullmatch(name) for name in fields)
    return ReceivedText.model_validate({**fields, "group": group})
