"""Facts and links shown together in a talk, such as what will happen and when."""

from typing import Annotated

from pydantic import BaseModel, Field


class CardRow(BaseModel):
    """One fact of a card."""

    label: str
    value: str


class CardLink(BaseModel):
    """One link of a card: within this application (`/…`), or to another over http(s)."""

    title: str
    url: Annotated[str, Field(pattern=r"^(/([^/\\].*)?|https?://.+)$")]


class Card(BaseModel):
    """Facts and links shown together. `kind` lets the customer's side choose how."""

    kind: str
    title: str = ""
    rows: list[CardRow] = []
    links: list[CardLink] = []
    note: str | None = None
