"""What one reply of an agent does: says the reason back, gives a fact, offers, asks, hurries."""

import re
from dataclasses import dataclass, field

from offboarding.practice.facts import dates_written, same_day
from offboarding.practice.phrases import Phrases, quoted, says, sentences_of
from offboarding.practice.rules import Habit, ReviewRules
from offboarding.practice.scenario import Answer, Scenario

_WORD = re.compile(r"[^\W_]+(?:['\u2019-][^\W_]+)*")
_SHORT = 4
"""Words of a question that names nothing itself."""


@dataclass(frozen=True)
class Finding:
    """Something seen in a reply: why it matters, and the sentence."""

    because: str
    quote: str


@dataclass(frozen=True)
class Heard:
    """One reply, read. A quote that is None was not found."""

    words: int
    reason: str | None = None
    stock: str | None = None
    told: dict[str, str] = field(default_factory=dict)
    """Rows of the account sheet that were said, each with its sentence."""
    wrong_date: str | None = None
    offer: str | None = None
    pressure: tuple[Finding, ...] = ()
    habits: tuple[Finding, ...] = ()
    untrue: tuple[Finding, ...] = ()
    questions: tuple[str, ...] = ()
    yes_asked: dict[str, str] = field(default_factory=dict)
    """Deeds for which the yes was asked, each with its sentence."""
    claimed: dict[str, str] = field(default_factory=dict)
    """Deeds that were said to be done, each with its sentence."""
    asked_for: tuple[tuple[Answer, str], ...] = ()
    leaving: str | None = None
    warm: str | None = None
    door_open: str | None = None


def hear(scenario: Scenario, rules: ReviewRules, text: str, awaited: str | None) -> Heard:
    """Read a reply. Never fails, whatever the text; of a huge one only the begin is read.

    `awaited` is the deed of which a mere "Done." would speak, if any.
    """
    sentences = sentences_of(text)
    return Heard(
        words=len(_WORD.findall(text)),
        reason=_quote(Phrases(phrases=scenario.reason.heard_in), sentences),
        stock=_quote(rules.stock, sentences),
        told=_told(scenario, sentences),
        wrong_date=_wrong_date(scenario, sentences),
        offer=_offer(scenario, rules, sentences),
        pressure=_found(rules.pressure, sentences),
        habits=_found(rules.plain, sentences),
        untrue=_untrue(scenario, sentences),
        questions=_questions(rules, sentences),
        yes_asked=_yes_asked(rules, sentences),
        claimed=_claimed(rules, sentences, awaited),
        asked_for=_asked_for(scenario, rules, sentences),
        leaving=_quote(rules.farewell.leaving, sentences),
        warm=_quote(rules.farewell.warm, sentences),
        door_open=_quote(rules.farewell.door_open, sentences),
    )


def _quote(phrases: Phrases, sentences: tuple[str, ...]) -> str | None:
    found = phrases.found_in(sentences)
    return None if found is None else quoted(found)


def _found(habits: tuple[Habit, ...], sentences: tuple[str, ...]) -> tuple[Finding, ...]:
    quotes = ((habit.because, _quote(habit, sentences)) for habit in habits)
    return tuple(Finding(because, quote) for because, quote in quotes if quote)


def _untrue(scenario: Scenario, sentences: tuple[str, ...]) -> tuple[Finding, ...]:
    found = []
    for each in scenario.untrue:
        quote = _quote(Phrases(phrases=each.phrases, but_not=each.but_not), sentences)
        if quote:
            found.append(Finding(each.because, quote))
    return tuple(found)


def _told(scenario: Scenario, sentences: tuple[str, ...]) -> dict[str, str]:
    told = {}
    for name, fact in scenario.account.items():
        sentence = next((each for each in sentences if fact.is_in(each)), None)
        if sentence is not None:
            told[name] = quoted(sentence)
    return told


def _wrong_date(scenario: Scenario, sentences: tuple[str, ...]) -> str | None:
    """The first sentence with a date that neither the account sheet nor the day of play has."""
    right = [scenario.today, *scenario.other_days]
    right += [fact.date for fact in scenario.account.values() if fact.date is not None]
    for sentence in sentences:
        for written, with_year in dates_written(sentence):
            if not any(same_day(day, written, with_year=with_year) for day in right):
                return quoted(sentence)
    return None


def _offer(scenario: Scenario, rules: ReviewRules, sentences: tuple[str, ...]) -> str | None:
    taken_out = rules.offer.but_not + scenario.offers.asked_for
    return _quote(Phrases(phrases=rules.offer.phrases, but_not=taken_out), sentences)


def _questions(rules: ReviewRules, sentences: tuple[str, ...]) -> tuple[str, ...]:
    """Each question; a sentence that asks two things counts twice."""
    asked = []
    for sentence in sentences:
        if "?" not in sentence:
            continue
        asked.append(quoted(sentence))
        if says(sentence, rules.asking.several):
            asked.append(quoted(sentence))
    return tuple(asked)


def _yes_asked(rules: ReviewRules, sentences: tuple[str, ...]) -> dict[str, str]:
    """For which deeds; a short "Shall I?" takes its meaning from what was written before it."""
    asked: dict[str, str] = {}
    for number, sentence in enumerate(sentences):
        if rules.asking.for_yes.found_in([sentence]) is None:
            continue
        short = len(_WORD.findall(sentence)) <= _SHORT
        meant = " ".join(sentences[: number + 1]) if short else sentence
        for deed in rules.deeds:
            if says(meant, deed.spoken_of):
                asked.setdefault(deed.name, quoted(sentence))
    return asked


def _claimed(rules: ReviewRules, sentences: tuple[str, ...], awaited: str | None) -> dict[str, str]:
    claims = {deed.name: _quote(deed, sentences) for deed in rules.deeds}
    if awaited is not None and claims[awaited] is None:
        claims[awaited] = _quote(rules.done, sentences)
    return {name: quote for name, quote in claims.items() if quote}


def _asked_for(
    scenario: Scenario, rules: ReviewRules, sentences: tuple[str, ...]
) -> tuple[tuple[Answer, str], ...]:
    asking = [
        each for each in sentences if "?" in each or rules.asking.for_something.found_in([each])
    ]
    found = []
    for answer in scenario.answers:
        quote = _quote(Phrases(phrases=answer.asked), tuple(asking))
        if quote:
            found.append((answer, quote))
    return tuple(found)
