"""Who is compared, and how each is had to learn and to answer: always by a process of its own."""

import json
import os
import shutil
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from bench.default_project import MODEL
from bench.nlu.answer import Answer
from bench.nlu.messages import Learnt
from bench.processes import BenchError, processor_seconds, resident_megabytes, run
from bench.rasas import CHECKOUT, QUIET
from offboard import bot

KEPT = CHECKOUT / "var" / "bench"
ONE_CORE = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
}


@dataclass(frozen=True)
class Costs:
    """What understanding takes, on one core."""

    learning_seconds: float
    milliseconds: float
    """Processor time of one message."""
    disk_megabytes: float
    """All data files that are read until the answers are there."""
    resident_megabytes: float


@dataclass(frozen=True)
class Answers:
    """What was heard in each text, and what that took."""

    given: list[Answer]
    costs: Costs


@dataclass(frozen=True)
class Contender(ABC):
    """One of those that are compared."""

    name: str
    title: str
    crosses_folds: bool = field(default=True, kw_only=True)
    """Whether it can be had to learn a part of the examples."""

    def ask(self, learnt: Sequence[Learnt], texts: Sequence[str], folder: Path) -> Answers:
        """Learn in an empty folder, then answer each text."""
        log = folder / "log.txt"
        seconds = self.learn(learnt, folder, log)
        with _running(self.answering(folder), folder, log) as process:
            given, milliseconds = _ask(process, texts, log)
            resident = resident_megabytes(process.pid)
        disk = json.loads((folder / _REPORT).read_text("utf-8"))["bytes"] / 1e6
        return Answers(given, Costs(seconds, milliseconds, disk, resident))

    @abstractmethod
    def learn(self, learnt: Sequence[Learnt], folder: Path, log: Path) -> float:
        """Learn; the seconds of one core that it took."""

    @abstractmethod
    def answering(self, folder: Path) -> list[str]:
        """What answers texts, one a line, each with a JSON line."""


@dataclass(frozen=True)
class Compared(Contender):
    """An approach of `bench.nlu.approaches`, in the environment that it needs."""

    python: Callable[[], Path]
    options: Mapping[str, Any] = field(default_factory=dict)

    def learn(self, learnt: Sequence[Learnt], folder: Path, log: Path) -> float:
        lines = (json.dumps([each.text, each.intents]) + "\n" for each in learnt)
        (folder / "examples.jsonl").write_text("".join(lines), encoding="utf-8")
        (folder / "options.json").write_text(json.dumps(dict(self.options)), encoding="utf-8")
        command = [str(self.python()), "-m", "bench.nlu.worker", "learn", self.name, str(folder)]
        run(command, CHECKOUT, log, **_variables())
        seconds: float = json.loads((folder / "learning.json").read_text("utf-8"))["seconds"]
        return seconds

    def answering(self, folder: Path) -> list[str]:
        module = ["bench.nlu.worker", "answer", self.name, str(folder)]
        return _watched(self.python(), folder, *module)


@dataclass(frozen=True)
class KeptRasa(Compared):
    """Rasa's default as `make bench` has trained it, dialogue and all, on two cores."""

    model: Path = field(kw_only=True)
    seconds: float = field(kw_only=True)

    def learn(self, learnt: Sequence[Learnt], folder: Path, log: Path) -> float:  # noqa: ARG002
        (folder / "options.json").write_text(json.dumps(dict(self.options)), encoding="utf-8")
        shutil.copyfile(self.model, folder / MODEL)
        return self.seconds


@dataclass(frozen=True)
class ThisProject(Contender):
    """`bot.train` on all of data/nlu, and `bot.predict`.

    Its encoder was made for this trade with these examples, so folds of them would flatter it.
    """

    def learn(self, learnt: Sequence[Learnt], folder: Path, log: Path) -> float:  # noqa: ARG002
        models = folder / "models"
        before = os.times()
        run(
            bot.command("bot.train", "--out", str(models), "--force"), CHECKOUT, log, **_variables()
        )
        after = os.times()
        return (after.children_user - before.children_user) + (
            after.children_system - before.children_system
        )

    def answering(self, folder: Path) -> list[str]:
        model = next((folder / "models").glob("*.tar.gz"))
        return _watched(bot.PYTHON, folder, "bot.predict", "--model", str(model))


_REPORT = "read.json"


def _watched(python: Path, folder: Path, *module: str) -> list[str]:
    return [str(python), "-m", "bench.nlu.watched", str(folder / _REPORT), *module]


def _variables() -> dict[str, str]:
    return {**ONE_CORE, **QUIET, "BENCH_VECTORS": str(KEPT / "nlu")}


@contextmanager
def _running(command: Sequence[str], folder: Path, log: Path) -> Iterator["subprocess.Popen[str]"]:
    """A process to write to and to read from; it ends when it is written to no more."""
    with log.open("ab") as said:
        process = subprocess.Popen(
            command,
            cwd=CHECKOUT,
            env=os.environ | _variables(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
    try:
        yield process
    except BaseException:
        process.kill()
        raise
    finally:
        _stream(process.stdin).close()
        _stream(process.stdout).close()
        code = process.wait()
    if code or not (folder / _REPORT).exists():
        raise _failed(process, log)


def _ask(
    process: "subprocess.Popen[str]", texts: Sequence[str], log: Path
) -> tuple[list[Answer], float]:
    """The answers, and the milliseconds of one core that each took after the first."""
    first = _answer(process, "hello", log)  # until here the model was loaded
    assert first.intents
    before = processor_seconds(process.pid)
    given = [_answer(process, text, log) for text in texts]
    seconds = processor_seconds(process.pid) - before
    return given, 1000 * seconds / max(1, len(texts))


def _answer(process: "subprocess.Popen[str]", text: str, log: Path) -> Answer:
    try:
        _stream(process.stdin).write(" ".join(text.split()) + "\n")
        _stream(process.stdin).flush()
        line = _stream(process.stdout).readline()
    except BrokenPipeError:
        line = ""
    if not line:
        raise _failed(process, log)
    said = json.loads(line)
    return Answer(tuple(said["intents"]), said["confidence"])


def _failed(process: "subprocess.Popen[str]", log: Path) -> BenchError:
    tail = log.read_text("utf-8", errors="replace").strip().splitlines()[-1:]
    return BenchError(f"{process.args!r} gave no answer: {' '.join(tail) or 'it said nothing'}")


def _stream(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream
