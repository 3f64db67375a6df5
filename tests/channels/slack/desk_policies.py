"""policy/ as it is shipped, but with support there round the clock."""

from pathlib import Path

from offboarding.policies.store import Policies
from offboarding.settings import REPOSITORY


def policies_in(folder: Path) -> Policies:
    """The policies, in files of their own that a test may change."""
    folder.mkdir()
    for name in ("offers.yml", "retention.yml", "exports.yml", "systems.yml", "refunds.yml"):
        (folder / name).write_text((REPOSITORY / "policy" / name).read_text())
    (folder / "routing.yml").write_text(ALWAYS_THERE)
    return Policies(folder)


ALWAYS_THERE = """
version: 2026-11-23
reviewed_by: the tests
customer_sees: first_name
teams:
  support:
    name: our support team
    channel: "#offboarding-support"
    time_zone: Europe/Berlin
    hours: always
    claim_within_seconds: 180
    remind_after_seconds: 90
  billing:
    name: our billing team
    channel: "#offboarding-billing"
    time_zone: Europe/Berlin
    hours: {}
    escalate_to: support
routes:
  - {causes: [fraud], team: billing}
  - {team: support}
call_in: {causes: [legal_threat]}
agent_offers:
  most_percent: 40
  most_months: 6
  most_pause_months: 3
  most_trial_days: 30
  approval_above: {percent: 25, months: 3, pause_months: 2, trial_days: 14}
"""
