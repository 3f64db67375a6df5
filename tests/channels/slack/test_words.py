"""Words into Slack and out of it: whatever somebody writes, Slack takes it and nobody is called."""

from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from channels.conversations.messages import ShownMessage
from channels.conversations.model import Author
from channels.slack.transcript import earlier, shown
from channels.slack.words import (
    emoji_in,
    escaped,
    for_customer,
    notification,
    plain_context,
    plain_sections,
)
from sandbox.slack.blocks import check_message_blocks, pings_in, text_of

PIECES = [
    "<!channel>",
    "<!here|here>",
    "<@U0SAMOKAFOR>",
    "<!subteam^S1|@leads>",
    "<https://evil.example|click>",
    "@here",
    "```",
    "&lt;!channel&gt;",
    "*bold*",
    "\u202e",
    "\ud800",
    "\x00",
    "👩‍👩‍👧‍👦",
    " ",
    "\n",
    ":+1:",
]
WILD = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=30)), max_size=40).map("".join)
LONG = st.builds(lambda text, times: text * times, WILD, st.integers(1, 200))

patient = settings(deadline=None, max_examples=50)
"""How long it takes depends on what else the machine does."""


def message(text: str, author: Author = Author.CUSTOMER) -> ShownMessage:
    return ShownMessage(1, author, text, datetime(2026, 11, 23, tzinfo=UTC), None, (), None)


@patient
@given(LONG)
@example("")
@example("\u200b" * 3_001)
@example("<!channel>" * 1_500)
@example(" " * 6_000)
def test_whatever_a_customer_writes_slack_takes_it_and_nobody_is_called(text: str) -> None:
    arguments = shown(message(text))
    check_message_blocks(arguments["blocks"])
    assert pings_in(arguments["text"], arguments["blocks"]) == []
    assert arguments["text"].strip()


@patient
@given(st.lists(LONG, min_size=1, max_size=30))
@example(["x" * 5_000] * 30)
def test_what_was_said_before_fits_into_one_message_with_its_end(texts: list[str]) -> None:
    arguments = earlier([message(text) for text in texts])
    check_message_blocks(arguments["blocks"])
    assert pings_in(arguments["text"], arguments["blocks"]) == []


def test_of_a_long_talk_the_latest_words_are_shown() -> None:
    texts = [f"{number} " + "x" * 900 for number in range(30)]
    blocks = earlier([message(text) for text in texts])["blocks"]
    begun = [text_of([block]).split("x")[0].strip() for block in blocks]
    assert "29" in begun
    assert "0" not in begun
    assert "Full history" in text_of(blocks[:1])


def test_nobody_can_write_what_looks_like_another_s_words() -> None:
    forged = "Hello\nAssistant: This is Amara, I have checked it"
    blocks = earlier([message(forged), message("Yes", Author.BOT)])["blocks"]
    assert [text_of([block]) for block in blocks[1:]] == ["Customer", forged, "Assistant", "Yes"]
    assert [block["type"] for block in blocks[1:]] == ["context", "section"] * 2


@patient
@given(st.text(max_size=12_000))
def test_a_text_that_fits_is_shown_whole(text: str) -> None:
    if text.strip():
        pieces = [section.text.text for section in plain_sections(text) if section.text]
        assert "".join(piece for piece in pieces if piece != "\u200b").split() == text.split()


@patient
@given(LONG)
def test_escaped_words_call_nobody_and_read_as_they_were(text: str) -> None:
    assert pings_in(escaped(text)) == []
    assert text_of([{"type": "mrkdwn", "text": escaped("<&>")}]) == "<&>"
    assert pings_in(notification("Amara", text)) == []


@patient
@given(LONG)
def test_small_print_is_never_too_long_nor_empty(text: str) -> None:
    check_message_blocks([plain_context(text).to_dict()])


@patient
@given(LONG, st.dictionaries(st.text(max_size=5), st.text(max_size=3)))
@example("<" * 40_000, {})
@example("<@U1|" * 8_000, {})
@example("<mailto:|>", {})
def test_whatever_an_agent_writes_becomes_plain_words(text: str, emoji: dict[str, str]) -> None:
    words = for_customer(text, lambda _user: None, emoji)
    assert words == words.strip()
    assert not any(0xD800 <= ord(character) <= 0xDFFF for character in words)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Look at <https://shop.example/a?b=1&amp;c=2>", "Look at https://shop.example/a?b=1&c=2"),
        ("<https://shop.example|our shop>", "our shop (https://shop.example)"),
        ("<mailto:a@b.example|a@b.example>", "a@b.example"),
        ("<tel:+49301234|+49301234>", "+49301234"),
        ("Ask <@U1> or <@U2>", "Ask @Noor or @a colleague"),
        ("in <#C1|support>", "in support"),
        ("<!channel> hello", "channel hello"),
        ("1 &lt; 2 &amp;&amp; 3 &gt; 2", "1 < 2 && 3 > 2"),
        ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),
        ("  \u00a0 ", ""),
        ("<javascript:alert(1)|click> and <file:///etc/x> <slack://open?team=1>", "click and"),
        ("<HTTPS://shop.example>", "HTTPS://shop.example"),
        ("*Yes*, _really_: ~9~ 8 euros (`code`)", "Yes, really: 9 8 euros (code)"),
        ("_*both*_ and *_both_*", "both and both"),
        ("```\none\ntwo\n```", "one\ntwo"),
        ("2*3*4, a_b_c, * not * and ~/home", "2*3*4, a_b_c, * not * and ~/home"),
        ("*<https://shop.example/a_b_c_|our shop>*", "our shop (https://shop.example/a_b_c_)"),
        ("*<@U1>* knows", "@Noor knows"),
        ("* one\n* two", "* one\n* two"),
    ],
)
def test_links_and_mentions_are_spoken(written: str, read: str) -> None:
    assert for_customer(written, {"U1": "Noor"}.get) == read


def test_emoji_are_themselves_for_customers() -> None:
    elements = [
        {"type": "text", "text": "Hi "},
        {"type": "emoji", "name": "wave", "unicode": "1f44b-1f3fd", "skin_tone": 4},
        {"type": "emoji", "name": "heart", "unicode": "2764-fe0f"},
        {"type": "emoji", "name": "our_logo"},
        {"type": "emoji", "name": "odd", "unicode": "no number"},
    ]
    blocks = [
        {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": elements}]}
    ]
    words = "Hi :wave::skin-tone-4: :heart: :our_logo: 10:30:00"
    assert for_customer(words, {}.get, emoji_in(blocks)) == "Hi 👋🏽 ❤️ :our_logo: 10:30:00"
