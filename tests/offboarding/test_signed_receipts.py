"""The signed receipt: made once, and any change to it is found."""

import hashlib
import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
import structlog
import time_machine
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.billing.ledger import LedgerBilling
from offboarding.cases import workflow
from offboarding.cases.model import Case
from offboarding.database import Database
from offboarding.errors import ConfigurationError, NotFoundError
from offboarding.policies.receipts import ReceiptField, lacking, receipt_policy
from offboarding.policies.store import Policies
from offboarding.receipts import service as receipts
from offboarding.receipts.keys import KeyDirectory, receipt_keys
from offboarding.receipts.model import Declaration, Receipt, ReceiptKind
from offboarding.receipts.signed_file import MOST_BYTES, TYPE, file_of, sign
from offboarding.receipts.signing import ReceiptSigner
from offboarding.receipts.transcript import ConversationDigest, Said, digest, transcript
from offboarding.receipts.verifying import Outcome, Verdict, verify
from offboarding.settings import REPOSITORY, Settings
from tests.factories import cancel, make_account, make_customer, make_subscription
from tests.offboarding.at_once import at_once

SAID = [
    Said(1, datetime(2026, 11, 23, 9, 29, tzinfo=UTC), "bot", "What do you need?", ("Cancel",)),
    Said(2, datetime(2026, 11, 23, 9, 30, tzinfo=UTC), "customer", "cancel it: “now”"),
]


def digest_of(_session: Session, _conversation_id: str, _until: datetime) -> ConversationDigest:
    known = digest(SAID)
    assert known is not None
    return known


@dataclass
class Signed:
    """A receipt, and what signs it."""

    case: Case
    receipt: Receipt
    signer: ReceiptSigner
    keys: KeyDirectory

    @property
    def file(self) -> str:
        return self.signer.file(self.receipt.id)

    def verdict(self, content: str | bytes) -> Verdict:
        return verify(content.encode() if isinstance(content, str) else content, self.keys.ring())


@pytest.fixture
def signed(
    database: Database, policies: Policies, settings: Settings, now: time_machine.Traveller
) -> Signed:
    with database.write() as session:
        customer = make_customer(session)
        case, receipt = cancel(session, customer, make_subscription(session, customer), policies)
    signer = ReceiptSigner(settings, database, digest_of)
    return Signed(case, receipt, signer, receipt_keys(settings))


def test_the_file_says_all_that_was_agreed_and_who_says_so(signed: Signed) -> None:
    file = json.loads(signed.file)
    assert list(file) == ["receipt", "signature"]
    document = file["receipt"]
    assert signed.receipt.document.items() <= document.items()
    assert document["format"] == "offboarding-receipt/1"
    assert document["kind"] == "cancellation"
    assert document["signed_at"] == document["issued_at"] == clock.now().isoformat()
    assert document["issuer"] == {
        "company": "Larkspur Notes",
        "support": "support@larkspur.example",
        "address": "https://bye.example",
        "keys": "https://bye.example/receipts/keys",
        "verify": "https://bye.example/receipts/verify",
    }
    assert document["return"] == {
        "until": document["ends_at"],
        "at": "https://bye.example/cancel",
    }
    assert document["conversation"] == {
        "messages": 2,
        "sha256": hashlib.sha256(transcript(SAID)).hexdigest(),
    }


def test_a_genuine_receipt_is_told_what_it_proves_and_what_not(signed: Signed) -> None:
    verdict = signed.verdict(signed.file)
    assert verdict.genuine
    assert verdict.sentence == (
        "This is genuine: Larkspur Notes signed it on 23 November 2026, 09:30 (London time), "
        "and nothing in it was changed since; it proves what was confirmed then, not what "
        "happened later."
    )
    assert verdict.receipt == json.loads(signed.file)["receipt"]


def test_any_program_can_check_it_with_the_published_keys(signed: Signed) -> None:
    """As docs/receipts.md shows it."""
    file = json.loads(signed.file)
    published = jwt.PyJWKSet.from_json(signed.keys.ring().as_json())
    key = published[jwt.get_unverified_header(file["signature"])["kid"]]
    payload = jwt.PyJWS().decode(file["signature"], key, algorithms=["EdDSA"])
    assert json.loads(payload) == file["receipt"]


def test_the_program_in_the_guide_does_what_it_says(signed: Signed, tmp_path: Path) -> None:
    guide = (REPOSITORY / "docs" / "receipts.md").read_text("utf-8")
    program = guide.partition("```python\n")[2].partition("```")[0]
    (tmp_path / "keys.json").write_text(signed.keys.ring().as_json(), "utf-8")
    receipt = tmp_path / "receipt.json"

    def ran(content: str) -> subprocess.CompletedProcess[str]:
        receipt.write_text(content, "utf-8")
        return subprocess.run(
            [sys.executable, "-c", program],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    assert ran(signed.file).stdout == "Signed on 2026-11-23T09:30:00+00:00\n"
    changed = signed.file.replace('"refund_minor": 0', '"refund_minor": 1')
    assert "what is readable is not what was signed" in ran(changed).stderr


def test_it_is_signed_once_and_undoing_changes_nothing_in_it(
    signed: Signed, database: Database, now: time_machine.Traveller
) -> None:
    before = signed.file
    now.shift(timedelta(days=3))
    signed.keys.add()
    with database.write() as session:
        case = session.get_one(Case, signed.case.id)
        workflow.undo(session, case, case.customer, billing=LedgerBilling(session))
    assert signed.file == before
    assert signed.verdict(before).genuine


def test_eight_who_ask_at_once_get_the_same_file(signed: Signed) -> None:
    assert len(set(at_once(8, lambda _number: signed.file))) == 1


def test_a_receipt_that_does_not_exist_is_not_signed(signed: Signed) -> None:
    with pytest.raises(NotFoundError):
        signed.signer.file("f" * 32)


def test_a_retired_key_is_named_and_what_it_signed_counts(
    signed: Signed, now: time_machine.Traveller
) -> None:
    file = signed.file
    now.shift(timedelta(days=90))
    signed.keys.add()
    verdict = signed.verdict(file)
    assert verdict.genuine
    assert "with a key that was retired on 21 February 2027, 09:30" in verdict.sentence


def test_a_retired_key_that_signs_on_is_not_believed(
    signed: Signed, now: time_machine.Traveller
) -> None:
    key_id, key = signed.keys.signer(clock.now())
    now.shift(timedelta(days=90))
    signed.keys.add()
    late = json.loads(signed.file)["receipt"]
    verdict = signed.verdict(file_of(sign(late, key_id, key)))
    assert verdict.outcome is Outcome.NOT_TRUSTED
    assert "its key did not sign for us then" in verdict.sentence


def test_what_a_revoked_key_signed_counts_no_more(signed: Signed) -> None:
    file = signed.file
    signed.keys.revoke(signed.keys.signer(clock.now())[0])
    verdict = signed.verdict(file)
    assert verdict.outcome is Outcome.NOT_TRUSTED
    assert "revoked on 23 November 2026" in verdict.sentence
    assert verdict.receipt is None


def test_a_key_that_was_never_published_proves_nothing(signed: Signed, tmp_path: Path) -> None:
    other = KeyDirectory(tmp_path / "other")
    other.add()
    forged = json.loads(signed.file)["receipt"] | {"refund_minor": 9999}
    verdict = signed.verdict(file_of(sign(forged, *other.signer(clock.now()))))
    assert verdict.outcome is Outcome.UNKNOWN_KEY
    assert "never published" in verdict.sentence


def test_another_key_under_the_name_of_ours_did_not_sign(signed: Signed) -> None:
    key_id = signed.keys.signer(clock.now())[0]
    forged = json.loads(signed.file)["receipt"]
    verdict = signed.verdict(file_of(sign(forged, key_id, Ed25519PrivateKey.generate())))
    assert verdict.outcome is Outcome.NOT_SIGNED


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_another_algorithm_is_not_taken_for_a_signature(signed: Signed, algorithm: str) -> None:
    """The classic forgeries: no signature, and our public key as a shared secret."""
    key_id = signed.keys.signer(clock.now())[0]
    public = signed.keys.ring().keys[0].x
    file = json.loads(signed.file)
    file["signature"] = jwt.PyJWS().encode(
        json.dumps(file["receipt"]).encode(),
        "" if algorithm == "none" else public,
        algorithm=algorithm,
        headers={"kid": key_id, "typ": TYPE},
    )
    assert signed.verdict(json.dumps(file)).outcome is Outcome.UNKNOWN_KEY


def test_a_changed_part_is_named(signed: Signed) -> None:
    file = json.loads(signed.file)
    file["receipt"]["refund_minor"] = 2900
    file["receipt"]["issuer"]["company"] = "Other"
    verdict = signed.verdict(json.dumps(file))
    assert verdict.outcome is Outcome.CHANGED
    assert "in `refund_minor` and `issuer`:" in verdict.sentence
    file = json.loads(signed.file)
    file["receipt"]["<b>\ud800"] = 1
    assert "in a part that was added:" in signed.verdict(json.dumps(file)).sentence


def test_the_text_may_be_laid_out_anew_by_mail_programs_and_editors(signed: Signed) -> None:
    file = json.loads(signed.file)
    for text in (
        json.dumps(file, indent="\t", sort_keys=True),
        signed.file.replace("\n", "\r\n"),
        f"\ufeff\n{signed.file}\n\n",
    ):
        assert signed.verdict(text).genuine


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "There is nothing in it."),
        (b" \n", "There is nothing in it."),
        (b"Hello", "begins with `{`"),
        (b"[]", "begins with `{`"),
        (b"\xff\xfe{\x00", "not text in UTF-8"),
        (b"{}", "`receipt` and `signature`"),
        (b'{"receipt": {}, "signature": "a.b.c", "note": ""}', "`receipt` and `signature`"),
        (b'{"receipt": [], "signature": "a.b.c"}', "`receipt` must be an object"),
        (b'{"receipt": {}, "signature": 1}', "`receipt` must be an object"),
        (b'{"receipt": {}, "receipt": {}, "signature": ""}', "there twice"),
        (b'{"receipt": {"a": NaN}, "signature": ""}', "no receipt holds values like these"),
        (b'{"receipt": {"a": ' + b"9" * 9000 + b'}, "signature": ""}', "values like these"),
        (b'{"a":' * 10000, "values like these"),
        (b'{"a": "' + b"x" * 1_000_000 + b'"}', "larger than 64 KiB"),
        (b'{"receipt": {}, "signature": ""}', "never published"),
        (b'{"receipt": {}, "signature": "\xc3\xa9.b.c"}', "never published"),
        (b'{"receipt": {}, "signature": "e30.e30.e30"}', "never published"),
        (b'{"receipt": {}, "signature": "W10.e30.e30"}', "never published"),
        (b'{"receipt": {}, "signature": "a.b.c"}', "never published"),
    ],
)
def test_what_is_no_receipt_is_told_so(signed: Signed, content: bytes, sentence: str) -> None:
    verdict = signed.verdict(content)
    assert not verdict.genuine
    assert sentence in verdict.sentence


def test_a_file_cut_short_anywhere_is_not_genuine(signed: Signed) -> None:
    content = signed.file.rstrip()
    for length in range(0, len(content), 7):
        verdict = signed.verdict(content[:length])
        assert verdict.outcome is Outcome.NO_RECEIPT
    assert "cut short" in signed.verdict(content[:-1]).sentence


def test_a_file_is_small_enough_to_be_looked_at(signed: Signed) -> None:
    assert len(signed.file.encode()) * 5 < MOST_BYTES


# Any change is found


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, KeyDirectory]:
    """A file that a key signed, without a database."""
    keys = KeyDirectory(tmp_path_factory.mktemp("keys"))
    keys.add()
    moment = clock.now()
    receipt = {
        "kind": "cancellation",
        "case_number": "7F3K-22A",
        "refund_minor": 0,
        "spared_minor": None,
        "renewed": False,
        "signed_at": moment.isoformat(),
        "issuer": {"company": "Lärkspur “Notes”"},
        "rules": {"sources": ["§ 312k (4) BGB", "R8"]},
    }
    return file_of(sign(receipt, *keys.signer(moment))), keys


@hypothesis_settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_a_file_changed_in_one_place_is_not_genuine_or_says_the_same(
    kept: tuple[str, KeyDirectory], data: st.DataObject
) -> None:
    file, keys = kept
    start = data.draw(st.integers(0, len(file) - 1))
    removed = data.draw(st.integers(0, 2))
    put = data.draw(st.text(max_size=2) | st.sampled_from(list('{}[]",:0123456789eE-._=aA \n\\u')))
    changed = file[:start] + put + file[start + removed :]
    verdict = verify(changed.encode("utf-8", "replace"), keys.ring())
    if verdict.genuine:
        # Only where no part of the JSON changed: spaces between its parts, say.
        said = json.loads(changed.removeprefix("\ufeff"))
        assert _canonical(said) == _canonical(json.loads(file))


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


@hypothesis_settings(max_examples=300, deadline=None)
@given(
    path=st.sampled_from(
        [
            ("kind",),
            ("case_number",),
            ("refund_minor",),
            ("spared_minor",),
            ("renewed",),
            ("signed_at",),
            ("issuer",),
            ("issuer", "company"),
            ("rules", "sources", 0),
            ("added",),
        ]
    ),
    value=JSON_VALUES,
)
@example(path=("refund_minor",), value=False)
@example(path=("refund_minor",), value=0.0)
@example(path=("renewed",), value=0)
def test_a_document_changed_in_any_part_is_not_genuine(
    kept: tuple[str, KeyDirectory], path: tuple[str | int, ...], value: Any
) -> None:
    original, keys = kept
    file = json.loads(original)
    part: Any = file["receipt"]
    for name in path[:-1]:
        part = part[name]
    part[path[-1]] = value
    verdict = verify(json.dumps(file).encode(), keys.ring())
    same = _canonical(file) == _canonical(json.loads(original))
    assert verdict.outcome is (Outcome.GENUINE if same else Outcome.CHANGED)


@hypothesis_settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(content=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode()))
def test_whatever_is_sent_there_is_a_verdict(
    kept: tuple[str, KeyDirectory], content: bytes
) -> None:
    assert not verify(content, kept[1].ring()).genuine


@hypothesis_settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_a_signature_changed_in_one_character_does_not_count(
    kept: tuple[str, KeyDirectory], data: st.DataObject
) -> None:
    """Also in its last character, some bits of which a decoder overlooks."""
    file = json.loads(kept[0])
    signature = file["signature"]
    place = data.draw(st.integers(0, len(signature) - 1) | st.just(len(signature) - 1))
    put = data.draw(st.characters(codec="ascii").filter(lambda new: new != signature[place]))
    file["signature"] = signature[:place] + put + signature[place + 1 :]
    assert not verify(json.dumps(file).encode(), kept[1].ring()).genuine


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True)


# What the law asks for


SHIPPED = receipt_policy(REPOSITORY / "policy")


@pytest.mark.parametrize(
    ("jurisdiction", "source"),
    [
        ("DE", "§ 312k (4) BGB"),
        ("ES", "Ley 10/2025"),
        ("FR", "Regulation (EU) 2023/2854, Art. 25 (2) (g)"),
        ("GB", "house rule R8"),
        ("US-MN", "house rule R8"),
    ],
)
def test_a_receipt_has_each_part_that_the_law_asks_for_and_names_the_provision(
    database: Database,
    policies: Policies,
    settings: Settings,
    jurisdiction: str,
    source: str,
) -> None:
    country, _, region = jurisdiction.partition("-")
    with database.write() as session:
        account = make_account(session, country=country, region=region or None)
        customer = make_customer(session, account=account)
        _, receipt = cancel(session, customer, make_subscription(session, customer), policies)
    document = json.loads(ReceiptSigner(settings, database).file(receipt.id))["receipt"]
    rules = SHIPPED.holding(account.jurisdiction, clock.now().date(), Declaration.ORDINARY)
    assert lacking(rules, document) == []
    assert source in document["rules"]["sources"]
    assert document["rules"]["version"] == SHIPPED.version.isoformat()
    assert document["rules"]["jurisdiction"] == account.jurisdiction


def test_a_rule_holds_where_when_and_for_what_it_says() -> None:
    def sources(jurisdiction: str, day: date, declaration: Declaration) -> set[str]:
        return {rule.source for rule in SHIPPED.holding(jurisdiction, day, declaration)}

    button, day = "§ 312k (4) BGB", date(2022, 7, 1)
    assert button in sources("DE", day, Declaration.ORDINARY)
    assert button in sources("DE-BY", day, Declaration.FOR_CAUSE)
    assert button not in sources("DE", day - timedelta(days=1), Declaration.ORDINARY)
    assert button not in sources("DE", day, Declaration.WITHDRAWAL)
    assert button not in sources("AT", day, Declaration.ORDINARY)
    withdrawal = "Directive 2011/83/EU, Art. 11a, as of Directive (EU) 2023/2673"
    assert withdrawal in sources("FR", date(2026, 6, 19), Declaration.WITHDRAWAL)
    [ended] = [
        rule.model_copy(update={"until": date(2027, 1, 1)})
        for rule in SHIPPED.rules
        if rule.source == button
    ]
    assert ended.holds("DE", date(2026, 12, 31), Declaration.ORDINARY)
    assert not ended.holds("DE", date(2027, 1, 1), Declaration.ORDINARY)


def test_a_receipt_that_lacks_a_part_is_signed_and_operators_are_told(
    database: Database, signed: Signed
) -> None:
    with database.write() as session:
        receipt = session.get_one(Receipt, signed.receipt.id)
        receipt.document = {
            name: value for name, value in receipt.document.items() if name != "content_until"
        }
    with structlog.testing.capture_logs() as logs:
        assert signed.verdict(signed.file).genuine
    [told] = [line for line in logs if line["event"] == "receipt_lacks_parts"]
    assert told["parts"] == [ReceiptField.CONTENT_UNTIL]
    assert "amara" not in str(told)


def test_without_a_key_nothing_is_signed_and_the_mend_is_named(
    database: Database, signed: Signed, tmp_path: Path
) -> None:
    settings = Settings(
        _env_file=None, sandbox=False, data_directory=tmp_path / "none", secret=SecretStr("s" * 40)
    )
    with pytest.raises(ConfigurationError, match="offboard receipt new-key"):
        ReceiptSigner(settings, database).file(signed.receipt.id)
    assert signed.verdict(signed.file).genuine  # and it can be signed later


def test_a_withdrawal_is_told_from_a_cancellation(
    database: Database, policies: Policies, settings: Settings
) -> None:
    with database.write() as session:
        customer = make_customer(session)
        case, known = cancel(session, customer, make_subscription(session, customer), policies)
        facts = known.document
        session.delete(known)
        session.flush()
        receipt = receipts.issue(
            session,
            case,
            ReceiptKind.CANCELLATION,
            {name: facts[name] for name in ("plan_name", "ends_at")},
            declaration=Declaration.WITHDRAWAL,
        )
    assert receipt.document["declaration"]["kind"] == "withdrawal"


# The conversation


def test_a_transcript_is_written_in_one_way_only() -> None:
    assert transcript(SAID).decode() == (
        '{"at":"2026-11-23T09:29:00+00:00","author":"bot","card":null,"choices":["Cancel"],'
        '"number":1,"text":"What do you need?"}\n'
        '{"at":"2026-11-23T09:30:00+00:00","author":"customer","card":null,"choices":[],'
        '"number":2,"text":"cancel it: “now”"}\n'
    )


def test_a_conversation_without_a_word_has_no_digest() -> None:
    assert digest([]) is None


def test_the_digest_is_what_the_usual_tool_prints(tmp_path: Path) -> None:
    path = tmp_path / "conversation.jsonl"
    path.write_bytes(transcript(SAID))
    printed = subprocess.run(
        ["sha256sum", path], capture_output=True, text=True, check=True
    ).stdout.split()[0]
    known = digest(SAID)
    assert known is not None
    assert known.sha256 == printed
    assert known.messages == 2
