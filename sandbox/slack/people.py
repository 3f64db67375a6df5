"""The demo team: its channels, its agents, and the bot."""

from dataclasses import dataclass

TEAM_ID = "T0LARKSPUR"
TEAM_NAME = "Larkspur Notes"
TEAM_DOMAIN = "larkspur-notes"
APP_ID = "A0OFFBOARD"
BOT_ID = "B0OFFBOARD"
BOT_USER_ID = "U0OFFBOARD"
BOT_NAME = "Larkspur off-boarding"


@dataclass(frozen=True)
class Person:
    """A member of the team as they begin. The id says nothing, and stays whatever they are called.

    None shares a name with a customer of the sandbox.
    """

    id: str
    name: str
    full_name: str
    title: str
    email: str
    time_zone: str


AGENTS = (
    Person(
        "U0SAMOKAFOR",
        "sam",
        "Sam Adeyemi",
        "Support",
        "sam.adeyemi@larkspur.example",
        "Europe/London",
    ),
    Person(
        "U0NOORHADDAD",
        "noor",
        "Noor Haddad",
        "Support, team lead",
        "noor.haddad@larkspur.example",
        "Europe/Berlin",
    ),
    Person(
        "U0PRIYARAMAN",
        "priya",
        "Priya Raman",
        "Customer success",
        "priya.raman@larkspur.example",
        "Asia/Kolkata",
    ),
    Person(
        "U0JONASWEBER",
        "ines",
        "Ines Weber",
        "Billing and privacy",
        "ines.weber@larkspur.example",
        "Europe/Berlin",
    ),
)
BOT = Person(BOT_USER_ID, "offboarding", BOT_NAME, "", "", "Europe/London")

CHANNELS = {
    "offboarding-support": "People who want to talk to someone",
    "offboarding-success": "Accounts with an account manager",
    "offboarding-retention": "Offers and second thoughts",
    "offboarding-billing": "Invoices, refunds and failed payments",
    "offboarding-privacy": "Data copies and deletions",
    "offboarding-product": "What leaving customers missed",
    "offboarding-leads": "What waits too long",
}
"""Every demo channel's name, and what it is for."""

EVENTS = frozenset({"message", "app_home_opened", "user_change"})
"""What the app has subscribed to. An event that it has no listener for is answered with 404 by
Bolt, and Slack would then send it three times more."""
