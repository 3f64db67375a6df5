"""The keys under which the tests' data are encrypted, in every process that a test starts."""

import base64
import hashlib

from offboarding.encryption.keys import DataKeys

TEXT = (
    "tests=dGhlIHRlc3RzJyBvd24ga2V5LCB3aGljaCB3cmFwcyE,"
    "index=dGhlIHRlc3RzJyBvd24ga2V5LCBmb3IgbG9vay11cHM"
)
KEYS = DataKeys.read(TEXT, "tests/keys.py")


def another_key(name: str) -> str:
    """A key as the setting has it, the same in every process: it stands in the names of tests."""
    return base64.urlsafe_b64encode(hashlib.sha256(name.encode()).digest()).decode().rstrip("=")
