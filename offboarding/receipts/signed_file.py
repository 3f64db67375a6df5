"""The file a customer keeps: the receipt, readable, and the signature over exactly that.

    {"receipt": {…}, "signature": "…"}

`signature` is a compact JWS (RFC 7515) signed with Ed25519 (RFC 8037) whose payload is the receipt
once more. Any JWS library can check it, and the payload alone is what was signed: nothing has to be
brought into a canonical form first.
"""

import json
from dataclasses import dataclass
from typing import Any, NoReturn

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from jwt.utils import base64url_decode, base64url_encode

MOST_BYTES = 64 * 1024
"""The largest file looked at; ours are far smaller."""
ALGORITHM = "EdDSA"
TYPE = "offboarding-receipt+jws"

_WHITE_SPACE = " \t\r\n"
"""That of JSON, which is less than that of Python."""
_JWS = jwt.PyJWS(algorithms=[ALGORITHM])


class NoReceiptError(Exception):
    """Something that is no receipt file; `sentence` says why."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True)
class SignedFile:
    """A receipt file taken apart. Nothing in it is proven yet."""

    receipt: dict[str, Any]
    signature: str

    @property
    def key_id(self) -> str | None:
        """The key that the signature says it was made with; None unless it is one of ours."""
        if not _is_strict(self.signature):
            return None
        try:
            header = jwt.get_unverified_header(self.signature)
        except jwt.InvalidTokenError:
            return None
        if set(header) != {"alg", "kid", "typ"} or header["typ"] != TYPE:
            return None
        return str(header["kid"]) if header["alg"] == ALGORITHM else None


def sign(receipt: dict[str, Any], key_id: str, key: Ed25519PrivateKey) -> str:
    """The signature, which holds the receipt."""
    payload = json.dumps(receipt, ensure_ascii=False, separators=(",", ":")).encode()
    return _JWS.encode(payload, key, algorithm=ALGORITHM, headers={"kid": key_id, "typ": TYPE})


def signed_receipt(signature: str, key: Ed25519PublicKey) -> dict[str, Any] | None:
    """The receipt that was signed with a key, or None when that key signed nothing like it."""
    if not _is_strict(signature):
        return None
    try:
        payload = _JWS.decode(signature, key, algorithms=[ALGORITHM])
    except jwt.InvalidTokenError:
        return None
    receipt: dict[str, Any] = json.loads(payload)
    return receipt


def receipt_in(signature: str) -> dict[str, Any]:
    """The receipt in a signature that we keep ourselves, without checking it."""
    receipt: dict[str, Any] = json.loads(base64url_decode(signature.split(".")[1]))
    return receipt


def file_of(signature: str) -> str:
    """The file: always the same for a signature."""
    content = {"receipt": receipt_in(signature), "signature": signature}
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def read_file(content: bytes) -> SignedFile:
    """Take a file apart. Raises NoReceiptError with the sentence that says what it is instead."""
    if len(content) > MOST_BYTES:
        raise NoReceiptError(
            f"This is no receipt: it is larger than {MOST_BYTES // 1024} KiB, and no receipt is."
        )
    read = _json(content)
    if not isinstance(read, dict) or set(read) != {"receipt", "signature"}:
        raise NoReceiptError(
            "This is JSON, but no receipt: a receipt has the two parts `receipt` and `signature` "
            "and nothing beside them."
        )
    receipt, signature = read["receipt"], read["signature"]
    if not isinstance(receipt, dict) or not isinstance(signature, str):
        raise NoReceiptError(
            "This is no whole receipt: `receipt` must be an object and `signature` a text. "
            "Download the receipt again."
        )
    return SignedFile(receipt, signature)


def alike(one: object, other: object) -> bool:
    """Whether two values are the same JSON; 1, 1.0 and true are three, which == does not see."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _json(content: bytes) -> object:
    try:
        text = content.decode("utf-8-sig").strip(_WHITE_SPACE)
    except UnicodeDecodeError as error:
        raise NoReceiptError("This is no receipt: it is not text in UTF-8.") from error
    if not text:
        raise NoReceiptError("There is nothing in it.")
    if not text.startswith("{"):
        raise NoReceiptError("This is no receipt: a receipt is JSON and begins with `{`.")
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_no_json)
    except json.JSONDecodeError as error:
        raise NoReceiptError(
            f"This is no whole receipt: it can't be read at line {error.lineno}, as if it was cut "
            "short or changed. Download the receipt again."
        ) from error
    except (ValueError, RecursionError) as error:  # endless numbers, endless brackets
        raise NoReceiptError("This is no receipt: no receipt holds values like these.") from error


def _object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuses a name given twice: people would read the one, and programs the other."""
    made = dict(members)
    if len(made) != len(members):
        raise NoReceiptError("This is no receipt: one of its parts is there twice.")
    return made


def _no_json(name: str) -> NoReturn:
    raise ValueError(name)


def _is_strict(signature: str) -> bool:
    """Whether it is written in the one way a JWS is; decoders overlook more than they should."""
    parts = signature.split(".")
    if len(parts) != 3 or not signature.isascii():
        return False
    try:
        return all(base64url_encode(base64url_decode(part)).decode() == part for part in parts)
    except ValueError:
        return False
