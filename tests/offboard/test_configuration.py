"""What commands beside a running application know of it."""

from pathlib import Path

import pytest

from offboard.configuration import remember_port, settings_beside_it
from offboarding.settings import Settings


def test_the_port_is_kept_where_no_data_directory_is_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "data" / "of-its-own"
    remember_port(Settings(_env_file=None, data_directory=folder, port=8123))
    monkeypatch.setenv("OFFBOARD_DATA_DIRECTORY", str(folder))
    monkeypatch.delenv("OFFBOARD_PORT", raising=False)
    monkeypatch.delenv("PORT", raising=False)
    assert settings_beside_it().port == 8123
