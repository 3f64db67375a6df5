"""`python -m bench.nlu.watched REPORT MODULE …`: runs a module and notes how much data it reads.

The report is a JSON object with `bytes`: the size of all files that were opened and are no code.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
from pathlib import Path

_CODE = frozenset({".py", ".pyc", ".pth", ".so", ".typed", ".txt", ".toml", ".pem"})
_SYSTEM = ("/proc/", "/sys/", "/dev/", "/etc/", "/usr/share/", "/usr/lib/")


def main() -> None:
    """Run the module as it would run by itself."""
    report, module, *arguments = sys.argv[1:]
    opened: set[str] = set()

    def note(event: str, given: tuple[object, ...]) -> None:
        if event == "open" and isinstance(given[0], str | bytes):
            opened.add(os.fsdecode(given[0]))

    sys.addaudithook(note)
    sys.argv = [module, *arguments]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    finally:
        size = data_bytes(opened)
        Path(report).write_text(json.dumps({"bytes": size}), encoding="utf-8")


def data_bytes(opened: set[str]) -> int:
    """The size of the files that are no code, no part of the system, and there still."""
    files = {Path(name).resolve() for name in opened}
    return sum(
        file.stat().st_size
        for file in files
        if file.is_file() and file.suffix not in _CODE and not str(file).startswith(_SYSTEM)
    )


if __name__ == "__main__":
    main()
