"""`offboard run`: what it starts, keeps running and ends."""

import re
import shutil
import signal
import socket

import httpx
import pytest

from tests.commands.checkout import SOURCE, Checkout, until


def readiness(checkout: Checkout) -> int:
    address = f"http://127.0.0.1:{checkout.port}/readyz"
    return httpx.get(address, trust_env=False).status_code


def test_the_address_is_printed_once_every_part_is_ready(checkout: Checkout) -> None:
    running = checkout.run()
    running.until_ready()
    assert running.said.splitlines()[-1] == f"Ready: http://127.0.0.1:{checkout.port}"
    assert readiness(checkout) == 200


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_end_takes_every_process_along_quietly(
    checkout: Checkout, number: signal.Signals
) -> None:
    running = checkout.run()
    running.until_ready()
    said = running.said
    assert running.serving()
    assert running.signal_and_wait(number) == 0
    assert running.survivors() == []
    assert running.said == said


def test_an_end_while_rasa_still_loads_is_as_quiet(checkout: Checkout) -> None:
    (checkout.folder / "model-is-slow").touch()
    running = checkout.run()
    until(lambda: "Starting" in running.said and running.serving())
    assert running.signal_and_wait(signal.SIGINT) == 0
    assert running.survivors() == []
    assert "Traceback" not in running.said


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)]
)
def test_an_end_while_the_bot_is_trained_ends_the_training(
    checkout: Checkout, number: signal.Signals, code: int
) -> None:
    (checkout.folder / "data-is-endless").touch()
    running = checkout.run()
    until(lambda: "Training the bot" in running.said and running.has_child("bot.train"))
    assert running.signal_and_wait(number) == code
    until(lambda: not running.survivors(), 5)
    assert "Traceback" not in running.said


@pytest.mark.faults
def test_rasa_ends_even_when_its_parent_is_killed(checkout: Checkout) -> None:
    running = checkout.run()
    running.until_ready()
    running.signal_and_wait(signal.SIGKILL)
    until(lambda: not running.survivors())


@pytest.mark.faults
def test_a_killed_rasa_is_started_again_at_the_same_place(checkout: Checkout) -> None:
    running = checkout.run()
    running.until_ready()
    first = running.rasa()
    first.kill()
    until(lambda: (running.serving() or first).pid != first.pid)
    until(lambda: readiness(checkout) == 200)
    assert "SIGKILL" in running.said


def test_rasa_is_told_its_token_and_none_of_the_applications_secrets(checkout: Checkout) -> None:
    running = checkout.run(OFFBOARD_SECRET="s" * 40, OFFBOARD_SMTP_PASSWORD="hidden")
    running.until_ready()
    names = (checkout.folder / f"rasa-environment-{running.rasa().pid}").read_text().splitlines()
    assert {"OFFBOARD_RASA_TOKEN", "OFFBOARD_ACTION_ENDPOINT"} <= set(names)
    assert not {"OFFBOARD_SECRET", "OFFBOARD_SMTP_PASSWORD"} & set(names)


def test_what_it_writes_is_for_its_owner_only(checkout: Checkout) -> None:
    running = checkout.run()
    running.until_ready()
    folder = checkout.folder / "var"
    written = [folder, *folder.rglob("*")]
    assert folder / "rasa.log" in written
    assert [str(path) for path in written if path.stat().st_mode & 0o077] == []


def test_a_taken_port_is_one_sentence_with_its_holder_and_another_port(checkout: Checkout) -> None:
    with socket.create_server(("127.0.0.1", checkout.port)):
        ended = checkout.offboard("run")
    assert ended.returncode == 1
    assert re.fullmatch(
        rf"Port {checkout.port} is taken by \S.*\(process \d+\): .* PORT=\d+ make run\n",
        ended.stderr,
    )


def test_another_port_is_found_for_rasa_when_its_own_is_taken(checkout: Checkout) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        running = checkout.run(OFFBOARD_RASA_PORT=str(taken.getsockname()[1]))
        running.until_ready()


def test_commands_beside_it_find_its_port(checkout: Checkout) -> None:
    running = checkout.run()
    running.until_ready()
    assert (checkout.folder / "var" / "port").read_text() == f"{checkout.port}\n"


def test_a_model_is_trained_when_there_is_none(checkout: Checkout) -> None:
    running = checkout.run()
    running.until_ready()
    assert (checkout.folder / "models" / "trained.tar.gz").exists()
    assert "Training the bot" in running.said


def test_data_that_cannot_be_trained_is_told_without_a_trace(checkout: Checkout) -> None:
    (checkout.folder / "data-is-broken").touch()
    ended = checkout.offboard("run")
    assert ended.returncode == 1
    assert "data/nlu/cancel.yml:3 has a mistake" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_rasa_that_never_starts_is_told_with_its_last_words(checkout: Checkout) -> None:
    (checkout.folder / "model-is-broken").touch()
    ended = checkout.offboard("run")
    assert ended.returncode == 1
    assert "the model cannot be read" in ended.stderr.splitlines()[-1]
    assert "Traceback" not in ended.stderr


def test_a_missing_interpreter_of_the_bot_is_one_sentence(checkout: Checkout) -> None:
    (checkout.folder / "bot" / ".venv" / "bin" / "python").unlink()
    ended = checkout.offboard("run")
    assert ended.returncode == 1
    assert ended.stderr == (
        "The bot's Python is missing (bot/.venv/bin/python): `make setup` installs it.\n"
    )


def test_a_database_that_cannot_be_reached_is_one_sentence(checkout: Checkout) -> None:
    ended = checkout.offboard("migrate", OFFBOARD_DATABASE_URL="not an address")
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert "OFFBOARD_DATABASE_URL" in ended.stderr


def test_what_customers_need_is_told_before_anything_is_trained(checkout: Checkout) -> None:
    shutil.copytree(SOURCE / "policy", checkout.folder / "policy")
    ended = checkout.offboard("run", OFFBOARD_SANDBOX="false")
    assert ended.returncode == 1
    assert "OFFBOARD_COMPANY_NAME" in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert not (checkout.folder / "models").exists()
