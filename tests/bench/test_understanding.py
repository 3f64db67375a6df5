"""`python -m bench.nlu`: each figure is what its name says, and each can be bad."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.nlu import kept, report
from bench.nlu.__main__ import main
from bench.nlu.answer import Answer, plainly
from bench.nlu.calibration import bins, expected_calibration_error
from bench.nlu.comparison import Measures, Result, measure
from bench.nlu.contenders import Compared, Costs
from bench.nlu.measuring_set import MeasuringSet
from bench.nlu.messages import Learnt, Message, folds, read_test_set, sampled
from bench.nlu.scoring import Figures, Share, figures, slices
from bench.nlu.watched import data_bytes
from bench.processes import BenchError
from bench.rasas import CHECKOUT
from offboard import bot

EXAMPLES = [
    Learnt(f"{verb} {thing} {when}", intents)
    for intents, verb, thing in (
        (("cancel",), "quit", "otterclub"),
        (("refund",), "repay", "badgerfee"),
        (("out_of_scope",), "feed", "stoats"),
    )
    for when in ("today", "now", "soon", "at once", "this week", "please")
]
SCORER = """
import json, sys
if sys.argv[1] == "--dump-texts":
    lines = [{"id": "1", "text": "quit otterclub"}, {"id": "2", "text": "repay badgerfee"}]
    open(sys.argv[2], "w").write("".join(json.dumps(line) + chr(10) for line in lines))
else:
    answers = [json.loads(line) for line in open(sys.argv[1])]
    mapping = json.load(open(sys.argv[2]))
    heard = {answer["id"]: mapping[answer["intents"][0]] for answer in answers}
    right = (heard["1"] == "cancel") + (heard["2"] == "refund")
    print("  multi-intent items    50.0%  (1/2, 95% CI 0-1)")
    report = {
        "items": 2, "accuracy": right / 2, "accuracy_top1": right / 2, "macro_f1": 0.5,
        "false_cancels": 1, "not_cancel_items": 4, "missed_cancels": 0, "cancel_items": 3,
        "oos_recall": 0.75, "in_scope_to_oos": None,
    }
    json.dump(report, open(sys.argv[4], "w"))
"""


def message(*answers: str, optional: str = "", slice_name: str = "all") -> Message:
    return Message(
        "text",
        tuple(frozenset(answer.split("+")) for answer in answers),
        frozenset(optional.split()),
        slice_name,
    )


def heard(intents: str, confidence: float = 1.0) -> Answer:
    return Answer(tuple(intents.split()), confidence)


def of(asked: Message, intents: str) -> Figures:
    return figures([asked], [heard(intents)])


def test_the_leading_intent_may_be_in_any_right_answer() -> None:
    assert of(message("refund", "cancel+pause"), "pause").top_1 == Share(1, 1)
    assert of(message("refund"), "pause refund").top_1 == Share(0, 1)
    assert of(message("refund", optional="greet"), "greet refund").top_1 == Share(0, 1)


def test_the_whole_set_is_right_with_nothing_missing_and_nothing_more() -> None:
    asked = message("cancel+refund", "human", optional="greet")
    assert of(asked, "refund cancel").whole == Share(1, 1)
    assert of(asked, "human greet").whole == Share(1, 1)
    assert of(asked, "cancel").whole == Share(0, 1)
    assert of(asked, "cancel refund human").whole == Share(0, 1)


def test_an_optional_intent_that_an_answer_asks_for_must_be_heard() -> None:
    assert of(message("refund+greet", optional="greet"), "refund").whole == Share(0, 1)


def test_a_false_cancel_is_one_that_no_answer_allows() -> None:
    assert of(message("pause"), "pause cancel").false_cancels == Share(1, 1)
    assert of(message("pause"), "pause").false_cancels == Share(0, 1)
    assert of(message("pause", "cancel"), "cancel").false_cancels == Share(0, 0)
    assert of(message("pause", optional="cancel"), "cancel").false_cancels == Share(0, 0)


def test_a_missed_cancel_is_one_that_every_answer_asks_for() -> None:
    asked = message("cancel+refund", "cancel")
    assert of(asked, "refund").missed_cancels == Share(1, 1)
    assert of(asked, "cancel").missed_cancels == Share(0, 1)
    assert of(message("cancel", "human"), "human").missed_cancels == Share(0, 0)


def test_messages_of_two_intents_are_counted_by_themselves() -> None:
    asked = [message("cancel+refund"), message("cancel+refund"), message("cancel")]
    got = figures(asked, [heard("cancel refund"), heard("cancel"), heard("cancel")])
    assert got.two_intents == Share(1, 2)


def test_what_is_not_understood_is_out_of_scope() -> None:
    assert of(message("out_of_scope"), "nlu_fallback").out_of_scope == Share(1, 1)
    assert of(message("out_of_scope"), "refund").out_of_scope == Share(0, 1)
    assert of(message("refund"), "nlu_fallback").sent_away == Share(1, 1)
    assert of(message("refund"), "out_of_scope refund").sent_away == Share(0, 1)
    assert of(message("refund", "out_of_scope"), "out_of_scope").sent_away == Share(0, 0)


def test_macro_f1_is_the_mean_over_the_labels_that_occur() -> None:
    asked = [message("cancel"), message("cancel"), message("refund", "human+pause")]
    got = figures(asked, [heard("cancel"), heard("greet"), heard("human")])
    # cancel 2/3, human 1, pause 0: the second answer of the last is the closer one
    assert got.macro_f1 == pytest.approx((2 / 3 + 1 + 0) / 3)


def test_each_slice_has_figures_of_its_own() -> None:
    asked = [message("cancel", slice_name="one"), message("pause", slice_name="other")]
    got = slices(asked, [heard("cancel"), heard("cancel")])
    assert list(got) == ["one", "other"]
    assert got["one"].false_cancels == Share(0, 0)
    assert got["other"].false_cancels == Share(1, 1)


def test_confidence_that_means_what_it_says_has_no_calibration_error() -> None:
    good = [(0.8, number % 5 != 0) for number in range(100)]
    assert expected_calibration_error(bins(good)) == pytest.approx(0.0)
    assert expected_calibration_error(bins([(0.9, False)] * 50)) == pytest.approx(0.9)
    assert expected_calibration_error(bins([])) is None


def test_bins_hold_equally_many_and_are_ordered_by_confidence() -> None:
    got = bins([(number / 100, number >= 50) for number in range(100)])
    assert [each.count for each in got] == [10] * 10
    assert [each.accuracy for each in got] == [0.0] * 5 + [1.0] * 5
    assert got[0].confidence == pytest.approx(0.045)
    assert sum(each.count for each in bins([(0.5, True)] * 7)) == 7


def test_an_approach_hears_what_is_likelier_than_not_or_else_the_likeliest() -> None:
    intents = ("cancel", "human", "thanks")
    assert plainly(intents, (0.7, 0.6, 0.1)) == Answer(("human", "cancel"), 0.6)
    assert plainly(intents, (0.1, 0.2, 0.3)) == Answer(("thanks",), 0.3)


def test_each_example_is_asked_once_and_never_of_what_learnt_it() -> None:
    asked_of_all = []
    for learnt, asked in folds(EXAMPLES, 3):
        assert not set(learnt) & set(asked)
        assert {each.intents for each in asked} == {each.intents for each in EXAMPLES}
        asked_of_all += asked
    assert sorted(asked_of_all, key=str) == sorted(EXAMPLES, key=str)


def test_a_sample_has_of_each_label_its_share() -> None:
    chosen = sampled(EXAMPLES, 6)
    assert sorted(each.intents for each in chosen) == sorted(
        intents for intents in {each.intents for each in EXAMPLES} for _ in range(2)
    )
    assert sampled(EXAMPLES, 6) == chosen
    assert sampled(EXAMPLES, 100) == EXAMPLES


def test_a_test_set_is_read_with_all_it_may_say(tmp_path: Path) -> None:
    file = tmp_path / "messages.jsonl"
    line = {"text": "a", "label": "cancel+refund", "slice": "s", "alt": ["human"]}
    file.write_text(json.dumps({**line, "optional": ["greet"]}) + "\n\n")
    assert read_test_set(file) == [
        Message(
            "a",
            (frozenset({"cancel", "refund"}), frozenset({"human"})),
            frozenset({"greet"}),
            "s",
        )
    ]
    file.write_text('{"text": "a", "label": "cancel"}\n')
    with pytest.raises(BenchError, match="line 1: expected a JSON object"):
        read_test_set(file)


@pytest.fixture
def scored_elsewhere(tmp_path: Path) -> MeasuringSet:
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "score.py").write_text(SCORER)
    return MeasuringSet.of(tmp_path / "set")


def test_a_measuring_set_is_counted_by_its_own_scorer(scored_elsewhere: MeasuringSet) -> None:
    assert scored_elsewhere.texts == ["quit otterclub", "repay badgerfee"]
    got = scored_elsewhere.figures([heard("cancel"), heard("pause")])
    assert got.top_1 == Share(1, 2)
    assert got.false_cancels == Share(1, 4)
    assert got.missed_cancels == Share(0, 3)
    assert got.two_intents == Share(1, 2)
    assert got.out_of_scope is not None
    assert got.out_of_scope.rate == 0.75
    assert got.sent_away is None


def test_a_scorer_that_fails_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "score.py").write_text("raise SystemExit('no messages here')")
    with pytest.raises(BenchError, match="ended with 1: no messages here"):
        MeasuringSet.of(tmp_path)


def test_an_approach_learns_and_answers_in_a_process_of_its_own(
    scored_elsewhere: MeasuringSet,
) -> None:
    asked = [
        Message("quit the otterclub", (frozenset({"cancel"}),), slice="one"),
        Message("feed\nthe stoats", (frozenset({"out_of_scope"}),), slice="two"),
        Message("repay", (frozenset({"cancel"}),), slice="two"),
    ]
    contender = Compared("words", "words", lambda: bot.PYTHON)
    got = measure(contender, Measures(EXAMPLES, asked, scored_elsewhere, 2, 100), EXAMPLES)
    assert got.on_test_set is not None
    assert got.on_test_set.top_1 == Share(2, 3)
    assert got.on_test_set.missed_cancels == Share(1, 2)
    assert got.on_measuring_set is not None
    assert got.on_measuring_set.top_1 == Share(2, 2)
    assert got.in_folds is not None
    assert got.in_folds.top_1 == Share(18, 18)
    assert got.slices["two"].top_1 == Share(1, 2)
    assert sum(each.count for each in got.reliability) == 3
    assert got.costs.learning_seconds > 0
    assert got.costs.disk_megabytes > 0
    assert got.costs.resident_megabytes > 10


def test_an_approach_that_ends_is_told_in_a_sentence(tmp_path: Path) -> None:
    contender = Compared("no such approach", "none", lambda: bot.PYTHON)
    with pytest.raises(BenchError, match="ended with 1"):
        contender.ask(EXAMPLES, ["text"], tmp_path)


def test_code_and_the_system_are_no_data(tmp_path: Path) -> None:
    for name, size in (("a.bin", 10), ("b.npz", 5), ("c.py", 100)):
        (tmp_path / name).write_bytes(b"x" * size)
    names = {str(tmp_path / name) for name in ("a.bin", "b.npz", "c.py", "gone.bin")}
    assert data_bytes(names | {"/proc/self/status", f"{tmp_path}/../{tmp_path.name}/a.bin"}) == 15


def result(title: str = "one") -> Result:
    got = figures(
        [message("cancel", slice_name="s"), message("pause", slice_name="s")],
        [heard("cancel", 0.9), heard("cancel", 0.7)],
    )
    return Result(title, Costs(12.4, 3.21, 45.67, 89.1), on_test_set=got, slices={"s": got})


def test_the_table_has_every_figure() -> None:
    text = "".join(report.tables([result()], ("Own", "Other", "Folds")))
    assert "| one | 50.0 | 50.0 | 0.333 | 1 of 1 | 0 of 1 | n/a | n/a | 0.0 | 0.400 |" in text
    assert "| one | 12 | 3.2 | 45.7 | 89 |" in text
    assert "Other" not in text
    assert "| s | 2 | 50.0 | 50.0 | 1 of 1 | 0 of 1 |" in "".join(report.slices(result()))


def test_the_document_gets_the_figures_between_its_marks(tmp_path: Path) -> None:
    document = tmp_path / "page.md"
    document.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n")
    report.write("| new |\n", document)
    report.write("| newer |\n", document)
    assert document.read_text() == (f"before\n{report.BEGIN}\n\n| newer |\n\n{report.END}\nafter\n")
    document.write_text("no marks")
    with pytest.raises(BenchError, match="put them back"):
        report.write("| new |", document)


def test_our_page_has_the_marks() -> None:
    text = report.DOCUMENT.read_text("utf-8")
    assert text.count(report.BEGIN) == text.count(report.END) == 1


def test_a_result_that_took_long_is_kept_with_its_day(tmp_path: Path) -> None:
    file, messages = tmp_path / "kept.json", tmp_path / "messages.jsonl"
    assert kept.read(file) is None
    kept.keep(result(), "60 examples", messages, file)
    read = kept.read(file)
    assert read is not None
    assert read.result.on_test_set == result().on_test_set
    assert read.result.costs == result().costs
    assert read.how == "60 examples"
    messages.write_text("changed")
    assert read.test_set != kept.fingerprint(messages)


def test_the_diagram_is_the_same_for_the_same_figures(tmp_path: Path) -> None:
    curves = [{"title": "otters", "bins": [{"confidence": 0.2, "accuracy": 0.3}]}]
    drawn = []
    for name in ("a.svg", "b.svg"):
        command = bot.command("bench.nlu.diagram", str(tmp_path / name))
        subprocess.run(command, cwd=CHECKOUT, input=json.dumps(curves), text=True, check=True)
        drawn.append((tmp_path / name).read_text("utf-8"))
    assert drawn[0] == drawn[1]
    assert "otters" in drawn[0]


def test_an_unreadable_test_set_ends_the_command_with_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "messages.jsonl"
    file.write_text("no json\n")
    assert main(["--messages", str(file)]) == 1
    assert "line 1" in capsys.readouterr().err


def test_a_part_of_the_table_is_not_written_into_the_page() -> None:
    with pytest.raises(SystemExit):
        main(["--only", "words", "--write-docs"])


def test_the_command_says_what_it_takes() -> None:
    command = [sys.executable, "-m", "bench.nlu", "--help"]
    said = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    assert "--with-rasa-default" in said.stdout
