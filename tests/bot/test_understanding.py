"""The parts of understanding, each for itself."""

import numpy as np
import pytest
from bot.nlu.clauses import MOST_CLAUSES, clauses
from bot.nlu.contact_entities import contact_entities
from bot.nlu.decision import NOT_UNDERSTOOD, decide
from bot.nlu.ending_cues import Mention, mentions, rules_out_cancelling
from bot.nlu.sentence_encoder import (
    DIRECTORY_SETTING,
    EncoderFilesError,
    shared_encoder,
)
from bot.nlu.text import clean
from bot.nlu.wording import plain_words


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("  hi \n there ", "hi there"),
        ("/cancel", "cancel"),
        (" ／／ restart", "restart"),
        ("\u200b/back", "back"),
        ("a\x00b", "a b"),
        ("I don’t", "I don't"),
        ("\ud800", ""),
        ("", ""),
        (None, ""),
        ("👍🏽", "👍🏽"),
    ],
)
def test_text_is_cleaned(text: str | None, cleaned: str) -> None:
    assert clean(text) == cleaned


def test_a_long_text_keeps_its_beginning_and_its_end() -> None:
    text = clean("begin " + "word " * 2000 + "finish")
    assert len(text) < 1100
    assert text.startswith("begin")
    assert text.endswith("finish")


def test_short_forms_are_written_out() -> None:
    assert plain_words("Pls DONT cancle my sub, I can't soooo go") == (
        "please do not cancel my subscription , i can not soo go"
    )


@pytest.mark.parametrize(
    "text",
    [
        "do not cancel",
        "please don't cancel my plan",
        "I never wanted to cancel",
        "I no longer want to cancel it",
        "we are not going to close our account",
        "I cancelled last month and was charged",
        "my subscription was cancelled in June, why a bill?",
        "cancel my order",
        "cancel the three o'clock meeting",
        "cancel all my alarms",
        "I booked a table, please cancel it",
        "cancel my cancellation",
        "bitte nicht kündigen",
    ],
)
def test_no_wish_to_leave_is_heard_where_there_is_none(text: str) -> None:
    assert rules_out_cancelling(plain_words(text))
    assert "cancel" not in decide(text, {"cancel": 0.99, "affirm": 0.3}, 0.5, 0.2).intents


@pytest.mark.parametrize(
    "text",
    [
        "cancel",
        "I want to cancel my subscription",
        "why can't I cancel",
        "I want it cancelled today",
        "I could not find how to cancel my plan",
        "don't pause it, cancel it",
        "no, cancel my plan",
        "cancel my meal delivery subscription",
        "I did not like it. Please cancel.",
        "please have my membership cancelled",
        "I cancelled my gym and now I want to cancel this too",
    ],
)
def test_a_wish_to_leave_is_not_ruled_out(text: str) -> None:
    assert not rules_out_cancelling(plain_words(text))


def test_each_mention_counts_for_itself() -> None:
    found = mentions(plain_words("I cancelled my order, do not cancel my plan"))
    assert found == {Mention.OTHER_THING: 1, Mention.RULED_OUT: 1}


def test_an_act_leads_before_a_reason_and_a_reason_before_courtesy() -> None:
    likely = {"thanks": 0.9, "reason_price": 0.95, "cancel": 0.7, "deny": 0.1}
    heard = decide("thanks, too expensive, cancel", likely, 0.5, 0.2)
    assert heard.intents == ("cancel", "reason_price", "thanks")
    assert heard.confidence == 0.7


def test_opposites_are_not_heard_together() -> None:
    assert decide("well", {"affirm": 0.6, "deny": 0.8}, 0.5, 0.2).intents == ("deny",)


def test_nothing_likely_is_not_understood() -> None:
    assert decide("hm", {"affirm": 0.1, "deny": 0.15}, 0.5, 0.2).intents == (NOT_UNDERSTOOD,)
    assert decide("", {"affirm": 0.9}, 0.5, 0.2).intents == (NOT_UNDERSTOOD,)


def test_clauses_are_found_and_bounded() -> None:
    assert clauses("Hi there. It is too dear, please cancel it.") == [
        "Hi there.",
        "It is too dear",
        "please cancel it.",
    ]
    assert clauses("cancel my plan") == []
    assert len(clauses("one two. " * 100)) == MOST_CLAUSES


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("me@example.com", [("email", "me@example.com")]),
        ("mail me at (a.b+c@x.co.uk).", [("email", "a.b+c@x.co.uk")]),
        ("123456", [("code", "123456")]),
        ("the code is 123 456 thanks", [("code", "123456")]),
        ("it's 1234.", [("code", "1234")]),
        ("12", []),
        ("123456789", []),
        ("I paid $1200", []),
        ("1234@example.com", [("email", "1234@example.com")]),
        ("@home and me@", []),
        ("", []),
    ],
)
def test_addresses_and_codes_are_found(text: str, found: list[tuple[str, str]]) -> None:
    assert [(entity["entity"], entity["value"]) for entity in contact_entities(text)] == found


def test_no_text_makes_the_search_slow() -> None:
    for text in ("a@" * 10_000, "1 2 3 4 " * 5_000, "a." * 10_000 + "@"):
        assert len(contact_entities(text)) < 5_000


def test_vectors_do_not_depend_on_their_neighbours() -> None:
    encoder = shared_encoder()
    alone = encoder.encode(["cancel my plan"])
    among = encoder.encode(["hi", "cancel my plan", "word " * 300])
    assert np.array_equal(alone[0], among[1])
    assert np.allclose(np.linalg.norm(among, axis=1), 1.0, atol=1e-5)


def test_a_changed_encoder_file_is_not_loaded(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = tmp_path_factory.mktemp("encoder")
    (directory / "model.onnx").write_bytes(b"something else")
    (directory / "tokenizer.json").write_text("{}")
    monkeypatch.setenv(DIRECTORY_SETTING, str(directory))
    shared_encoder.cache_clear()
    try:
        with pytest.raises(EncoderFilesError, match=r"model\.onnx has SHA-256"):
            shared_encoder()
    finally:
        shared_encoder.cache_clear()
