"""Keywords come before language, and nothing but a keyword is one."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from channels.sms.keywords import RESERVED, Keyword, KeywordKind, is_reserved, keyword_of

OPT_OUT = {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"}
OPT_IN = {"START", "YES", "UNSTOP"}
HELP = {"HELP", "INFO"}
KINDS = {
    **dict.fromkeys(OPT_OUT, KeywordKind.OPT_OUT),
    **dict.fromkeys(OPT_IN, KeywordKind.OPT_IN),
    **dict.fromkeys(HELP, KeywordKind.HELP),
}


@pytest.mark.parametrize("word", sorted(KINDS))
def test_each_word_counts_in_whatever_case(word: str) -> None:
    for body in (
        word,
        word.lower(),
        word.title(),
        word.swapcase(),
        f"{word[:1]}{word[1:].lower()}",
    ):
        keyword = keyword_of(body)
        assert keyword is not None
        assert (keyword.kind, keyword.word) == (KINDS[word], word)


@pytest.mark.parametrize("word", sorted(KINDS))
def test_white_space_around_the_word_changes_nothing(word: str) -> None:
    for body in (f" {word}", f"{word}\n", f"\t{word.lower()} \r\n", f"{word}\u00a0"):
        keyword = keyword_of(body)
        assert keyword is not None
        assert keyword.word == word


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ("Stop.", "STOP"),
        ("stop!!", "STOP"),
        ('"STOP"', "STOP"),
        ("“STOP”", "STOP"),
        ("(stop)", "STOP"),
        ("*STOP*", "STOP"),
        ("STOP 🛑", "STOP"),
        ("stop?", "STOP"),
        ("STOP STOP STOP", "STOP"),
        ("Stop. Stop!", "STOP"),
        ("ＳＴＯＰ", "STOP"),  # noqa: RUF001
        ("\u200bstop", "STOP"),
        ("Stop all", "STOPALL"),
        ("stop-all.", "STOPALL"),
        ("opt out", "OPTOUT"),
        ("Opt-Out!", "OPTOUT"),
        ("opt_out", "OPTOUT"),
        ("opt–out", "OPTOUT"),  # noqa: RUF001
        ("Cancel.", "CANCEL"),
        ("'cancel'", "CANCEL"),
        ("Unsubscribe!", "UNSUBSCRIBE"),
        ("quit…", "QUIT"),
    ],
)
def test_an_opt_out_is_one_whatever_signs_stand_around_it(body: str, word: str) -> None:
    keyword = keyword_of(body)
    assert keyword is not None
    assert (keyword.kind, keyword.word) == (KeywordKind.OPT_OUT, word)
    assert not keyword.carrier_acts, "Twilio acts on the bare word alone"


@pytest.mark.parametrize(
    "body",
    [
        "",
        "  ",
        "?",
        "please cancel",
        "cancel please",
        "Cancel it",
        "cancel my plan",
        "cancel?",
        "End?",
        "help?",
        "cancel cancel",
        "don't stop",
        "stop texting me",
        "stop or start",
        "the end",
        "yes please",
        "yes, cancel",
        "1",
        "stopping",
        "non-stop",
        "s t o p",
        "help me",
        "more info",
        "can\u200bcelled",
        "stop 2",
    ],
)
def test_a_sentence_is_language(body: str) -> None:
    assert keyword_of(body) is None


def test_twilio_acts_on_the_eight_bare_words() -> None:
    acting = {word for word in KINDS if (found := keyword_of(word)) and found.carrier_acts}
    assert acting == OPT_OUT


def test_some_words_may_have_been_meant_for_the_plan() -> None:
    meant = {word for word in KINDS if (found := keyword_of(word)) and found.may_mean_the_plan}
    assert meant == {"CANCEL", "END", "QUIT", "UNSUBSCRIBE", "REVOKE"}


@pytest.mark.parametrize("body", ["Yes.", "yes!", '"start"', "YES YES", "unstop 🙂", "Start?"])
def test_texts_are_welcome_again_only_by_the_bare_word(body: str) -> None:
    """Twilio sends again for nothing else, so that we would be wrong to think so."""
    assert keyword_of(body) is None


@pytest.mark.parametrize("opt_out_type", ["STOP", "Stop", " stop "])
def test_twilio_has_the_last_word_on_what_it_did(opt_out_type: str) -> None:
    assert keyword_of("CANCEL", opt_out_type) == Keyword(
        KeywordKind.OPT_OUT, "CANCEL", may_mean_the_plan=True, carrier_acts=True
    )
    assert keyword_of("stop", opt_out_type) == Keyword(
        KeywordKind.OPT_OUT, "STOP", may_mean_the_plan=False, carrier_acts=True
    )
    assert keyword_of("YES", "HELP") == Keyword(KeywordKind.HELP, "YES")
    assert keyword_of("welcome", "START") == Keyword(KeywordKind.OPT_IN, "WELCOME")


def test_a_word_that_only_the_operator_knows_may_mean_the_plan() -> None:
    assert keyword_of(" kündigen ", "STOP") == Keyword(
        KeywordKind.OPT_OUT, "KÜNDIGEN", may_mean_the_plan=True, carrier_acts=True
    )
    told = keyword_of("a very long sentence that they chose", "STOP")
    assert told is not None
    assert len(told.word) <= 20


@pytest.mark.parametrize("opt_out_type", [None, "", "SOMETHING"])
def test_without_a_word_from_twilio_the_body_decides(opt_out_type: str | None) -> None:
    assert keyword_of("hello", opt_out_type) is None
    found = keyword_of("end", opt_out_type)
    assert found is not None
    assert found.word == "END"


@pytest.mark.parametrize("title", ["Cancel", "stop!", "Yes.", '"Help"', "Opt out", "End?", "INFO"])
def test_a_reserved_word_is_known_on_a_button(title: str) -> None:
    assert is_reserved(title)


@pytest.mark.parametrize("title", ["Cancel it", "Yes, cancel it", "No", "Skip", "Help me", "1"])
def test_with_one_more_word_it_is_none(title: str) -> None:
    assert not is_reserved(title)


def test_the_reserved_words_are_all_keywords() -> None:
    assert set(KINDS) == RESERVED


@given(st.text(max_size=30), st.sampled_from(sorted(KINDS)), st.text(max_size=30))
def test_a_keyword_among_other_words_is_language(before: str, word: str, after: str) -> None:
    assume(any(each.isalnum() for each in before + after))
    assume(not is_reserved(f"{before} {word} {after}"))
    assert keyword_of(f"{before} {word} {after}") is None


@given(st.text(max_size=40))
def test_whatever_is_taken_for_a_keyword_is_printed_nowhere_as_an_answer(text: str) -> None:
    if keyword_of(text) is not None:
        assert is_reserved(text)
