"""Training on change, and reading texts from the command line."""

import io
import json
import os
import shutil
import subprocess
import threading
from pathlib import Path

import pytest
from bot.model_archive import load_understanding
from bot.neutral_labels import NEUTRAL_LABELS
from bot.predict import predict
from bot.project import Project

from conftest import PROJECT, ROOT, TOKEN, free_port, start, train


def test_a_current_model_is_not_trained_again(model: Path) -> None:
    before = model.stat().st_mtime_ns
    again = train(model.parent)
    assert again.returncode == 0
    assert again.stdout.splitlines()[-1] == str(model)
    assert model.stat().st_mtime_ns == before


def test_check_says_whether_the_model_is_current(model: Path, tmp_path: Path) -> None:
    assert train(model.parent, "--check").returncode == 0
    missing = train(tmp_path, "--check")
    assert missing.returncode == 3
    assert not list(tmp_path.iterdir())


def test_nothing_half_made_is_left_beside_the_model(model: Path) -> None:
    assert [path.name for path in model.parent.iterdir()] == [model.name]


@pytest.mark.parametrize("changed", ["config.yml", "domain.yml", "data/nlu/examples.yml"])
def test_the_fingerprint_follows_each_part(tmp_path: Path, changed: str) -> None:
    copy = tmp_path / "project"
    shutil.copytree(PROJECT, copy)
    project = Project(copy / "config.yml", copy / "domain.yml", copy / "data")
    before = project.fingerprint()
    (copy / "data" / "notes.txt").write_text("no part of it")
    assert project.fingerprint() == before
    with (copy / changed).open("a") as file:
        file.write("\n# changed\n")
    assert project.fingerprint() != before


def test_each_line_gets_one_answer_in_order(model: Path) -> None:
    texts = ["please cancel my plan", "", "😀", "/cancel", "do not cancel", "\x00", "x" * 6000]
    answers = io.StringIO()
    predict(load_understanding(model), io.StringIO("\n".join(texts) + "\n"), answers)
    read = [json.loads(line) for line in answers.getvalue().split("\n")[:-1]]
    assert [answer["text"] for answer in read] == texts
    assert all(answer["intents"] and 0 <= answer["confidence"] <= 1 for answer in read)
    assert read[0]["intents"] == ["cancel"]
    assert read[1]["intents"] == ["nlu_fallback"]
    assert "cancel" not in read[4]["intents"]


def test_a_line_is_answered_before_the_next_one_comes(model: Path) -> None:
    understanding = load_understanding(model)
    (from_us, to_it), (from_it, to_us) = os.pipe(), os.pipe()
    with os.fdopen(from_us) as texts, os.fdopen(to_us, "w") as answers:
        working = threading.Thread(target=predict, args=(understanding, texts, answers))
        working.start()
        with os.fdopen(to_it, "w") as ours, os.fdopen(from_it) as heard:
            for text in ("please cancel my plan", "thank you"):
                ours.write(f"{text}\n")
                ours.flush()
                assert json.loads(heard.readline())["text"] == text
            ours.close()
            working.join()


def test_the_same_text_is_always_heard_the_same(model: Path) -> None:
    understanding = load_understanding(model)
    heard = {str(understanding.hear("too dear, please cancel")) for _ in range(3)}
    assert len(heard) == 1


def test_training_twice_learns_the_same(model: Path, tmp_path: Path) -> None:
    again = train(tmp_path)
    assert again.returncode == 0, again.stderr[-2000:]
    text = "it is too expensive, please cancel"
    first = load_understanding(model).hear(text)
    assert load_understanding(Path(again.stdout.splitlines()[-1])).hear(text) == first


def test_every_intent_has_a_neutral_label() -> None:
    import yaml

    domain = yaml.safe_load((ROOT / "domain.yml").read_text())
    assert {*domain["intents"]} <= {*NEUTRAL_LABELS}


def test_a_server_without_a_model_says_so_and_ends_with_its_parent(tmp_path: Path) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    bot = start(tmp_path / "none.tar.gz", free_port(), nowhere, tmp_path / "log")
    try:
        assert bot.request("")[0] == 503
        assert bot.turn(text="hi") == (
            409,
            {"error": "no_model", "detail": "No model is loaded."},
        )
    finally:
        assert bot.process.stdin is not None
        bot.process.stdin.close()
    assert bot.process.wait(30) == 0


def test_no_server_starts_without_a_token(tmp_path: Path) -> None:
    import os
    import sys

    environment = {name: value for name, value in os.environ.items() if value != TOKEN}
    environment.pop("OFFBOARD_RASA_TOKEN", None)
    ended = subprocess.run(
        [sys.executable, "-m", "bot.serve", "--port", str(free_port()), "--model", "none"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode != 0
    assert "OFFBOARD_RASA_TOKEN" in ended.stderr
