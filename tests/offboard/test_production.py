"""Before real customers are served: what is missing is told, all of it at once."""

import shutil
from pathlib import Path

import pytest
from pydantic import SecretStr

from offboard.production import check_ready
from offboarding.errors import ConfigurationError
from offboarding.receipts.keys import receipt_keys
from offboarding.settings import REPOSITORY, Settings
from tests.offboard.ready import ready


def refusal(settings: Settings) -> str:
    with pytest.raises(ConfigurationError) as refused:
        check_ready(settings)
    return refused.value.sentence


def test_all_that_is_missing_is_told_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OFFBOARD_DATA_KEYS")
    said = refusal(Settings(_env_file=None, sandbox=False, data_directory=tmp_path))
    for name in (
        "OFFBOARD_COMPANY_NAME",
        "OFFBOARD_SUPPORT_EMAIL",
        "OFFBOARD_MAIL_FROM",
        "OFFBOARD_PUBLIC_URL",
        "OFFBOARD_SMTP_HOST",
        "OFFBOARD_SECRET",
        "OFFBOARD_IDENTITY_SECRET",
        "OFFBOARD_DATA_KEYS",
        "offboard receipt new-key",
        "notes=whsec_…, sync=whsec_…",
        "systems: {}",
    ):
        assert name in said
    assert said.count("\n") == 0
    assert not list(tmp_path.iterdir())


def test_with_all_of_it_nothing_is_said(tmp_path: Path) -> None:
    settings = ready(tmp_path)
    receipt_keys(settings).make_first()
    check_ready(settings)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"company_name": "Larkspur Notes"}, "OFFBOARD_COMPANY_NAME"),
        ({"company_name": " larkspur  NOTES"}, "OFFBOARD_COMPANY_NAME"),
        ({"support_email": " "}, "OFFBOARD_SUPPORT_EMAIL"),
        ({"support_email": "Support@Larkspur.example"}, "OFFBOARD_SUPPORT_EMAIL"),
        ({"support_email": "nobody"}, "give OFFBOARD_SUPPORT_EMAIL an e-mail address"),
        ({"support_email": "@"}, "give OFFBOARD_SUPPORT_EMAIL an e-mail address"),
        ({"mail_from": "Northwind <goodbye@larkspur.example>"}, "OFFBOARD_MAIL_FROM"),
        ({"secret": SecretStr("a" * 40)}, "OFFBOARD_SECRET"),
        (
            {"secret": SecretStr("who signed in. " * 3)},
            "give OFFBOARD_IDENTITY_SECRET a value of its own",
        ),
        ({"public_url": "https:///bye"}, "give OFFBOARD_PUBLIC_URL a host"),
        ({"public_url": "https://user:word@bye.northwind.test"}, "no user, password"),
        ({"public_url": "https://bye.northwind.test/?a=b"}, "question mark"),
        ({"public_url": "http://bye.northwind.test"}, "an https:// address"),
        ({"smtp_host": "127.0.0.1", "smtp_port": 8025}, "your mail server"),
        ({"smtp_port": 0}, "give OFFBOARD_SMTP_PORT a number from 1 to 65535"),
        ({"smtp_port": 70000}, "give OFFBOARD_SMTP_PORT a number from 1 to 65535"),
        ({"company_name": "Larkspur\u200b Notes"}, "OFFBOARD_COMPANY_NAME, which is the demo's"),
        ({"company_name": "Lark\u200cspur Notes"}, "OFFBOARD_COMPANY_NAME, which is the demo's"),
        ({"company_name": "\u200b"}, "OFFBOARD_COMPANY_NAME, which is the demo's or empty"),
        ({"company_name": "North\u200bwind"}, "write OFFBOARD_COMPANY_NAME in one line"),
        ({"company_name": "\u202eNorthwind"}, "characters that can't be seen"),
        ({"company_name": "Northwind\r\nBcc: x@y.test"}, "write OFFBOARD_COMPANY_NAME in one line"),
        (
            {"mail_from": "Northwind <bye@northwind.test>\r\nBcc: x@y.test"},
            "write OFFBOARD_MAIL_FROM in one line",
        ),
        (
            {"mail_from": "bye@northwind.test, help@northwind.test"},
            "give OFFBOARD_MAIL_FROM one e-mail address and no more",
        ),
        (
            {"support_email": "a@northwind.test, b@northwind.test"},
            "give OFFBOARD_SUPPORT_EMAIL one e-mail address and no more",
        ),
        ({"public_url": "https://bye.northwind.test/x y"}, "without spaces and line ends"),
        ({"public_url": "https://bye.northwind.test/\r\nx"}, "without spaces and line ends"),
        ({"public_url": "https://bye.northwind.test:99999"}, "a number from 1 to 65535"),
        ({"public_url": "https://bye.northwind.test:0"}, "a number from 1 to 65535"),
        ({"public_url": "https://[bye"}, "write OFFBOARD_PUBLIC_URL"),
        (
            {"identity_secret": SecretStr("secret of" * 5 + " ")},
            "give OFFBOARD_IDENTITY_SECRET a value of its own",
        ),
        ({"webhook_secrets": None}, "`systems: {}`"),
    ],
)
def test_one_that_is_missing_is_named_alone(
    tmp_path: Path, changed: dict[str, object], said: str
) -> None:
    settings = ready(tmp_path, **changed)
    receipt_keys(settings).make_first()
    sentence = refusal(settings)
    assert said in sentence
    assert ";" not in sentence


@pytest.mark.parametrize(
    "fine",
    [
        {"public_url": "http://127.0.0.1:8000"},
        {"smtp_host": "127.0.0.1", "smtp_port": 25},
        {"smtp_host": "localhost", "smtp_port": 8025},
        {"company_name": "\u0646\u0631\u0645\u200c\u0627\u0641\u0632\u0627\u0631"},
        {"mail_from": '"Northwind, Ltd." <bye@northwind.test>'},
        {"public_url": "https://bye.northwind.test:8443/leave"},
    ],
)
def test_what_is_unusual_and_right_is_taken(tmp_path: Path, fine: dict[str, object]) -> None:
    settings = ready(tmp_path, **fine)
    receipt_keys(settings).make_first()
    check_ready(settings)


def test_without_systems_no_secret_is_needed(tmp_path: Path) -> None:
    policies = tmp_path / "policy"
    shutil.copytree(REPOSITORY / "policy", policies)
    systems = policies / "systems.yml"
    head, _, _ = systems.read_text(encoding="utf-8").partition("\nsystems:")
    systems.write_text(f"{head}\nsystems: {{}}\n", encoding="utf-8")
    settings = ready(tmp_path, policy_directory=policies, webhook_secrets=None)
    receipt_keys(settings).make_first()
    check_ready(settings)


def test_the_sandbox_needs_nothing(tmp_path: Path) -> None:
    check_ready(Settings(_env_file=None, data_directory=tmp_path))
