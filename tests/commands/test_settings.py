"""`offboard settings` and `.env.example`."""

from offboard.commands.settings import example_file
from offboard.configuration import variables
from offboarding.settings import Settings
from tests.commands.checkout import SOURCE, Checkout


def test_every_setting_is_shown_with_its_meaning(checkout: Checkout) -> None:
    shown = checkout.offboard("settings").stdout
    for name, field in Settings.model_fields.items():
        assert variables(name)[0] in shown
        assert field.description
        assert field.description in shown


def test_secrets_are_never_shown(checkout: Checkout) -> None:
    shown = checkout.offboard(
        "settings",
        OFFBOARD_SECRET="not-for-your-eyes",
        OFFBOARD_DATABASE_URL="postgresql://me:not-for-your-eyes@db/offboarding",
    ).stdout
    assert "not-for-your-eyes" not in shown
    assert "(hidden)  [set]" in shown


def test_what_is_set_is_told_from_what_is_default(checkout: Checkout) -> None:
    lines = checkout.offboard("settings", OFFBOARD_COMPANY_NAME="Acme").stdout.splitlines()
    assert lines[lines.index("OFFBOARD_COMPANY_NAME") + 1].strip() == "Acme  [set]"
    assert lines[lines.index("OFFBOARD_HOST") + 1].strip() == "127.0.0.1  [default]"


def test_a_setting_that_cannot_be_used_is_named_in_one_sentence(checkout: Checkout) -> None:
    ended = checkout.offboard("run", PORT="eight thousand")
    assert ended.returncode == 1
    assert ended.stderr.startswith("OFFBOARD_PORT='eight thousand' cannot be used")
    assert ended.stderr.count("\n") == 1


def test_the_example_file_names_every_setting_as_it_is_today() -> None:
    """Mend it with: .venv/bin/offboard settings --example > .env.example"""
    assert (SOURCE / ".env.example").read_text("utf-8") == example_file()
