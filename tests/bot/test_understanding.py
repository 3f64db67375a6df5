"""The parts of understanding, each for itself."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from bot.nlu.company_name import everyday_words, without_company_name
from bot.nlu.contact_entities import contact_entities
from bot.nlu.decision import NOT_UNDERSTOOD, decide
from bot.nlu.intent_model import KNOWN_BY_HEART, IntentModel
from bot.nlu.sentence_encoder import (
    DIMENSION,
    DIRECTORY_SETTING,
    MODEL,
    SHIPPED,
    SUMS,
    EncoderFilesError,
    load_encoder,
    shared_encoder,
)
from bot.nlu.text import clean
from bot.nlu.vector_store import COME_WITH_THE_ENCODER, read_shipped, vectors_of, write_shipped
from bot.nlu.wording import plain_words

# No examples, so that their vectors come with no encoder.
UNKNOWN = ["seventeen geese on the frozen pond", "the lighthouse wants its lamp back"]


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


def test_an_act_leads_before_a_reason_and_a_reason_before_courtesy() -> None:
    likely = {"thanks": 0.9, "reason_price": 0.95, "cancel": 0.7, "deny": 0.1}
    heard = decide(likely, 0.5, 0.2)
    assert heard.intents == ("cancel", "reason_price", "thanks")
    assert heard.confidence == 0.7


def test_opposites_are_not_heard_together() -> None:
    assert decide({"affirm": 0.6, "deny": 0.8}, 0.5, 0.2).intents == ("deny",)


def test_nothing_likely_is_not_understood() -> None:
    assert decide({"affirm": 0.1, "deny": 0.15}, 0.5, 0.2).intents == (NOT_UNDERSTOOD,)
    assert decide({}, 0.5, 0.2).intents == (NOT_UNDERSTOOD,)


def test_the_wish_to_leave_has_a_line_of_its_own() -> None:
    likely = {"cancel": 0.55, "reason_price": 0.9}
    assert decide(likely, 0.5, 0.2, cancel_threshold=0.6).intents == ("reason_price",)
    assert decide(likely, 0.5, 0.2).intents == ("cancel", "reason_price")


def test_an_example_is_known_by_heart_and_nothing_else_is() -> None:
    numbers = np.random.default_rng(1).normal(size=(40, 8))
    texts = [f"example {number}" for number in range(40)]
    labels = [["cancel"] if number % 2 else ["human", "thanks"] for number in range(40)]
    model = IntentModel.learn(texts, labels, numbers)
    # However unlike its vector is: the words are the same, in whatever spelling.
    heard = dict(zip(model.intents, model.probabilities("EXAMPLE 1", -9 * numbers[1]), strict=True))
    assert heard["cancel"] >= KNOWN_BY_HEART
    assert max(heard["human"], heard["thanks"]) <= 1 - KNOWN_BY_HEART
    other = dict(zip(model.intents, model.probabilities("example 99", numbers[1]), strict=True))
    assert other["cancel"] < KNOWN_BY_HEART


def test_a_model_reads_what_it_wrote(tmp_path_factory: pytest.TempPathFactory) -> None:
    numbers = np.random.default_rng(2).normal(size=(30, 8))
    labels = [["affirm"] if number % 3 else ["deny"] for number in range(30)]
    model = IntentModel.learn([f"text {number}" for number in range(30)], labels, numbers)
    folder = tmp_path_factory.mktemp("model")
    model.save(folder)
    again = IntentModel.load(folder)
    for text in ("text 3", "something new"):
        expected = model.probabilities(text, numbers[4])
        assert np.allclose(again.probabilities(text, numbers[4]), expected, atol=1e-4)


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


def test_a_vector_depends_on_its_text_alone() -> None:
    encoder = shared_encoder()
    before = encoder.encode("cancel my plan")
    encoder.encode("word " * 300)
    assert np.array_equal(before, encoder.encode("cancel my plan"))
    assert before.shape == (DIMENSION,)


def test_a_long_text_is_read_at_its_beginning_and_at_its_end() -> None:
    encoder = shared_encoder()
    middle = "word " * 400
    texts = [f"cancel it {middle}", f"{middle} cancel it", middle]
    first, last, neither = (encoder.encode(text) for text in texts)
    assert not np.allclose(first, neither)
    assert not np.allclose(last, neither)


def test_vectors_are_kept_and_only_new_texts_are_encoded(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("vectors")
    first = vectors_of(UNKNOWN, folder)
    assert np.array_equal(first[0], shared_encoder().encode(UNKNOWN[0]))
    file = next(folder.iterdir())
    written = file.stat().st_mtime_ns
    again = vectors_of(UNKNOWN[::-1], folder)
    assert np.array_equal(again, first[::-1])
    assert file.stat().st_mtime_ns == written
    file.write_bytes(file.read_bytes()[:-100])
    assert np.array_equal(vectors_of([UNKNOWN[1], "hello"], folder)[0], first[1])
    assert vectors_of([], folder).shape == (0, DIMENSION)


def test_a_small_project_leaves_the_vectors_of_the_large_one(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("vectors")
    large = vectors_of(UNKNOWN, folder)
    vectors_of(["hello"], folder)
    # From here on nothing can be encoded: what is found was kept.
    monkeypatch.setattr("bot.nlu.vector_store.shared_encoder", None)
    assert np.array_equal(vectors_of(UNKNOWN, folder), large)


@pytest.fixture
def encoder_of_an_operator(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A folder with the encoder, and no vectors."""
    directory = tmp_path_factory.mktemp("encoder")
    for name in (MODEL, SUMS):
        shutil.copy(SHIPPED / name, directory)
    monkeypatch.setenv(DIRECTORY_SETTING, str(directory))
    return directory


def test_vectors_that_come_with_the_encoder_need_no_encoding(
    encoder_of_an_operator: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    exact = vectors_of(UNKNOWN, tmp_path_factory.mktemp("vectors"))
    assert write_shipped([*UNKNOWN, UNKNOWN[0].upper()], encoder_of_an_operator) == len(UNKNOWN)
    monkeypatch.setattr("bot.nlu.vector_store.shared_encoder", None)
    shipped = vectors_of(UNKNOWN, tmp_path_factory.mktemp("vectors"))
    distances = np.linalg.norm(shipped - exact, axis=1) / np.linalg.norm(exact, axis=1)
    assert distances.max() < 0.02


def test_vectors_of_another_encoder_are_passed_over(encoder_of_an_operator: Path) -> None:
    write_shipped(UNKNOWN, encoder_of_an_operator)
    assert len(read_shipped(encoder_of_an_operator)) == len(UNKNOWN)
    (encoder_of_an_operator / SUMS).write_text(f"{'0' * 64}  {MODEL}\n")
    assert read_shipped(encoder_of_an_operator) == {}


def test_half_a_file_of_vectors_is_none(encoder_of_an_operator: Path) -> None:
    write_shipped(UNKNOWN, encoder_of_an_operator)
    file = encoder_of_an_operator / COME_WITH_THE_ENCODER
    file.write_bytes(file.read_bytes()[:-100])
    assert read_shipped(encoder_of_an_operator) == {}


def test_a_changed_encoder_file_is_not_loaded(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = tmp_path_factory.mktemp("encoder")
    (directory / MODEL).write_bytes(b"something else")
    (directory / SUMS).write_text(f"{'0' * 64}  {MODEL}\n")
    monkeypatch.setenv(DIRECTORY_SETTING, str(directory))
    shared_encoder.cache_clear()
    try:
        with pytest.raises(EncoderFilesError, match=r"encoder\.onnx\.gz has SHA-256"):
            shared_encoder()
    finally:
        shared_encoder.cache_clear()


def test_a_missing_encoder_file_is_named(tmp_path_factory: pytest.TempPathFactory) -> None:
    with pytest.raises(EncoderFilesError, match=r"encoder\.onnx\.gz cannot be read"):
        load_encoder(tmp_path_factory.mktemp("empty"))


@pytest.mark.parametrize(
    "text",
    [
        "no cancel",
        "hm no cancel",
        "no cancel it",
        "Nah cancel it",
        "actually no cancel it",
        "wait, no - cancel it!",
        "no end it please",
        "hmm no cancel it after all",
        "nope please close my account",
        "no no just cancel my plan now",
    ],
)
def test_a_no_before_the_wish_to_leave_is_told_from_it_without_a_comma(text: str) -> None:
    assert plain_words(text) == plain_words("no, cancel it")


@pytest.mark.parametrize(
    "text",
    [
        "no don't cancel",
        "don't cancel it",
        "no cancellation",
        "no, cancel nothing",
        "no cancel?",
        "no cancel that request i want to keep it",
        "please no cancel",
        "no stop",
        "no end in sight",
    ],
)
def test_a_no_to_the_end_itself_stays_one(text: str) -> None:
    assert plain_words(text) != plain_words("no, cancel it")


EVERYDAY = everyday_words(
    ["now cancel the basic one", "basic notes now", "my notes", "now or later"]
)


@pytest.mark.parametrize(
    ("name", "text", "neutral"),
    [
        ("Larkspur Notes", "i want to cancel larkspur notes", "i want to cancel service"),
        ("Larkspur Notes", "cancel Larkspur", "cancel service"),
        ("Larkspur Notes", "LARKSPUR's payments", "service's payments"),
        ("Larkspur Notes", "stop the larkspur payments", "stop the subscription"),
        ("Larkspur Notes", "stop the service payments", "stop the service payments"),
        ("The Larkspur Company", "cancel larkspur", "cancel service"),
        ("Larkspur Notes", "cancel my notes", "cancel my notes"),
        ("Larkspur Notes", "larkspurs are flowers", "larkspurs are flowers"),
        ("Larkspur Notes", "me@larkspur.example", "me@larkspur.example"),
        ("Larkspur Notes", "see larkspur.example/x", "see larkspur.example/x"),
        ("Basic Notes", "cancel Basic Notes", "cancel service"),
        ("Basic Notes", "cancel basic, keep my notes", "cancel basic, keep my notes"),
        ("Now", "cancel it Now", "cancel it Now"),
        ("", "cancel it", "cancel it"),
        ("!", "cancel it!", "cancel it!"),
    ],
)
def test_a_companys_name_gives_way_unless_it_is_an_everyday_word(
    name: str, text: str, neutral: str
) -> None:
    assert without_company_name(text, name, EVERYDAY | {"the", "company"}) == neutral
