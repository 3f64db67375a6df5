"""Tone: nobody is made to feel guilty, hurried, cheered at, or at fault."""

import re
import unicodedata
from collections.abc import Iterator

from offboard.words.rules.rule import Rule, any_of, in_pieces, phrases
from offboard.words.texts import Piece

_ABBREVIATIONS = frozenset(
    "AM CSV EU EUR GBP ID IBAN JSON OK PDF PIN PM SHA SMS UK URL US USD VAT ZIP".split()  # noqa: SIM905
)
"""Words that everybody writes in capitals."""
_CAPITALS = re.compile(r"\b[A-Z]{2,}\b")
_NO_EMOJI = frozenset("\N{COPYRIGHT SIGN}\N{REGISTERED SIGN}\N{DEGREE SIGN}")
_EMOTICON = re.compile(r"(?<!\S)[:;]-?[)(DP](?!\w)")

GUILT = {
    any_of("hate to see you go", "sorry to see you (?:go|leave)", "sad (?:to see|that) you"): (
        "Say what happens now, and when."
    ),
    r"\b are\s+you\s+(?:really\s+|quite\s+|absolutely\s+)?sure\b": (
        'Ask for the yes plainly, after showing what it does: "Shall I cancel it?"'
    ),
    r"\b you(?:'ll|\s+will|'re\s+going\s+to|\s+would)\s+"
    r"(?:lose|miss|give\s+up|regret|no\s+longer\s+(?:enjoy|have))\b": (
        "Say what they keep and until when, and what is deleted on which day."
    ),
    any_of(
        "we'll miss you",
        "miss out",
        "missing out",
        "before you go",
        "don't go",
        "don't leave",
        "please stay",
        "stay with us",
        "reconsider",
        "(?:one more|another|a second) chance",
        "change your mind about leaving",
    ): "Leave it out: they have decided.",
    r"\b I\s+(?:don't|do\s+not)\s+(?:want|like|need)\s+(?:to\s+)?(?:save|savings|discounts?)\b": (
        'Name the choice for what it does: "Cancel it".'
    ),
}

HURRY = {
    any_of(
        "last chance",
        "final (?:chance|offer|reminder)",
        "only today",
        "today only",
        "act (?:now|fast|quickly)",
        "hurry",
        "limited[ -]time",
        "limited offer",
        "before it's too late",
        "don't wait",
        "while (?:it lasts|you (?:still )?can)",
        "one[ -]time (?:offer|deal)",
        "won't be (?:available|offered|repeated)",
    ): "Leave it out, or give the date until which it truly holds.",
    r"\b(?:only|just)\s+(?:\d+|\{\w+\}|a\s+few)\s+(?:\w+\s+)?(?:left|remaining|more)\b": (
        "Say what there is, without hurrying anybody."
    ),
    r"\b(?:offer|deal|discount)\s+(?:ends|expires|runs\s+out)\b": (
        "Give the dates from which and until which the price holds; answering has no hurry."
    ),
    r"\b(?:\d+|\{\w+\})\s+(?:hours?|minutes?|seconds?)\s+(?:left|remaining|to\s+(?:go|decide))\b"
    r" | \b\d{1,2}:\d\d:\d\d\b": (
        "No countdown: say the day or the hour at which something truly ends."
    ),
}

FEELINGS = {
    r"\b(?:I|we)(?:'m|'re|\s+am|\s+are)\s+(?:(?:so|very|really|truly|deeply|just)\s+)*"
    r"(?:sad|happy|glad|delighted|excited|thrilled|disappointed|pleased|proud|honou?red|touched"
    r"|heartbroken|devastated|upset|worried|grateful|thankful)\b": (
        "Say the fact or the next step; a program has no such feeling."
    ),
    r"\b(?:I|we)(?:'d|\s+would)\s+(?:(?:really|so)\s+)?(?:love|hate)\b": (
        "Ask for what is wanted, plainly."
    ),
    r"\b(?:I|we)\s+(?:really\s+|truly\s+|do\s+)?(?:love|feel|care|hope|wish|fear|worry)\b": (
        "Say the fact or the next step; a program has no such feeling."
    ),
    r"\b(?:I|we)\s+(?:completely\s+|totally\s+|fully\s+)?(?:understand|know|can\s+imagine)\s+"
    r"(?:how|your\s+(?:frustration|anger|disappointment|feelings?)|that\s+must)\b": (
        "Say back the fact that caused it, in their words, and the next step."
    ),
}

PERSON = {
    r"\b my\s+name\s+is\b | \b call\s+me\s+[A-Z]": (
        "It has no name; it is the automated assistant of {company_name}."
    ),
    r"\b I(?:'m|\s+am)\s+(?:also\s+|only\s+|just\s+)?(?:a|an|the|your)\s+"
    r"(?:(?:real|human|actual|personal|customer|support|live)\s+)*"
    r"(?:human|person|agent|representative|advis[eo]r|specialist|colleague|expert|rep)\b": (
        "Say that it is a program, and offer a person."
    ),
    r"\b I(?:'m|\s+am)\s+only\s+human\b": "Say that it is a program, and offer a person.",
    any_of("my colleagues?", "my manager", "my boss", "my team"): (
        'Say who it truly is: "a person of our support team".'
    ),
    r"\b as\s+a\s+(?:human|person|customer|user)\s+(?:myself|too)\b": "Leave it out.",
}

BLAME = {
    r"\b(?:I|we)\s+(?:still\s+|really\s+)?(?:didn't|don't|did\s+not|do\s+not|couldn't|could\s+not"
    r"|can't|cannot)\s+(?:quite\s+)?(?:understand|get|follow|make\s+sense\s+of)\s+"
    r"(?:you|that|this|it|what|your)\b": (
        'Take the doubt on yourself and help on: "I\'m not sure I got that. Which of these is it?"'
    ),
    any_of(
        "rephrase",
        "be (?:clearer|more specific)",
        "(?:in|use|with) (?:different|other) words",
        "(?:that|this|it|message) makes? no sense",
    ): ("Offer choices or a person instead of sending them back to their own words."),
    any_of("invalid", "illegal", "incorrect(?:ly)?", "you failed", "you forgot", "your mistake"): (
        "Say what is needed and what it looks like."
    ),
    any_of(
        "you must",
        "you have to (?:enter|give|provide|send|try|type|use|write)",
        "you should have",
        "you did(?:n't| not)",
    ): ("Say what can be done, or what is needed and why."),
}

STOCK = {
    any_of("sorry to hear", "sorry about that"): (
        "Say back what they said, once and in fewer words."
    ),
    any_of(
        "(?:for )?any inconvenience", "inconvenience caused"
    ): "Name what happened, and the mend.",
    any_of(
        "valued (?:customer|member)",
        "we (?:really |truly )?(?:value|appreciate)",
        "your (?:feedback|opinion|call) is (?:very )?(?:important|valuable)",
        "always (?:working|striving|looking)",
        "great question",
        "happy to help",
        "for your (?:patience|understanding|cooperation)",
    ): "Thank for something real, or leave it out.",
}


def _exclamation_marks(piece: Piece) -> Iterator[tuple[str, str]]:
    if "!" in piece.words:
        yield '"!"', "A full stop will do."


def _capitals(piece: Piece) -> Iterator[tuple[str, str]]:
    for word in _CAPITALS.findall(piece.words):
        if word not in _ABBREVIATIONS:
            yield f'"{word}"', f'Write "{word.lower()}", or "{word.capitalize()}" if it is a name.'


def _emoji(piece: Piece) -> Iterator[tuple[str, str]]:
    for character in piece.words:
        if unicodedata.category(character) == "So" and character not in _NO_EMOJI:
            name = unicodedata.name(character, "an emoji").lower()
            yield f'"{character}" ({name})', "Leave it out, or say it in words."
    for emoticon in _EMOTICON.findall(piece.words):
        yield f'"{emoticon}"', "Leave it out, or say it in words."


RULES = (
    Rule(
        name="guilt",
        asks="Nobody is made to feel bad about leaving, or told what they will lose.",
        why="Guilt makes people stay who want to leave; they then leave later, and angry.",
        source=(
            "Habits 4 and 9 of docs/writing.md; house rule R6 (no guilt, no list of losses); "
            'confirm shaming in FTC, "Bringing Dark Patterns to Light" (2022)'
        ),
        look=phrases(GUILT),
        everywhere=True,
    ),
    Rule(
        name="hurry",
        asks="No offer has a false deadline, and nothing counts down.",
        why="A deadline that we could move is untrue, and takes from people the time to think.",
        source=(
            "Habit 4; house rule R6 (no false deadline); EU Directive 2005/29/EC, Annex I, 7; "
            'false urgency in FTC, "Bringing Dark Patterns to Light" (2022)'
        ),
        look=phrases(HURRY),
        everywhere=True,
    ),
    Rule(
        name="feelings",
        asks="The assistant claims no feelings.",
        why="A program that claims to be sad or glad lies, and it does so to move somebody.",
        source="Habits 9 and 11 of docs/writing.md",
        look=phrases(FEELINGS),
        everywhere=True,
    ),
    Rule(
        name="person",
        asks="The assistant never passes for a person.",
        why="Who believes to talk with a person says other things, and trusts other promises.",
        source=(
            "Habit 9; house rule R1 (say at the start that a machine speaks); California Business "
            "and Professions Code 17941; EU AI Act (2024/1689), Article 50"
        ),
        look=phrases(PERSON),
        everywhere=True,
    ),
    Rule(
        name="exclamation",
        asks="No exclamation marks.",
        why="At a farewell it sounds as if nobody had listened, and to the angry it sounds loud.",
        source="Habit 12 of docs/writing.md",
        look=in_pieces(_exclamation_marks),
        everywhere=True,
    ),
    Rule(
        name="capitals",
        asks="No words in capitals, beside abbreviations that everybody knows.",
        why="Capitals shout, are slower to read, and some screen readers spell them out.",
        source="Habit 12; GOV.UK style guide, on capital letters",
        look=in_pieces(_capitals),
        everywhere=True,
    ),
    Rule(
        name="emoji",
        asks="No emoji and no emoticons.",
        why=(
            "Nobody knows the mood of the one who reads; a screen reader speaks the emoji's name, "
            "and in an SMS one emoji more than halves what fits."
        ),
        source="Habit 12 of docs/writing.md",
        look=in_pieces(_emoji),
        everywhere=True,
    ),
    Rule(
        name="stock-phrase",
        asks="No phrase that fits everything.",
        why="What could be said to anybody tells this customer that nobody has heard them.",
        source="Habits 1 and 7 of docs/writing.md",
        look=phrases(STOCK),
        everywhere=True,
    ),
    Rule(
        name="please-note",
        asks='No "please note" and its like.',
        why="It delays the fact that it announces, and sounds like an office.",
        source="Habit 12; GOV.UK style guide, on plain English",
        look=phrases(
            {
                any_of(
                    "(?:please )?(?:kindly )?(?:take )?note that",
                    "please (?:note|be (?:aware|advised))",
                    "be advised",
                    "kindly",
                    "it should be noted",
                    "for your information",
                ): "Say the fact itself."
            }
        ),
        everywhere=True,
    ),
    Rule(
        name="unfortunately",
        asks='No "unfortunately" and its like.',
        why="It asks for sympathy with us; what helps is the fact, and what is possible instead.",
        source="Habits 2 and 11 of docs/writing.md",
        look=phrases(
            {
                any_of("unfortunately", "regrettably", "sadly", "I'm afraid", "we regret"): (
                    "Say what cannot be done, then what can."
                )
            }
        ),
        everywhere=True,
    ),
    Rule(
        name="blame",
        asks="When something is not understood or not right, the customer is not at fault.",
        why="Who is told to rephrase has to guess what a program can't read, and gives up.",
        source="Habit 8; GOV.UK Design System, on error messages",
        look=phrases(BLAME),
        everywhere=True,
    ),
)
