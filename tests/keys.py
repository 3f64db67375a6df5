"""The keys under which the tests' data are encrypted, in every process that a test starts."""

from offboarding.encryption.keys import DataKeys

TEXT = (
    "tests=dGhlIHRlc3RzJyBvd24ga2V5LCB3aGljaCB3cmFwcyE,"
    "index=dGhlIHRlc3RzJyBvd24ga2V5LCBmb3IgbG9vay11cHM"
)
KEYS = DataKeys.read(TEXT, "tests/keys.py")
