"""`python -m bench.exports`: how fast a copy of one's data is made, and in how much memory.

A child process makes one export by the real way (policy, query, archive, database) and tells its
own peak. Megabytes are those of the data as JSON lines; the archive holds them as CSV once more.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from pydantic import SecretStr

from bench.processes import peak_megabytes
from offboard import tables
from offboard.off_boarding import KEPT
from offboarding.database import Base, open_database
from offboarding.exports import service as exports
from offboarding.exports.model import Export, ExportState
from offboarding.policies.store import Policies
from offboarding.settings import REPOSITORY, Settings
from tests.factories import make_customer

AIM_MEBIBYTES = 128
MEGABYTE = 1_000_000
ROW_BYTES = 930
MOST_SECONDS = 3600.0

POLICY = """\
version: 2026-11-28
reviewed_by: nobody; this is a benchmark
most_downloads: 1
sources:
  - name: notes
    about: Your notes.
    kind: sql
    connection: notes
    money: {{amount_minor: currency}}
    query: |
      WITH RECURSIVE note(number) AS
        (SELECT 1 UNION ALL SELECT number + 1 FROM note WHERE number < {rows})
      SELECT number,
             datetime(1700000000 + number * 61, 'unixepoch') AS written_at,
             :customer_id AS customer,
             'Note ' || number AS title,
             number % 9973 AS amount_minor,
             'EUR' AS currency,
             substr('{words}', 1 + number % 97, 650) || hex(randomblob(50)) AS words
      FROM note
"""
WORDS = "It rained on the train to Leeds, and nobody minded; the notes stayed dry. " * 12


def main() -> int:
    options = _options()
    if options.folder is not None:
        _build(options.folder)
        return 0
    with tempfile.TemporaryDirectory(prefix="bench-exports-") as name:
        folder = Path(name)
        export_id = _prepare(folder, options.megabytes)
        told = subprocess.run(
            [sys.executable, "-m", "bench.exports", "--folder", str(folder)],
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            check=True,
            timeout=MOST_SECONDS,
        )
        _show(json.loads(told.stdout), exports.export_path(export_id, _settings(folder)))
    return 0


def _prepare(folder: Path, megabytes: int) -> str:
    """A company with one customer, who has asked for a copy of so much data."""
    rows = megabytes * MEGABYTE // ROW_BYTES
    for policy in (REPOSITORY / "policy").glob("*.yml"):
        (folder / policy.name).write_bytes(policy.read_bytes())
    (folder / "exports.yml").write_text(POLICY.format(rows=rows, words=WORDS), encoding="utf-8")
    settings = _settings(folder)
    database = open_database(settings)
    assert tables.MODELS
    Base.metadata.create_all(database.engine)
    with database.write() as session:
        export = exports.request(session, make_customer(session), "1" * 32)
    database.close()
    return export.id


def _settings(folder: Path) -> Settings:
    notes = f"sqlite:///{folder / 'offboarding.db'}"  # any file will do: the query makes the rows
    return Settings(
        _env_file=None,
        data_directory=folder,
        policy_directory=folder,
        secret=SecretStr("the secret of a benchmark, long enough for it"),
        export_connections={"notes": SecretStr(notes)},
    )


def _build(folder: Path) -> None:
    settings = _settings(folder)
    database = open_database(settings)
    policies = Policies(settings.policy_directory)
    with database.read() as session:
        [export] = session.query(Export).all()
    before = peak_megabytes(os.getpid())
    began, used = time.perf_counter(), time.process_time()
    exports.build(database, export.id, settings, policies, KEPT)
    seconds, processor = time.perf_counter() - began, time.process_time() - used
    with database.read() as session:
        assert session.get_one(Export, export.id).state is ExportState.READY
    told = {"seconds": seconds, "processor": processor, "before": before}
    json.dump({**told, "peak": peak_megabytes(os.getpid())}, sys.stdout)


def _show(told: dict[str, float], path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        data = archive.getinfo("data/notes.jsonl").file_size
    peak = told["peak"] * 1000 / 1024  # /proc tells it in units of 1024 bytes
    met = "met" if peak < AIM_MEBIBYTES else "not met"
    print("| a copy of one's data | |\n|---|---:|")
    print(f"| data, as JSON lines, MB | {data / MEGABYTE:.0f} |")
    print(f"| archive, MB | {path.stat().st_size / MEGABYTE:.0f} |")
    print(f"| time, s | {told['seconds']:.1f} |")
    print(f"| of it processor time of this process, s | {told['processor']:.1f} |")
    print(f"| data a second, MB/s | {data / MEGABYTE / told['seconds']:.1f} |")
    print(f"| data a second of processor time, MB/s | {data / MEGABYTE / told['processor']:.1f} |")
    print(f"| memory before it began, MiB | {told['before'] * 1000 / 1024:.0f} |")
    print(f"| peak memory of the process, MiB | {peak:.0f} |")
    print(f"Aim: below {AIM_MEBIBYTES} MiB: {met}.")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.exports", description=__doc__)
    parser.add_argument(
        "--megabytes", type=int, default=1074, help="of data (default: 1074, which is 1 GiB)"
    )
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
