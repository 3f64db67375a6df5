"""`python -m bench.nlu`: this project's understanding beside other ways to learn the same examples.

No figure is asserted. Processor times are of one core.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path

from bench.default_project import EPOCHS as DEFAULT_EPOCHS
from bench.environment import python_of_others, python_with_tensorflow
from bench.nlu import kept, messages, report
from bench.nlu.comparison import Measures, Result, measure
from bench.nlu.contenders import KEPT, Compared, Contender, KeptRasa, ThisProject
from bench.nlu.measuring_set import MeasuringSet
from bench.processes import BenchError
from bench.rasas import CHECKOUT
from offboard import bot
from offboarding.errors import OffboardingError
from tools.steps import StepError, say

PROJECT = ThisProject("project", "**this project**", crosses_folds=False)
CONTENDERS: tuple[Contender, ...] = (
    Compared("words", "words and letters, logistic regression", python_of_others),
    Compared("spacy", "spaCy's small model, logistic regression", python_of_others),
    Compared("minilm", "MiniLM as it comes, logistic regression", python_of_others),
    Compared("minilm-words", "MiniLM, words and letters", python_of_others),
    Compared("minilm-words-clauses", "the same, clause by clause", python_of_others),
    Compared("neighbours", "MiniLM, nearest neighbours", python_of_others),
    PROJECT,
)
DRAWN = (PROJECT.title, CONTENDERS[0].title)
"""Whose confidence the diagram shows."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and write what is asked for."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.only and options.write_docs:
        parser.error("--write-docs writes the whole table: leave --only out")
    try:
        run(options)
    except (BenchError, StepError, OffboardingError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def run(options: argparse.Namespace) -> None:
    """The whole comparison."""
    learnt = messages.examples()
    measures = Measures(
        examples=learnt,
        test_set=messages.read_test_set(options.messages) if options.messages.exists() else [],
        measuring_set=MeasuringSet.of(options.eval) if options.eval else None,
        folds=options.folds,
        sample=options.sample,
    )
    if not measures.test_set:
        say(f"{options.messages} is not there, so our own test set is left out.")
    asked_for = options.with_rasa_default or not options.only
    results = [_rasas_default(measures, options)] if asked_for else []
    results += [_measured(each, measures, learnt) for each in CONTENDERS if _wanted(each, options)]
    told = [result for result in results if result]
    text = "".join(_report(told, measures))
    say("\n" + text)
    if options.json:
        options.json.write_text(json.dumps([asdict(each) for each in told], indent=1), "utf-8")
    if options.write_docs:
        report.write(f"{report.PICTURE}\n\n{text}" if _draw(told) else text)
        say(f"Written: {report.DOCUMENT}")


def _measured(contender: Contender, measures: Measures, learnt: list[messages.Learnt]) -> Result:
    say(f"Measuring {contender.title.strip('*')} …")
    return measure(contender, measures, learnt)


def _wanted(contender: Contender, options: argparse.Namespace) -> bool:
    return not options.only or contender.name in options.only


def _rasas_default(measures: Measures, options: argparse.Namespace) -> Result | None:
    """Measured when asked for, since it learns for so long; else what was kept, if anything was."""
    if options.with_rasa_default:
        contender, learnt, how = _rasa_that_is_there() or _rasa_to_train(measures, options)
        kept.keep(_measured(contender, measures, learnt), how, options.messages)
    found = kept.read()
    return found.result if found else None


def _rasa_that_is_there() -> tuple[Contender, list[messages.Learnt], str] | None:
    """The one that `make bench` has trained and kept, the newest of several."""
    models = sorted(KEPT.glob("rasa-default-*.tar.gz"), key=lambda file: file.stat().st_mtime)
    if not models:
        return None
    noted = json.loads(models[-1].with_suffix(".json").read_text("utf-8"))
    epochs = noted.get("epochs", DEFAULT_EPOCHS)
    how = f"as make bench trains it: the sample of bench/sample.py, {epochs} epochs"
    contender = KeptRasa(
        "rasa-default",
        f"Rasa's default (DIET), {how}",
        python_with_tensorflow,
        crosses_folds=False,
        model=models[-1],
        seconds=noted["seconds"],
    )
    return contender, [], how


def _rasa_to_train(
    measures: Measures, options: argparse.Namespace
) -> tuple[Contender, list[messages.Learnt], str]:
    learnt = messages.sampled(measures.examples, options.rasa_sample)
    how = f"{len(learnt)} of {len(measures.examples)} examples, {options.rasa_epochs} epochs"
    contender = Compared(
        "rasa-default",
        f"Rasa's default (DIET), {how}",
        python_with_tensorflow,
        {"epochs": options.rasa_epochs},
        crosses_folds=False,
    )
    return contender, learnt, how


def _report(results: list[Result], measures: Measures) -> Iterator[str]:
    count = len(measures.examples)
    sample = min(count, measures.sample)
    yield f"Measured on {date.today().isoformat()}, "  # noqa: DTZ011 (the day where it runs)
    yield f"all learnt from the {count:,} examples of `data/nlu/` where nothing else is said.\n\n"
    yield from _about_kept()
    other = len(measures.measuring_set.messages) if measures.measuring_set else 0
    names = (
        f"Our own test set, {len(measures.test_set):,} messages",
        f"A measuring set that is not in the repository, {other:,} messages",
        f"Examples held back from learning: {measures.folds} folds of {sample:,} examples",
    )
    yield from report.tables(results, names)
    mine = next((result for result in results if result.title == PROJECT.title), None)
    if mine and mine.slices:
        yield "\n**This project on each slice of our test set**\n\n"
        yield from report.slices(mine)
        yield "\n**This project's confidence**, in ten bins of equally many messages\n\n"
        yield from report.reliability(mine.reliability)


def _about_kept() -> Iterator[str]:
    found = kept.read()
    if not found:
        return
    yield f"Rasa's default was measured on {found.measured_on} ({found.how})"
    if found.test_set != kept.fingerprint(messages.TEST_SET):
        yield ", on our test set as it was then"
    yield ".\n\n"


def _draw(results: list[Result]) -> bool:
    """Draw whose confidence is known; whether there was anything to draw."""
    curves = [
        {"title": result.title.strip("*"), "bins": [asdict(each) for each in result.reliability]}
        for title in DRAWN
        for result in results
        if result.title == title and result.reliability
    ]
    if not curves:
        return False
    command = bot.command("bench.nlu.diagram", str(report.DIAGRAM))
    done = subprocess.run(
        command, cwd=CHECKOUT, input=json.dumps(curves), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BenchError(f"The diagram could not be drawn: {done.stderr.strip()[-300:]}")
    return True


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.nlu", description=__doc__)
    parser.add_argument("--folds", type=int, default=3, help="0: no cross-validation (default: 3)")
    parser.add_argument(
        "--sample", type=int, default=3000, help="examples in the folds (default: 3000)"
    )
    parser.add_argument(
        "--only",
        nargs="+",
        choices=[each.name for each in CONTENDERS],
        metavar="NAME",
        help="only these: " + ", ".join(each.name for each in CONTENDERS),
    )
    parser.add_argument("--messages", type=Path, default=messages.TEST_SET, help="our own test set")
    parser.add_argument(
        "--eval", type=Path, metavar="DIR", help="a measuring set with its scorer, DIR/score.py"
    )
    parser.add_argument(
        "--with-rasa-default",
        action="store_true",
        help="Rasa's default too, as make bench has trained it, else trained now: long",
    )
    parser.add_argument("--rasa-sample", type=int, default=3000, help="(default: 3000)")
    parser.add_argument("--rasa-epochs", type=int, default=100, help="(default: 100)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    parser.add_argument(
        "--write-docs", action="store_true", help="write docs/understanding.md's figures"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
