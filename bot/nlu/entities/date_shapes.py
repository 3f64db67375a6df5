"""What a date looks like in a customer's words, in English, German and Spanish.

Every repetition is bounded, so that no text makes the search slow.
"""

from __future__ import annotations

from bot.nlu.entities.calendar_words import (
    DAYS_AWAY,
    DAYS_IN_DOUBT,
    MONTH_NUMBERS,
    MONTHS_ALONE,
    WEEKDAY_NUMBERS,
)
from bot.nlu.entities.shapes import compiled, words

_VOCABULARY = {
    "month": MONTH_NUMBERS,
    "month_alone": MONTHS_ALONE,
    "weekday": WEEKDAY_NUMBERS,
    "day_away": [*DAYS_AWAY, *DAYS_IN_DOUBT],
    # After one of these a bare day, month or year is a date: "since march", "bis 2027".
    "lead": words("""
        in on by since until till til from for before after of effective starting ending to early
        mid late during am ab bis im seit vor nach zum vom anfang mitte ende en el desde hasta de
        del
    """),
    "which": words("""
        this next last coming past diese dieser diesen dieses diesem nächste nächster nächsten
        nächstes nächstem letzte letzter letzten letztes letztem kommenden este esta próximo próxima
    """),
    "stretch": words("""
        week weekend month quarter year spring summer autumn fall winter season term period cycle
        woche wochenende monat monats quartal quartals jahr jahres semana mes trimestre año
    """),
    "whose": words("""
        the my our this next last current billing paid school tax dieses dieser nächsten este
    """),
    "end": ["ende", "anfang", "mitte"],
    "season": words("""
        spring summer autumn winter christmas xmas easter weihnachten ostern sommer herbst verano
        otoño invierno primavera navidad
    """),
    "part": [
        *words("end start beginning middle rest ende anfang mitte fin final finales principios"),
        "first day", "last day",
    ],
    "unit": words("""
        day days week weeks wk wks fortnight month months year years tag tagen woche wochen monat
        monaten jahr jahren día días semana semanas mes meses año años
    """),
    "number": words("""
        a an one two three four five six seven eight nine ten einem einer zwei drei vier un una dos
        tres cuatro
    """),
    # "the 2nd invoice" is no date.
    "counted": words("""
        time floor line account invoice bill payment charge box order email letter call message
        attempt person place half card user seat device reminder subscription plan month week year
        day quarter
    """),
}  # fmt: skip

_DAY = r"(?:0?[1-9]|[12][0-9]|3[01])(?:st|nd|rd|th|\.)?"
_YEAR = r"(?:19[5-9][0-9]|20[0-9]{2})"
_OF = r"(?:\s(?:of|de|del|the)\s|\s?,\s?|\s)"
_IN_YEAR = rf"(?:\.?{_OF}{_YEAR})"
_DAY_IN_MONTH = rf"(?:{_DAY}{_OF}?\L<month>|\b\L<month>\.?{_OF}?{_DAY}){_IN_YEAR}?"
_TO = r"\s?(?:to|until|till|-|\u2013|bis|al?)\s?"

_SHAPES = (
    # 2026-12-14, 14.12.2026, 12/14/26
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{1,2}([./-])[0-9]{1,2}\1(?:[0-9]{4}|[0-9]{2})",
    # on 03/04, am 3.11.
    rf"(?<=\b\L<lead>\s)(?:[0-9]{{1,2}}/[0-9]{{1,2}}|{_DAY}(?<=\.)[0-9]{{1,2}}\.)",
    # 14 December, Friday the 4th of December, Dec. 14, 2026, 3 to 17 August
    rf"(?:\L<weekday>,?\s)?(?:the\s)?(?:{_DAY}{_TO})?{_DAY_IN_MONTH}",
    # March 2025, in March, since 2019
    rf"\L<month>{_IN_YEAR}|\L<month_alone>",
    rf"(?<=\b\L<lead>\s)(?:\L<month>(?!\s(?:be|i|we|not)\b)|(?:the\s)?\L<season>|{_YEAR})",
    # on the 14th, from the 3rd to the 17th, the 30th of this month, zum 15.
    rf"(?<=\b(?:\L<lead>|and)\s)(?:the\s)?{_DAY}(?<=[a-z])(?!\s\L<counted>)",
    rf"(?:the\s)?{_DAY}(?<=[a-z])(?:{_TO}(?:the\s)?{_DAY}(?<=[a-z])|\sof\s(?:the|\L<which>)\smonth)",
    rf"(?<=\b(?:zum|am|ab|bis|vom)\s){_DAY}(?<=\.)",
    # tomorrow, on Friday, next month, last March, el mes pasado
    r"(?:the\s)?\L<day_away>|(?<!\b(?:every|each|jeden|cada)\s)\L<weekday>|(?:monats|jahres)ende",
    r"(?:the\s)?\L<which>\s(?:\L<stretch>|\L<weekday>|\L<month>)",
    r"\L<stretch>\s(?:pasad[oa]|que\sviene|próxim[oa])",
    # the end of the month, end of this billing period, fin de mes, Ende August
    (
        r"(?:the\s(?:very\s)?)?\L<part>\s(?:of|des|der|de|del)\s(?:\L<whose>\s){0,2}"
        r"(?:\L<stretch>|\L<month>)|\L<end>\s(?:\L<which>\s)?(?:\L<stretch>|\L<month>)"
    ),
    # in two weeks, 3 days ago, vor 2 Wochen, hace 3 días
    r"(?:in|vor|hace|dentro\sde|en)\s(?:\L<number>|[0-9]{1,3})\s\L<unit>",
    r"(?:\L<number>|[0-9]{1,3})\s\L<unit>\sago",
)

DATE_SHAPES = [
    # Not inside a word, a longer number or an amount.
    compiled(
        rf"(?<![\w$€£]|[.,/-](?=[0-9])|[0-9][.,])(?:{shape})(?![\w$€£%]|[.,/:-][0-9])", _VOCABULARY
    )
    for shape in _SHAPES
]
