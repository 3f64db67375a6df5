"""What `offboard nlu check` finds in training examples, and what it lets stand."""

import json
import subprocess
import time
from pathlib import Path

import pytest

from offboard import bot
from offboard.examples.checks import LONGEST, findings
from offboard.examples.exceptions import Exceptions
from offboard.examples.likeness import near_pairs, words_of
from offboard.examples.reading import (
    ExamplesError,
    domain_intents,
    read_examples,
    read_outside,
)
from offboard.examples.repository import DOMAIN, TALKS
from offboard.examples.steps import read_known, step_slips
from offboarding.settings import REPOSITORY
from tests.commands.checkout import COMMAND

INTENTS = frozenset({"cancel", "keep_subscription", "human", "refund", "greet", "choose_option"})


class Folder:
    """Examples, tests, messages and exceptions of one test's own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("nlu", "tests", "messages"):
            (folder / name).mkdir()
        self.exceptions = folder / "exceptions.yml"
        self.exceptions.write_text("exceptions: []\n")

    def examples(self, name: str = "topic.yml", /, **lines: list[str]) -> None:
        """Write a file of examples; `and` in a name stands for the `+` of a label."""
        blocks = [
            f"- intent: {label.replace('_and_', '+')}\n  examples: |\n"
            + "".join(f"    {line}\n" for line in block)
            for label, block in lines.items()
        ]
        text = 'version: "3.1"\n\nnlu:\n' + "".join(blocks)
        (self.folder / "nlu" / name).write_text(text, encoding="utf-8")

    def messages(self, name: str, *messages: dict[str, object]) -> Path:
        file = self.folder / "messages" / name
        file.write_text("".join(json.dumps(message) + "\n" for message in messages))
        return file

    def found(self, *further: Path) -> list[str]:
        reading = read_examples([self.folder / "nlu"])
        test_set = self.folder / "messages" / "own.jsonl"
        outside = read_outside(self.folder / "tests", test_set, list(further))
        slips = findings(reading, INTENTS, outside, Exceptions(self.exceptions))
        return [f"{slip.place.file.name}:{slip.place.line} {slip.sentence}" for slip in slips]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_examples_that_teach_different_things_are_let_be(folder: Folder) -> None:
    folder.examples(
        cancel=["- end my otter club card", "- I am off, shut the whole thing down please"],
        keep_subscription=["- do not end my otter club card"],
        human_and_refund=["- someone send my otter money back"],
    )
    assert folder.found() == []


def test_the_same_words_in_another_order_are_found_with_both_places(folder: Folder) -> None:
    folder.examples(cancel=["- shut my otter account down", "- Shut DOWN my otter account!"])
    [found] = folder.found()
    assert found.startswith("topic.yml:7 “Shut DOWN my otter account!” has the same words, in an")
    assert "“shut my otter account down” in " in found
    assert "topic.yml:6. Remove one" in found


def test_a_changed_noun_is_found_across_files(folder: Folder) -> None:
    folder.examples("a.yml", cancel=["- please end my otter feeding plan"])
    folder.examples("b.yml", cancel=["- please end my badger feeding plan"])
    [found] = folder.found()
    assert found.startswith("b.yml:6 “please end my badger feeding plan” is nearly the same as")


def test_a_word_in_nine_may_differ_in_a_long_example(folder: Folder) -> None:
    long = "- " + " ".join(f"word{number}" for number in range(18))
    folder.examples(cancel=[long, long.replace("word3 ", "one ").replace("word9 ", "two ")])
    assert len(folder.found()) == 1
    folder.examples(cancel=[long, long.replace("word", "other", 3)])
    assert folder.found() == []


def test_short_answers_may_differ_in_one_word(folder: Folder) -> None:
    folder.examples(cancel=["- end it please", "- end that please", "- stop it please"])
    assert folder.found() == []


def test_a_question_mark_makes_a_difference(folder: Folder) -> None:
    folder.examples(cancel=["- ended"], refund=["- ended?"])
    assert folder.found() == []


def test_one_text_under_two_labels_is_a_contradiction(folder: Folder) -> None:
    folder.examples(cancel=["- otters, goodbye"], refund=["- Otters goodbye"])
    [found] = folder.found()
    assert found.startswith("topic.yml:9 “Otters goodbye” is refund here and cancel in ")
    assert "Decide for one" in found


def test_pictures_alone_can_contradict_each_other(folder: Folder) -> None:
    folder.examples(cancel=["- 👋"], greet=["- 👋"])
    assert "is greet here and cancel in" in folder.found()[0]


def test_a_label_that_the_domain_does_not_know_is_found(folder: Folder) -> None:
    folder.examples(cancel_and_refnd=["- whatever otters may say"])
    [found] = folder.found()
    assert found.startswith("topic.yml:4 'refnd' is no intent of domain.yml. Correct the label")


def test_labels_are_written_with_the_leading_one_first_and_each_once(folder: Folder) -> None:
    folder.examples(refund_and_human=["- one"], cancel_and_cancel=["- two"])
    assert [found.rpartition(" Write ")[2] for found in folder.found()] == [
        "human+refund.",
        "cancel.",
    ]


def test_what_buttons_send_stands_in_the_file_of_buttons_alone(folder: Folder) -> None:
    folder.examples("buttons.yml", choose_option=["- /choose_option"])
    assert folder.found() == []
    folder.examples("buttons.yml", choose_option=["- the first one"])
    folder.examples(cancel=["- /cancel"], choose_option=["- the second"])
    found = folder.found()
    assert len(found) == 3
    assert "buttons.yml:6 “the first one”: nobody types what is here" in found[0]
    assert "topic.yml:6 “/cancel”: only buttons.yml has such lines" in found[1]
    assert "topic.yml:7 choose_option comes from buttons only" in found[2]


def test_empty_long_and_misplaced_lines_are_found(folder: Folder) -> None:
    folder.examples(cancel=["- ", "no dash here", "- " + "o" * (LONGEST + 1)])
    empty, misplaced, long = folder.found()
    assert empty == "topic.yml:6 there is nothing after the dash. Remove the line."
    assert misplaced.startswith("topic.yml:7 the line is no example of its own.")
    assert f"{LONGEST + 1} characters" in long


def test_examples_that_are_no_block_are_found(folder: Folder) -> None:
    (folder.folder / "nlu" / "a.yml").write_text("nlu:\n- intent: cancel\n  examples: [one]\n")
    assert "a.yml:2 cancel has no block `examples: |`" in folder.found()[0]


def test_an_example_without_its_indentation_is_found_with_all_that_it_swallows(
    folder: Folder,
) -> None:
    text = "nlu:\n- intent: cancel\n  examples: |\n    - one\n- two\n    - three\n    - four\n"
    (folder.folder / "nlu" / "topic.yml").write_text(text)
    [found] = folder.found()
    assert found.startswith("topic.yml:5 the line belongs to no intent")


@pytest.mark.parametrize(
    ("written", "named"),
    [
        ("- intent: afirm", "6 the rule “Yes” names the intent afirm"),
        ("- intent: affirm+cancl", "6 the rule “Yes” names the intent cancl"),
        ("- action: action_kep", "6 the rule “Yes” names the action action_kep"),
        ("- action: utter_byee", "6 the rule “Yes” names the action utter_byee"),
        ("- or:\n      - intent: afirm", "7 the rule “Yes” names the intent afirm"),
        ("- slot_was_set:\n      - question: confirm", "7 the rule “Yes” names the slot question"),
        (
            "- slot_was_set:\n      - open_question: confrim",
            "7 the rule “Yes” names the value of open_question confrim",
        ),
    ],
)
def test_what_a_rule_names_and_nobody_knows_is_found_with_rule_and_line(
    tmp_path: Path, written: str, named: str
) -> None:
    (tmp_path / "rules").mkdir()
    text = (
        f"rules:\n  - rule: Yes\n    steps:\n    # The step\n    - checkpoint: x\n    {written}\n"
    )
    (tmp_path / "rules" / "a.yml").write_text(text)
    domain = tmp_path / "domain.yml"
    domain.write_text(
        "intents: [affirm, cancel]\nactions: [action_keep]\n"
        "slots: {open_question: {type: categorical, values: [confirm, wish]}}\n"
        "responses: {utter_bye: [{text: Bye}]}\n"
    )
    [found] = step_slips([tmp_path / "rules"], read_known(domain))
    line, _, sentence = named.partition(" ")
    assert found.place.line == int(line)
    assert found.sentence.startswith(sentence)
    assert "Correct it" in found.sentence


def test_our_rules_and_stories_name_nothing_unknown() -> None:
    assert [*step_slips(TALKS, read_known(DOMAIN))] == []


def test_a_rule_with_its_steps_elsewhere_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("rules:\n- rule: Yes\n- steps:\n  - action: action_keep\n")
    known = read_known(DOMAIN)
    assert [slip.place.line for slip in step_slips([tmp_path], known)] == [2, 3]


def test_a_text_of_a_test_must_not_be_learnt(folder: Folder) -> None:
    (folder.folder / "tests" / "test_talk.py").write_text(
        '"""the otters have to go today"""\n'
        'say("The otters have to GO!")\nsay(f"end all {x} now")\n'
    )
    folder.examples(
        cancel=["- the otters have to go", "- the otters have to go today", "- end all now"]
    )
    found = [each for each in folder.found() if "must not be learnt" in each]
    assert len(found) == 1
    assert "test_talk.py:2, which must not be learnt" in found[0]


def test_our_test_set_must_not_be_learnt_unless_the_meaning_differs(folder: Folder) -> None:
    folder.messages(
        "own.jsonl",
        {"text": "please end my otter plan today", "label": "cancel", "slice": "plain"},
        {"text": "please freeze my badger plan today", "label": "refund", "slice": "plain"},
    )
    folder.examples(
        cancel=["- please end my stoat plan today", "- please freeze my heron plan today"]
    )
    found = [each for each in folder.found() if "own.jsonl" in each]
    assert len(found) == 1
    assert found[0].startswith("topic.yml:6 “please end my stoat plan today” is nearly the same")
    assert "own.jsonl:1" in found[0]


def test_messages_elsewhere_are_named_and_never_shown(folder: Folder) -> None:
    file = folder.messages("dev.jsonl", {"text": "please end my secret plan today"})
    folder.examples(cancel=["- please end my otter plan today"])
    assert folder.found() == []
    [found] = folder.found(file.parent)
    assert "dev.jsonl:1, which must not be learnt" in found
    assert "secret" not in found


def test_an_exception_needs_a_reason_and_something_to_except(folder: Folder) -> None:
    folder.examples(cancel=["- please end my otter plan today", "- please end my stoat plan today"])
    pair = '- pair: ["please end my otter plan today", "please end my stoat plan today"]\n'
    folder.exceptions.write_text(f"exceptions:\n{pair}")
    with pytest.raises(ExamplesError, match=r"exceptions\.yml:2: there is no reason"):
        folder.found()
    folder.exceptions.write_text(f"exceptions:\n{pair}  reason: stoats are no otters\n")
    assert folder.found() == []
    folder.examples(cancel=["- please end my otter plan today"])
    assert folder.found() == ["exceptions.yml:2 no example needs this exception. Remove it."]


def test_an_example_that_tests_use_by_nature_can_be_excepted(folder: Folder) -> None:
    (folder.folder / "tests" / "test_talk.py").write_text('say("the otters have to go")\n')
    folder.examples(cancel=["- the otters have to go"])
    assert len(folder.found()) == 1
    folder.exceptions.write_text(
        "exceptions:\n- example: the otters have to go\n  reason: the widget's own test says it\n"
    )
    assert folder.found() == []


def test_a_file_that_cannot_be_read_is_named_with_its_line(folder: Folder) -> None:
    (folder.folder / "nlu" / "a.yml").write_text("nlu:\n- intent: [\n")
    with pytest.raises(ExamplesError, match=r"a\.yml:3: this is not well-formed YAML"):
        folder.found()
    folder.examples("a.yml", cancel=["- one"])
    (folder.folder / "messages" / "own.jsonl").write_text('{"label": "cancel"}\n')
    with pytest.raises(ExamplesError, match=r"own\.jsonl, line 1: expected a JSON object"):
        folder.found()


def test_thousands_of_examples_are_compared_in_seconds() -> None:
    texts = [
        words_of(f"please end plan {number} of {number % 97} and the box {number % 89} at once")
        for number in range(4_000)
    ]
    began = time.process_time()
    assert len(list(near_pairs([*texts, texts[0]]))) >= 1
    assert time.process_time() - began < 20


def test_the_intents_are_those_of_our_domain() -> None:
    assert {"cancel", "out_of_scope", "stale_button"} <= domain_intents(REPOSITORY / "domain.yml")


def test_the_command_prints_what_is_wrong_and_ends_with_one(folder: Folder) -> None:
    folder.examples(refund_and_cancel=["- otters for everyone"])
    command = [*COMMAND, "nlu", "check", "--data", str(folder.folder / "nlu")]
    ended = subprocess.run(
        command,
        cwd=REPOSITORY,
        env=bot.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert "topic.yml:4: refund+cancel does not name each intent once" in ended.stdout
    assert "1 to mend" in ended.stderr
