"""Plain words: short, common, exact, one question at a time."""

import re
from collections.abc import Iterable, Iterator

from offboard.words.house import House
from offboard.words.reading_age import reading_age, word_count
from offboard.words.rules.rule import Fault, Rule, any_of, in_pieces, phrases
from offboard.words.texts import Piece, Response

READING_AGE = 12
ENOUGH_WORDS = 10
"""Fewer prove nothing: one long word more or less decides."""

_PLAIN = {
    "churn(?:ed|ing)?": "leaving",
    "retention|win[ -]?back": "what it is for the customer: an offer, a pause",
    "ticket": "request",
    "account holder": "you",
    "end user|user": "you, or customers",
    "agents?": "person",
    "escalat(?:e|ed|ing|ion)": 'ask a person: "I\'ve asked a person to look at it"',
    "process(?:ed|ing) (?:your|the|this)|(?:been|being|is|was|are|were) processed": (
        'what was done: "cancelled", "sent", "paid back"'
    ),
    "utili[sz](?:e|ed|es|ing|ation)": "use",
    "terminat(?:e|ed|es|ing|ion)": "end, cancel",
    "commenc(?:e|ed|es|ing|ement)": "begin",
    "facilitat(?:e|ed|es|ing)": "help",
    "assistance": "help",
    "regarding|with regard to|in regards to|pertaining to": "about",
    "prior to": "before",
    "subsequent(?:ly)?(?: to)?": "after",
    "in order to": "to",
    "in the event (?:of|that)": "if",
    "in accordance with|pursuant to": "as, because of",
    "at this time|at the present time": "now",
    "approximately": "about",
    "additional(?:ly)?": "more, also",
    "sufficient": "enough",
    "obtain": "get",
    "purchas(?:e|ed|es|ing)": "buy",
    "inquir(?:y|ies)|enquir(?:y|ies)": "question",
    "hereby|herein|thereof|henceforth": "nothing: leave it out",
    "respective(?:ly)?": "nothing: say which is which",
    "downgrad(?:e|ed|es|ing)|upsell|cross-sell": "move to a smaller plan",
    "proration|prorated|pro rata": "the amount, and for which days",
    "billing (?:cycle|period|term)|renewal date|current term": "the date: {ends_on}",
    "authenticat(?:e|ed|ion)|credentials|verification": "what is done: a code, a sign-in",
    "functionality": "what it does",
    "onboarding|offboarding|off-boarding|touchpoint|workflow|backend|slot|intent": (
        "what it means for the customer"
    ),
}
"""What a trade or an office says, and what people say."""

JARGON = {any_of(*theirs.split("|")): f"Plainer: {ours}." for theirs, ours in _PLAIN.items()}

VAGUE_TIME = {
    any_of(
        "soon(?! as)",
        "as soon as possible",
        "shortly",
        "in due course",
        "momentarily",
        "promptly",
        "eventually",
        "before long",
        "in the near future",
        "in a (?:while|bit|moment)",
        "at a later (?:date|time|point)",
        "(?:with)?in (?:a few|some|several|the next few) (?:minutes|hours|days|weeks)",
        "(?:with)?in (?:days|weeks)",
    ): "Give the day or the hour; if nobody can, say that no time can be promised.",
    r"\b(?:at|until|by|after)\s+the\s+(?:end|close)\s+of\s+(?:your|the|this)\s+"
    r"(?:current\s+)?(?:billing\s+|paid\s+|subscription\s+)?(?:period|cycle|term|month|year)\b": (
        "Give the date: {ends_on}."
    ),
}


def _too_old(piece: Piece) -> Iterator[tuple[str, str]]:
    age = reading_age(piece.words)
    if word_count(piece.words) >= ENOUGH_WORDS and age > READING_AGE:
        longest = sorted(set(re.findall(r"[A-Za-z-]{9,}", piece.words)), key=len)[::-1]
        words = f" Long words here: {', '.join(longest[:4])}." if longest else ""
        yield f"reads with ease from age {age:.1f} on", f"Shorter sentences, shorter words.{words}"


_easy_to_read = in_pieces(_too_old)


def _reads_early(response: Response, house: House) -> Iterable[Fault]:
    return _easy_to_read(response, house) if house.is_english(response.name) else ()


def _questions(piece: Piece) -> Iterator[tuple[str, str]]:
    count = piece.words.count("?")
    if count > 1:
        yield f"{count} question marks", "Ask the one that matters now; the other can wait."


RULES = (
    Rule(
        name="jargon",
        asks="No words of our trade, and none of an office.",
        why="A word that has to be looked up costs trust at the moment in which it is needed most.",
        source='Habit 12; GOV.UK style guide, "words to avoid"; US plain language guidelines',
        look=phrases(JARGON),
        everywhere=True,
    ),
    Rule(
        name="vague-time",
        asks="Times are dates and hours; where nobody can promise one, that is said.",
        why="Who leaves has to plan: a last day of use, a payment, a download; soon is no day.",
        source="Habit 3; Moffatt v. Air Canada, 2024 BCCRT 149: a bot's words bind its company",
        look=phrases(VAGUE_TIME),
        everywhere=True,
    ),
    Rule(
        name="reading-age",
        asks=(
            f"A text of {ENOUGH_WORDS} words or more reads with ease from age {READING_AGE} on "
            "(Flesch-Kincaid; what {braces} are filled with does not count)."
        ),
        why="People leave tired, hurried, or in a language that is not their first.",
        source="Habit 12; WCAG 2.2, 3.1.5 (reading level)",
        look=_reads_early,
        everywhere=True,
    ),
    Rule(
        name="one-question",
        asks="One text asks one question.",
        why="Of two questions people answer one, and nobody can tell which; a yes must be to one.",
        source="Habits 2 and 6 of docs/writing.md",
        look=in_pieces(_questions),
        everywhere=True,
    ),
)
