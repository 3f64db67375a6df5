"""What is suggested to an agent who asks for help: chosen and filled by policy/suggestions.yml."""

from collections.abc import Mapping
from datetime import date
from string import Formatter
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from offboarding.cases.reasons import ChurnReason
from offboarding.handoffs.causes import HandOffCause
from offboarding.policies.reading import PolicyModel

ALWAYS_KNOWN = frozenset({"number"})
OF_THE_ACCOUNT = frozenset(
    {
        "first_name",
        "plan",
        "ends_on",
        "spared_amount",
        "spared_on",
        "content_until",
        "invoices_until_year",
        "invoices_because",
        "refund",
    }
)
"""What a text may name of a customer of whom we are sure."""


def _fillable(text: str) -> str:
    try:
        named = _named(text)
    except ValueError:
        raise ValueError("a brace is not closed; {plan} has both") from None
    unknown = sorted(named - ALWAYS_KNOWN - OF_THE_ACCOUNT)
    if unknown:
        known = ", ".join(sorted(ALWAYS_KNOWN | OF_THE_ACCOUNT))
        raise ValueError(f"{{{unknown[0]}}} is not known; use one of {known}")
    return text


class Suggestion(PolicyModel):
    """One text, and for whom it is. A condition that is not given fits everybody."""

    name: Annotated[str, Field(min_length=1, max_length=64)]
    causes: frozenset[HandOffCause] | None = None
    reasons: frozenset[ChurnReason] | None = None
    text: Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(_fillable)]

    def fits(self, cause: HandOffCause, reason: ChurnReason | None) -> bool:
        """Whether both conditions fit."""
        return (self.causes is None or cause in self.causes) and (
            self.reasons is None or reason in self.reasons
        )


class SuggestionPolicy(PolicyModel):
    """policy/suggestions.yml."""

    version: date
    reviewed_by: str
    suggestions: Annotated[tuple[Suggestion, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _leaves_nobody_without_one(self) -> Self:
        last = self.suggestions[-1]
        if last.causes is not None or last.reasons is not None or _named(last.text) - ALWAYS_KNOWN:
            raise ValueError(
                "the last suggestion is for everybody: give it no condition, and no {braces} but "
                "{number}"
            )
        return self


def suggested(
    policy: SuggestionPolicy,
    cause: HandOffCause,
    reason: ChurnReason | None,
    values: Mapping[str, str],
) -> str:
    """The first text that fits and of which everything is known, filled."""
    return next(
        one.text.format_map(values)
        for one in policy.suggestions
        if one.fits(cause, reason) and _named(one.text) <= values.keys()
    )


def _named(text: str) -> set[str]:
    """What a text has in braces."""
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}
