"""Which model is served: the one that fits the data, also when another was trained since."""

import os
import shutil
import time
from pathlib import Path

from conftest import free_port, start, train


def test_data_that_went_back_are_served_by_the_model_that_fits_them(
    model: Path, tmp_path: Path
) -> None:
    fits = tmp_path / model.name
    shutil.copy(model, fits)
    later = tmp_path / "offboarding-0000000000000000.tar.gz"
    shutil.copy(model, later)
    os.utime(fits, (time.time() - 3600, time.time() - 3600))
    log = tmp_path / "bot.log"
    bot = start(later, free_port(), f"http://127.0.0.1:{free_port()}", log)
    try:
        assert f"Model {later.name} is loaded." in log.read_text()
        chosen = train(tmp_path, "--choose")
        assert (chosen.returncode, chosen.stdout.splitlines()[-1]) == (0, str(fits))
        deadline = time.monotonic() + 60
        while f"Model {fits.name} is loaded." not in log.read_text():
            assert time.monotonic() < deadline, log.read_text()[-2000:]
            time.sleep(0.1)
        assert bot.request("")[0] == 200
    finally:
        assert bot.process.stdin is not None
        bot.process.stdin.close()
    assert bot.process.wait(30) == 0


def test_training_that_finds_a_model_has_that_one_served(model: Path, tmp_path: Path) -> None:
    fits, later = tmp_path / model.name, tmp_path / "offboarding-0000000000000000.tar.gz"
    for path in (fits, later):
        shutil.copy(model, path)
    ahead = time.time() + 60
    os.utime(later, (ahead, ahead))
    assert train(tmp_path).returncode == 0
    assert fits.stat().st_mtime > later.stat().st_mtime
    chosen = fits.stat().st_mtime_ns
    assert train(tmp_path, "--choose").returncode == 0
    assert fits.stat().st_mtime_ns == chosen


def test_a_model_that_is_not_there_is_not_chosen(tmp_path: Path) -> None:
    assert train(tmp_path, "--choose").returncode == 3
    assert not list(tmp_path.iterdir())
