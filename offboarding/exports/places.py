"""Where the archives lie."""

from pathlib import Path

from offboarding.settings import Settings


def export_folder(settings: Settings) -> Path:
    """The folder of all archives, and of what is needed while one is made."""
    return settings.data_directory / "exports"


def export_path(export_id: str, settings: Settings) -> Path:
    """Where the archive of an export lies."""
    return export_folder(settings) / f"{export_id}.zip"


def unfinished_path(path: Path) -> Path:
    """Where an archive is written before it takes its place; the same at every try."""
    return path.with_suffix(".part")
