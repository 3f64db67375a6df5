"""The signed receipt as channels hand it out: a file beside the mail, a download on the page."""

import structlog

from channels.conversations.transcript import conversation_digest
from offboarding.database import Database
from offboarding.encryption.errors import KeyDestroyedError
from offboarding.errors import ConfigurationError, NotFoundError
from offboarding.receipts.signing import ReceiptSigner
from offboarding.settings import Settings

log = structlog.get_logger(__name__)


class SignedReceipts:
    """Signed receipts, with the digest of what was said.

    Raises PolicyError when policy/receipts.yml is not usable.
    """

    def __init__(self, settings: Settings, database: Database) -> None:
        self._signer = ReceiptSigner(settings, database, conversation_digest)

    def file(self, receipt_id: str) -> str | None:
        """The file, or None while there is no key to sign with, or once its names were erased.

        Operators are told; the customer must have the receipt without the signature then, for the
        law asks for that at once, and for no signature (rule R8).
        """
        try:
            return self._signer.file(receipt_id)
        except (NotFoundError, KeyDestroyedError):
            return None
        except ConfigurationError as error:
            # No trace is needed: the sentence names the file and the mend.
            log.error("receipt_not_signed", receipt_id=receipt_id, problem=error.sentence)  # noqa: TRY400
            return None


def file_name(case_number: str, kind: str) -> str:
    """What the file is called on the customer's side."""
    return f"receipt-{case_number}-{kind}.json"
