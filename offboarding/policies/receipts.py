"""What the law asks of a receipt: the shape of policy/receipts.yml."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from offboarding.policies.reading import PolicyModel, read_policy
from offboarding.policies.rules import Jurisdiction
from offboarding.receipts.model import Declaration

FILE = "receipts.yml"


class ReceiptField(StrEnum):
    """Part of a signed receipt that a rule may ask for; named as in the document."""

    CASE_NUMBER = "case_number"
    RECEIVED_AT = "received_at"
    DECLARATION = "declaration"
    PLAN_NAME = "plan_name"
    ENDS_AT = "ends_at"
    SPARED_MINOR = "spared_minor"
    REFUND_MINOR = "refund_minor"
    CURRENCY = "currency"
    CONTENT_UNTIL = "content_until"
    INVOICES_UNTIL_YEAR = "invoices_until_year"
    INVOICES_BECAUSE = "invoices_because"
    RETURN = "return"
    ISSUER = "issuer"


class ReceiptRule(PolicyModel):
    """One rule: where and since when it holds, and which parts it asks for."""

    source: Annotated[str, Field(min_length=1)]
    """The provision, as a lawyer finds it."""
    where: Literal["everywhere"] | frozenset[Jurisdiction]
    """Countries, with or without region; a country's rule holds in all its regions."""
    since: date
    until: date | None = None
    """The first day on which it holds no more."""
    declarations: frozenset[Declaration] = frozenset(Declaration)
    fields: Annotated[frozenset[ReceiptField], Field(min_length=1)]

    def holds(self, jurisdiction: str, day: date, declaration: Declaration) -> bool:
        """Whether it asks something of a receipt for such a declaration, there and then."""
        country = jurisdiction.partition("-")[0]
        there = self.where == "everywhere" or not self.where.isdisjoint({jurisdiction, country})
        then = self.since <= day and (self.until is None or day < self.until)
        return there and then and declaration in self.declarations


class ReceiptPolicy(PolicyModel):
    """policy/receipts.yml."""

    version: date
    reviewed_by: str
    rules: tuple[ReceiptRule, ...]

    def holding(self, jurisdiction: str, day: date, declaration: Declaration) -> list[ReceiptRule]:
        """The rules for a receipt, in the order of the file."""
        return [rule for rule in self.rules if rule.holds(jurisdiction, day, declaration)]


def receipt_policy(folder: Path) -> ReceiptPolicy:
    """The rules in a folder of policies. Raises PolicyError."""
    return read_policy(folder / FILE, ReceiptPolicy)


def lacking(rules: list[ReceiptRule], document: Mapping[str, Any]) -> list[str]:
    """The parts that rules ask for and a document has not, by name."""
    asked = {field.value for rule in rules for field in rule.fields}
    return sorted(asked - set(document))
