"""How far a copy of one's data is, in words: the same on its page and in the chat."""

from offboarding.accounts.model import Customer
from offboarding.exports.progress import SourceProgress
from offboarding.wording import number_text


def part_text(part: SourceProgress, customer: Customer) -> str:
    """How far one part of the copy is."""
    if part.finished:
        return f"Done: {rows_text(part.done, customer)}"
    if part.counted is None:
        return "To come" if part.done == 0 else rows_text(part.done, customer)
    return f"{number_text(part.done, customer.locale)} of {rows_text(part.counted, customer)}"


def rows_text(number: int, customer: Customer) -> str:
    """So many rows: 12,345 rows."""
    return "1 row" if number == 1 else f"{number_text(number, customer.locale)} rows"
