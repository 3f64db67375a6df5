"""Rasa's side never outlives whoever started it, however early they went."""

import os
import subprocess
import sys

from conftest import ROOT, free_port

STOPPED_AS_IT_STARTS = """
import sys
from bot import serve
made = serve.create_application

async def stop_now(application, loop):
    loop.call_soon(application.stop)

def create(*options):
    application = made(*options)
    application.register_listener(stop_now, "after_server_start")
    return application

serve.create_application = create
sys.exit(serve.main(sys.argv[1:]))
"""
"""A stop in the instant in which the server has just started: Sanic takes it for none."""


def test_it_ends_though_a_stop_was_lost_while_it_started() -> None:
    serving = subprocess.run(
        [sys.executable, "-c", STOPPED_AS_IT_STARTS, "--port", str(free_port())],
        cwd=ROOT,
        env={**os.environ, "OFFBOARD_RASA_TOKEN": "t" * 32, "OFFBOARD_ACTION_ENDPOINT": "x"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert serving.returncode == 0, serving.stderr[-2000:]
    assert b"Standard input has closed: ending." in serving.stderr
