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
    ],
)
def test_on_one_machine_it_may_be_tried(tmp_path: Path, fine: dict[str, object]) -> None:
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
