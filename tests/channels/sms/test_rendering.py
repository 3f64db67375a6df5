"""What is shown in a conversation is said by text: short, in order, and with nothing lost."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.conversations.messages import ShownMessage, ShownQuickReply
from channels.conversations.model import Author
from channels.sms.choices import chosen
from channels.sms.rendering import texts_of, texts_of_turn
from channels.sms.segments import (
    MOST_SEGMENTS_A_TEXT,
    MOST_SEGMENTS_A_TURN,
    plain,
    segmentation,
)
from channels.texts import Texts
from offboard.words.house import read_house
from offboarding.settings import REPOSITORY

BASE = "https://help.larkspur.example"
LETTER = "This is what I have found about the payment, and what I can do about it. " * 12
TERMS = {
    "kind": "terms",
    "title": "What will happen",
    "rows": [
        {"label": "Plan", "value": "Pro yearly"},
        {"label": "Access", "value": "You keep it until 14 December."},
    ],
    "links": [],
    "note": None,
}
RECEIPT = {
    "kind": "receipt",
    "title": "Receipt 7F3K-22",
    "rows": [{"label": "Ends", "value": "14 December"}],
    "links": [{"title": "Open the receipt", "url": "/receipts/abc"}],
    "note": None,
}


def message(
    text: str = "",
    *titles: str,
    author: Author = Author.BOT,
    name: str | None = None,
    card: dict[str, Any] | None = None,
) -> ShownMessage:
    return ShownMessage(
        sequence=1,
        author=author,
        text=text,
        created_at=datetime(2026, 11, 28, tzinfo=UTC),
        client_key=None,
        quick_replies=tuple(
            ShownQuickReply(id=f"reply-{index}", title=title) for index, title in enumerate(titles)
        ),
        card=card,
        author_name=name,
    )


def segments(texts: Sequence[str]) -> int:
    return sum(segmentation(text).segments for text in texts)


def test_a_message_is_one_text_with_its_choices_numbered_below() -> None:
    assert texts_of(message("Shall I cancel it?", "Yes, cancel it", "No, keep it"), BASE) == [
        "Shall I cancel it?\n1 = Yes, cancel it\n2 = No, keep it"
    ]


def test_typographic_characters_do_not_make_it_dearer() -> None:
    assert texts_of(message("It’s done – you’re free…", "“Fine”"), BASE) == [  # noqa: RUF001
        "It's done - you're free...\n1 = \"Fine\""
    ]


def test_a_choice_that_networks_act_on_is_made_by_its_number() -> None:
    assert texts_of(message("Which one?", "Start", "Yes"), BASE) == [
        "Which one?\n1 = Start (send 1)\n2 = Yes (send 2)"
    ]


def test_short_messages_of_a_turn_go_as_one_text() -> None:
    assert texts_of_turn(
        [message("That is a plain reason."), message("Cancel it?", "No")], BASE
    ) == ["That is a plain reason.\nCancel it?\n1 = No"]


def test_messages_that_would_cost_more_as_one_text_stay_apart() -> None:
    polish = "Dziękuję."
    english = "a" * 150
    assert texts_of_turn([message(english), message(polish)], BASE) == [english, polish]


def test_only_the_newest_choices_can_be_made() -> None:
    [text] = texts_of_turn([message("First?", "One of them"), message("Second?", "Another")], BASE)
    assert text == "First?\nSecond?\n1 = Another"


def test_nothing_is_put_below_the_choices() -> None:
    turn = [message("Cancel it?", "No"), message("I am here.", author=Author.SYSTEM)]
    assert texts_of_turn(turn, BASE) == ["Cancel it?\n1 = No", "I am here."]


def test_what_customers_wrote_is_not_sent_back_to_them() -> None:
    turn = [message("hello", author=Author.CUSTOMER), message("Hello.")]
    assert texts_of_turn(turn, BASE) == ["Hello."]
    assert texts_of_turn(turn[:1], BASE) == []


def test_an_agents_words_begin_with_their_name_and_notices_are_plain() -> None:
    turn = [
        message("A person has joined: Sam.", author=Author.SYSTEM),
        message("Hello, how can I help?", author=Author.AGENT, name="Sam"),
        message("It was 29 €.", author=Author.AGENT, name="Sam"),
        message("The assistant is back.", author=Author.SYSTEM),
    ]
    assert texts_of_turn(turn, BASE) == [
        "A person has joined: Sam.",
        "Sam: Hello, how can I help?",
        "Sam: It was 29 €.",
        "The assistant is back.",
    ]


def test_a_card_becomes_short_lines_and_its_links_are_whole() -> None:
    assert texts_of(message("Done.", card=RECEIPT), f"{BASE}/") == [
        f"Done.\nReceipt 7F3K-22\nEnds: 14 December\nOpen the receipt: {BASE}/receipts/abc"
    ]
    elsewhere = {**RECEIPT, "links": [{"title": "Elsewhere", "url": "https://example.org/a"}]}
    assert texts_of(message(card=elsewhere), BASE)[0].endswith("Elsewhere: https://example.org/a")


def test_the_title_of_a_card_is_not_said_twice() -> None:
    link = {"title": "Cancel on a page", "url": "/cancel"}
    card = {"kind": "cancel_page", "title": "Cancel on a page", "links": [link]}
    assert texts_of(message("I can't answer now.", card=card), BASE) == [
        f"I can't answer now.\nCancel on a page: {BASE}/cancel"
    ]


def test_what_is_asked_comes_after_the_card_and_before_its_choices() -> None:
    asked = message("This will happen. Shall I cancel it?", "No, keep it", card=TERMS)
    assert texts_of(asked, BASE) == [
        (
            "This will happen.\nWhat will happen\nPlan: Pro yearly\n"
            "Access: You keep it until 14 December.\nShall I cancel it?\n1 = No, keep it"
        )
    ]


def test_an_amount_or_an_address_is_not_taken_for_the_end_of_a_sentence() -> None:
    asked = message("Is https://a.example/b at 29.00 a month right?", "No", card=TERMS)
    assert "\nIs https://a.example/b at 29.00 a month right?\n1 = No" in texts_of(asked, BASE)[0]


def test_a_long_turn_loses_the_note_first() -> None:
    card = {**TERMS, "note": "Prices include tax. " * 14}
    turn = [message("Pro yearly " + "a" * 420, card=card), message("Cancel it?", "No")]
    texts = texts_of_turn(turn, BASE)
    assert segments(texts) <= MOST_SEGMENTS_A_TURN
    assert "Prices include tax" not in " ".join(texts)
    assert "Plan: Pro yearly" in " ".join(texts)


def test_then_it_loses_rows_that_only_repeat_the_message() -> None:
    rows = [
        {"label": "Plan", "value": "Pro yearly"},
        {"label": "Case", "value": "7F3K-22"},
        {"label": "Refund", "value": "No"},
    ]
    text = "Your plan Pro yearly has ended. " + "There is no more to pay. " * 29
    texts = " ".join(texts_of(message(text, card={**TERMS, "rows": rows}), BASE))
    assert "Plan: Pro yearly" not in texts
    assert "Case: 7F3K-22" in texts
    assert "Refund: No" in texts, "it says something of its own"


def test_what_is_still_too_long_is_sent_whole() -> None:
    turn = [message(f"Fact {number}: " + "a" * 300) for number in range(4)]
    texts = texts_of_turn(turn, BASE)
    assert [text[:6] for text in texts] == ["Fact 0", "Fact 1", "Fact 2", "Fact 3"]


def test_a_long_letter_is_split_and_marked() -> None:
    texts = texts_of(message(LETTER, author=Author.AGENT, name="Sam"), BASE)
    assert [text.partition(" This")[0] for text in texts] == ["Sam (1/2):", "Sam (2/2):"]
    assert " ".join(text.partition(": ")[2] for text in texts) == LETTER.strip()


def test_a_question_stays_with_its_choices_in_the_last_text() -> None:
    texts = texts_of(message(f"{LETTER}Shall I cancel it?", "Cancel it", "Keep it"), BASE)
    assert len(texts) > 1
    assert texts[-1].endswith("Shall I cancel it?\n1 = Cancel it\n2 = Keep it")


def test_more_choices_than_fit_are_still_all_named() -> None:
    titles = [f"The plan of {'a' * 60} number {number}" for number in range(12)]
    said = "\n".join(texts_of(message("Which one?", *titles), BASE))
    assert all(f"{number} = {title}" in said for number, title in enumerate(titles, start=1))


def test_a_long_name_leaves_room_for_words() -> None:
    texts = texts_of(message(LETTER, author=Author.AGENT, name="Ş" * 200), BASE)
    assert all(segmentation(text).segments <= MOST_SEGMENTS_A_TEXT for text in texts)


_CHOICE_LINE = re.compile(r"^(?:Sam|Şule|[ ():/0-9])*?(\d+) = (.*)$", re.MULTILINE)
"""Who speaks and which part it is may stand before the first line of a text."""
WORDS = st.lists(
    st.sampled_from(["plan", "ends.", "Why?", "é", "ş", "👋", "€9", "https://a.example/b", "so"]),
    max_size=120,
).map(" ".join)
TITLES = st.lists(st.text("abcdé ", min_size=1, max_size=30), max_size=6)
CARDS = st.none() | st.builds(
    lambda values: {
        "kind": "terms",
        "title": "What happens",
        "rows": [{"label": f"Row{index}", "value": value} for index, value in enumerate(values)],
        "links": [{"title": "Page", "url": "/page"}],
    },
    st.lists(WORDS, max_size=4),
)
MESSAGES = st.lists(
    st.builds(
        lambda text, titles, card, author, name: message(
            text, *titles, card=card, author=author, name=name
        ),
        WORDS,
        TITLES,
        CARDS,
        st.sampled_from([Author.BOT, Author.AGENT, Author.SYSTEM]),
        st.sampled_from([None, "Sam", "Şule"]),
    ),
    max_size=5,
)


@settings(max_examples=60, deadline=None)
@given(MESSAGES)
def test_no_text_is_longer_than_three_segments(turn: list[ShownMessage]) -> None:
    for text in texts_of_turn(turn, BASE):
        assert text.strip()
        assert segmentation(text).segments <= MOST_SEGMENTS_A_TEXT


@settings(max_examples=60, deadline=None)
@given(MESSAGES)
def test_every_word_is_said_and_in_order(turn: list[ShownMessage]) -> None:
    said = iter(" ".join(texts_of_turn(turn, BASE)).split())
    for each in turn:
        # With a card, what is asked at the end comes later.
        text = each.text if each.card is None else re.split(r"(?<=[.?])\s", each.text)[0]
        for word in plain(text).split():
            assert word in said, "it was said before the word before it, or not at all"


@settings(max_examples=60, deadline=None)
@given(MESSAGES)
def test_every_fact_and_link_of_a_card_is_said(turn: list[ShownMessage]) -> None:
    said = "\n".join(texts_of_turn(turn, BASE)).split()
    for each in turn:
        if each.card is not None:
            for row in each.card["rows"]:
                assert set(f"{row['label']}: {row['value']}".split()) <= set(said)
            assert f"{BASE}/page" in said


@settings(max_examples=60, deadline=None)
@given(MESSAGES)
def test_the_last_choices_are_all_there_under_their_numbers(turn: list[ShownMessage]) -> None:
    live = next((each for each in reversed(turn) if each.quick_replies), None)
    if live is None:
        return
    said = "\n".join(texts_of_turn(turn, BASE))
    lines = _CHOICE_LINE.findall(said)
    count = len(live.quick_replies)
    assert [chosen(number, count) for number, _ in lines] == list(range(1, count + 1))
    for (_, title), reply in zip(lines, live.quick_replies, strict=True):
        assert title.strip() == reply.title.strip()


@settings(max_examples=60, deadline=None)
@given(MESSAGES)
def test_what_is_put_together_costs_no_more_than_apart(turn: list[ShownMessage]) -> None:
    turn = [replace(each, quick_replies=()) for each in turn]
    apart = sum(segments(texts_of(each, BASE)) for each in turn)
    assert segments(texts_of_turn(turn, BASE)) <= apart


def _own_words() -> Texts:
    return Texts(REPOSITORY / "domain.yml", read_house().values)


@pytest.mark.parametrize("channel", ["sms", "web"])
@pytest.mark.parametrize(
    "turn",
    [
        ["utter_ask_confirm_paid"],
        ["utter_hard_moment_withdrawal_here", "utter_ask_confirm_refund"],
        ["utter_acknowledge_too_expensive", "utter_ask_confirm_refund_or_run_out"],
        ["utter_ask_confirm_paid_or_at_once"],
        ["utter_cancelled_refund", "utter_ask_export"],
        ["utter_acknowledge_too_expensive", "utter_offer_discount"],
        ["utter_cancelled_paid", "utter_ask_export"],
        ["utter_cancelled_free", "utter_ask_survey_improve"],
        ["utter_export_ready"],
    ],
)
def test_what_the_assistant_says_in_a_turn_keeps_to_five_segments(
    turn: list[str], channel: str
) -> None:
    """Also where it was written for the screen, as in a talk that goes on by phone."""
    texts = _own_words()
    said = [texts.say(name, channel=channel) for name in turn]
    messages = [
        message(each.text, *(button.title for button in each.buttons), card=each.card)
        for each in said
    ]
    assert segments(texts_of_turn(messages, BASE)) <= MOST_SEGMENTS_A_TURN
