"""Holding one reply against the house rules, in the light of what was said before it."""

from collections.abc import Iterator

from offboarding.practice.hearing import Heard
from offboarding.practice.progress import Notice, Progress
from offboarding.practice.rules import Occasion, ReviewRules, Rule
from offboarding.practice.scenario import Scenario, Wanted


def notices(
    scenario: Scenario, rules: ReviewRules, progress: Progress, heard: Heard
) -> list[Notice]:
    """What the review will say of a reply; `progress` is as it was before it."""
    return [
        *_of_reason(scenario, rules, progress, heard),
        *_of_offers(scenario, progress, heard),
        *_of_facts(heard),
        *_of_deeds(scenario, rules, progress, heard),
        *_of_questions(scenario, progress, heard),
        *_of_words(rules, heard),
    ]


def _of_reason(
    scenario: Scenario, rules: ReviewRules, progress: Progress, heard: Heard
) -> Iterator[Notice]:
    if progress.acknowledged:
        return
    if heard.reason:
        number = progress.replies + 1
        in_time = number <= _reason_due(scenario, rules)
        because = (
            "You said back what they told you."
            if in_time
            else (f"It came only in your reply {number}; they had waited for it from the start.")
        )
        yield Notice(rule=Rule.REASON, met=in_time, because=because, quote=heard.reason)
    elif heard.stock:
        because = f"This fits every customer. Theirs was: {scenario.reason.in_short}"
        yield Notice(rule=Rule.REASON, met=False, because=because, quote=heard.stock)


def _reason_due(scenario: Scenario, rules: ReviewRules) -> int:
    """The reply in which the reason is said back at the latest; later where they ask first."""
    steps = [beat.wants for beat in scenario.beats]
    wanted = Wanted.ACKNOWLEDGEMENT
    return rules.reason_within + (steps.index(wanted) if wanted in steps else 0)


def _of_offers(scenario: Scenario, progress: Progress, heard: Heard) -> Iterator[Notice]:
    for finding in heard.pressure:
        yield Notice(
            rule=Rule.PRESSURE,
            met=False,
            because=finding.because,
            quote=finding.quote,
            occasion=Occasion.PRESSURE,
        )
    if heard.offer is None:
        return
    because, occasion = "You made one offer.", Occasion.OFFER
    if scenario.offers.barred:
        because, occasion = scenario.offers.barred, Occasion.OFFER_BARRED
    elif progress.offers:
        because = "They had an offer already and did not take it. A no is a no."
        occasion = Occasion.OFFER_AGAIN
    yield Notice(
        rule=Rule.OFFER,
        met=occasion is Occasion.OFFER,
        because=because,
        quote=heard.offer,
        occasion=occasion,
    )


def _of_facts(heard: Heard) -> Iterator[Notice]:
    if heard.wrong_date:
        because = "This date is not on the account sheet."
        yield Notice(rule=Rule.ANSWER, met=False, because=because, quote=heard.wrong_date)
    for finding in heard.untrue:
        yield Notice(rule=Rule.TRUTH, met=False, because=finding.because, quote=finding.quote)


def _of_deeds(
    scenario: Scenario, rules: ReviewRules, progress: Progress, heard: Heard
) -> Iterator[Notice]:
    to_be_asked = {beat.deed for beat in scenario.beats if beat.wants is Wanted.ASK_YES}
    for name, quote in heard.yes_asked.items():
        if name in to_be_asked:
            because = "You asked for the yes before you did it."
            yield Notice(rule=Rule.YES, met=True, because=because, quote=quote)
    for name, quote in heard.claimed.items():
        deed = next(deed for deed in rules.deeds if deed.name == name)
        if name not in scenario.may:
            because = "You said that this is done. In this scenario it was not in your hands."
            yield Notice(rule=Rule.TRUTH, met=False, because=because, quote=quote)
        elif deed.needs_yes and name not in progress.agreed | progress.done:
            yield Notice(
                rule=Rule.YES,
                met=False,
                because="You said that it is done before they had said yes.",
                quote=quote,
                occasion=Occasion.TOO_EARLY,
            )


def _of_questions(scenario: Scenario, progress: Progress, heard: Heard) -> Iterator[Notice]:
    for answer, quote in heard.asked_for:
        if answer.says is None or scenario.answers.index(answer) in progress.answered:
            yield Notice(
                rule=Rule.REPEAT,
                met=False,
                because=f"They had told you already: {answer.what}.",
                quote=quote,
                occasion=Occasion.REPEAT,
            )
    if len(heard.questions) > 1:
        yield Notice(
            rule=Rule.ONE_QUESTION,
            met=False,
            because=f"One reply asked {len(heard.questions)} questions; people answer one of them.",
            quote=heard.questions[-1],
            occasion=Occasion.QUESTIONS,
        )


def _of_words(rules: ReviewRules, heard: Heard) -> Iterator[Notice]:
    if heard.words > rules.words_at_most:
        because = f"One reply had {heard.words} words; {rules.words_at_most} are plenty."
        yield Notice(rule=Rule.PLAIN, met=False, because=because, occasion=Occasion.LONG)
    for finding in heard.habits:
        yield Notice(rule=Rule.PLAIN, met=False, because=finding.because, quote=finding.quote)
