"""A text is counted in segments as Twilio counts it, made cheaper, and cut without loss."""

# ruff: noqa: RUF001 (characters that look like others are what this is about)

import re
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.sms.graphemes import graphemes
from channels.sms.segments import (
    REPLACEMENTS,
    Encoding,
    Segmentation,
    outside,
    plain,
    segmentation,
    split,
)
from tests.channels.sms.segments_oracle import SegmentsOracle, started

BASIC = "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./09:;<=>?¡AZÄÖÑÜ§¿azäöñüà"
EXTENSION = "\f^{}\\[~]|€"
LINE_ENDS = ["\n", "\r", "\r\n"]
EMOJI = [
    "👋",
    "❤️",
    "👨‍👩‍👧",
    "🧑🏽‍💻",
    "👍🏿",
    "🇩🇪",
    "🏳️‍🌈",
    "🏴\U000e0067\U000e0062\U000e007f",
    "1️⃣",
]
LETTERS = ["ç", "ş", "á", "ł", "я", "漢", "の", "م", "กำ", "नि", "한", "Δ"]
MARKED = ["e\u0301", "n\u0303", "a\u0308\u0323", "z\u0301\u0302\u0303\u0304", "ا\u064b"]
TYPOGRAPHIC = sorted(REPLACEMENTS)

FROM_GSM7 = st.text(st.sampled_from([*BASIC, *EXTENSION, "\n", "\r"]), max_size=500)
FROM_EVERYTHING = st.lists(
    st.sampled_from([*BASIC, *EXTENSION, *LINE_ENDS, *EMOJI, *LETTERS, *MARKED, *TYPOGRAPHIC]),
    max_size=240,
).map("".join)
NEAR_A_LIMIT = st.builds(
    lambda begin, character, count, end: begin + character * count + end,
    st.text(st.sampled_from([*BASIC, *EXTENSION]), max_size=4),
    st.sampled_from(["a", "€", "ç", "👋", "👨‍👩‍👧", "🇩🇪", "e\u0301"]),
    st.integers(0, 330),
    st.sampled_from(["", "a", "€", "ç", "👋", "🧑🏽‍💻", "\r\n"]),
)
ANY_TEXT = st.text(max_size=200)
PROSE = st.lists(
    st.one_of(
        st.sampled_from(["plan", "ends", "14", "December.", "Why?", '"Yes!"', "Zoë", "ş", "👋"]),
        st.text("abcdefgh", min_size=1, max_size=12),
        st.just("https://help.example.org/r/" + "x" * 60),
    ),
    max_size=300,
).flatmap(
    lambda words: st.lists(
        st.sampled_from([" ", " ", " ", " ", "\n", "\n\n", "  "]),
        min_size=len(words),
        max_size=len(words),
    ).map(
        lambda spaces: "".join(
            word + space for word, space in zip(words, spaces, strict=True)
        ).strip()
    )
)


@pytest.fixture(scope="module")
def twilio() -> Iterator[SegmentsOracle]:
    with started() as oracle:
        yield oracle


@pytest.mark.parametrize(
    ("text", "counted"),
    [
        ("", Segmentation(Encoding.GSM7, 1, 0)),
        ("a" * 160, Segmentation(Encoding.GSM7, 1, 160)),
        ("a" * 161, Segmentation(Encoding.GSM7, 2, 161)),
        ("a" * 306, Segmentation(Encoding.GSM7, 2, 306)),
        ("a" * 307, Segmentation(Encoding.GSM7, 3, 307)),
        ("€" * 80, Segmentation(Encoding.GSM7, 1, 160)),
        ("€" * 81, Segmentation(Encoding.GSM7, 2, 162)),
        ("’" * 70, Segmentation(Encoding.UCS2, 1, 70)),
        ("’" * 71, Segmentation(Encoding.UCS2, 2, 71)),
        ("a" * 134 + "’", Segmentation(Encoding.UCS2, 3, 135)),
        ("👋" * 35, Segmentation(Encoding.UCS2, 1, 70)),
        ("👋" * 36, Segmentation(Encoding.UCS2, 2, 72)),
    ],
)
def test_a_text_takes_as_many_segments_as_its_units_fill(
    text: str, counted: Segmentation, twilio: SegmentsOracle
) -> None:
    assert segmentation(text) == counted
    assert twilio.segmentations([text]) == [counted]


@pytest.mark.parametrize(
    "text",
    [
        "a" * 152 + "€" * 77,  # 306 septets, but the first euro would lie in two segments
        "ç" + "a" * 65 + "👋" + "a" * 66,
        "ç" + "a" * 60 + "👨‍👩‍👧" + "a" * 63,
    ],
)
def test_what_reads_as_one_character_is_not_cut_in_two(text: str, twilio: SegmentsOracle) -> None:
    assert segmentation(text).segments == 3
    assert twilio.segmentations([text])[0].segments == 3


@settings(max_examples=200, deadline=None)
@given(texts=st.lists(st.one_of(FROM_GSM7, FROM_EVERYTHING, NEAR_A_LIMIT), max_size=12))
def test_segments_are_counted_as_twilio_counts_them(
    twilio: SegmentsOracle, texts: list[str]
) -> None:
    assert [segmentation(text) for text in texts] == twilio.segmentations(texts)


@settings(max_examples=100, deadline=None)
@given(texts=st.lists(st.builds(lambda text, count: text * count, ANY_TEXT, st.integers(1, 9))))
def test_of_no_text_fewer_segments_are_counted_than_twilio_counts(
    twilio: SegmentsOracle, texts: list[str]
) -> None:
    """Newer emoji, which its tables lack, it would cut where we do not."""
    for text, counted in zip(texts, twilio.segmentations(texts), strict=True):
        ours = segmentation(text)
        assert (ours.encoding, ours.units) == (counted.encoding, counted.units)
        assert ours.segments >= counted.segments


def test_a_heap_of_marks_that_no_segment_holds_is_cut() -> None:
    assert segmentation("a" + "\u0301" * 200) == Segmentation(Encoding.UCS2, 3, 201)


def test_a_character_is_what_reads_as_one() -> None:
    read = [
        "a",
        "👨‍👩‍👧",
        "🇩🇪",
        "🇫🇷",
        "e\u0301",
        "👍🏿",
        "🧑‍🎄",
        "\r",
        "\n",
        "กำ",
        "ᄒ\u1161\u11ab",
    ]
    assert list(graphemes("".join(read))) == read


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("It’s “done” – really…", 'It\'s "done" - really...'),
        ("29\u00a0€\u2009a\u202fmonth", "29 € a month"),
        ("«Oui» ‹non› „ja“ ‚nein‘", "\"Oui\" 'non' \"ja\" 'nein'"),
        ("• one\r\n• two\ttabs", "- one\n- two tabs"),
        ("Basic → Pro ← Pro ↔ Basic", "Basic -> Pro <- Pro <-> Basic"),
        ("3×2, −5 and 1⁄2", "3x2, -5 and 1/2"),
        ("so\u00adft\u200b and \ufeffblank", "soft and blank"),
        ("ｏｋ，１＋１！｀", "ok,1+1!'"),
        ("ﬁnally oﬀ", "finally off"),
        ("Zoe\u0308 & Rene\u0301", "Zoë & René"),
        ("a · b", "a - b"),
        ("1️⃣ first", "1 first"),
    ],
)
def test_typographic_characters_are_written_as_the_alphabet_has_them(
    text: str, written: str
) -> None:
    assert plain(text) == written


@pytest.mark.parametrize(
    "name",
    ["René Müller", "Ñandú", "François", "José Gonçalves", "Şahin", "Łukasz", "Ægir Ångström",
     "महेश", "محمد", "渡辺", "col·lecció", "2½ hours", "10² files"],
)  # fmt: skip
def test_a_letter_of_a_name_is_never_replaced(name: str) -> None:
    assert plain(name) == name


def test_a_family_and_a_persian_word_keep_what_joins_them() -> None:
    assert plain("👨‍👩‍👧 ❤️") == "👨‍👩‍👧 ❤️"
    assert plain("می\u200cخواهم") == "می\u200cخواهم"


def test_every_replacement_is_in_the_alphabet() -> None:
    assert {mark: written for mark, written in REPLACEMENTS.items() if outside(written)} == {}
    assert all(outside(mark) or mark in "\r\f" for mark in REPLACEMENTS)


@settings(max_examples=200, deadline=None)
@given(st.one_of(FROM_EVERYTHING, ANY_TEXT))
def test_a_text_made_plain_costs_no_more_and_stays_as_it_is(text: str) -> None:
    once = plain(text)
    assert plain(once) == once
    assert len(outside(once)) <= len(outside(text))
    if not outside(text):
        assert segmentation(once).units <= segmentation(text).units


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([*BASIC, *EXTENSION, *TYPOGRAPHIC, *LINE_ENDS])).map("".join))
def test_a_text_of_the_alphabet_and_typographic_characters_travels_in_gsm7(text: str) -> None:
    assert segmentation(plain(text)).encoding is Encoding.GSM7


@settings(max_examples=200, deadline=None)
@given(text=st.one_of(PROSE, FROM_GSM7, FROM_EVERYTHING, NEAR_A_LIMIT), most=st.integers(1, 4))
def test_a_text_is_split_into_pieces_that_fit_with_nothing_lost(text: str, most: int) -> None:
    pieces = split(text, most)
    assert all(segmentation(piece).segments <= most for piece in pieces)
    assert _letters("".join(pieces)) == _letters(text)
    assert all(piece.strip() for piece in pieces)


@settings(max_examples=200, deadline=None)
@given(text=PROSE, most=st.integers(1, 4))
def test_words_and_addresses_are_not_cut(text: str, most: int) -> None:
    """None of these is longer than a segment."""
    assert " ".join(split(text, most)).split() == text.split()


@settings(max_examples=200, deadline=None)
@given(text=PROSE, most=st.integers(1, 4), before=st.sampled_from(["Sam (1/3): ", "Şule: "]))
def test_what_stands_before_each_piece_is_counted(text: str, most: int, before: str) -> None:
    assert all(
        segmentation(before + piece).segments <= most for piece in split(text, most, before=before)
    )


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.text("abcdefgh.", min_size=1, max_size=9), max_size=200).map("\n".join),
    st.integers(1, 3),
)
def test_all_texts_but_the_last_are_at_least_half_full(text: str, most: int) -> None:
    assert all(len(piece) > most * 153 / 2 - 10 for piece in split(text, most)[:-1])


def test_a_cut_comes_after_a_paragraph_if_there_is_one() -> None:
    first, second = "a few words. " * 9 + "end", "and more. " * 12
    assert split(f"{first}\n\n{second}", 1) == [first, second.strip()]


def test_a_cut_comes_after_a_sentence_if_there_is_no_paragraph() -> None:
    first, second = "many words " * 10 + '"and this is all."', "Then come others " * 8
    assert split(f"{first} {second}", 1) == [first, second.strip()]


def test_a_cut_that_leaves_a_text_nearly_empty_is_not_taken() -> None:
    first, *_ = split("Well.\n" + "many words " * 30, 1)
    assert len(first) > 140


def test_a_word_that_fits_into_no_text_is_cut_anywhere() -> None:
    assert split("a" * 200, 1) == ["a" * 160, "a" * 40]


def test_an_address_is_cut_only_if_it_fits_into_no_text() -> None:
    address = "https://help.example.org/receipts/" + "x" * 100
    assert split("(" * 150 + address, 1) == ["(" * 150, address]
    assert "".join(split(address + "y" * 200, 1)) == address + "y" * 200


def test_a_blank_text_has_no_pieces() -> None:
    assert split(" \n ", 3) == []


def test_no_room_at_all_is_said_plainly() -> None:
    with pytest.raises(ValueError, match="no room"):
        split("a", 1, before="b" * 160)
    with pytest.raises(ValueError, match="no room"):
        split("a", 0)


def _letters(text: str) -> str:
    return re.sub(r"\s", "", text)
