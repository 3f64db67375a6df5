"""Larkspur Notes, the made-up company: what it sells, and a customer for each case."""

from dataclasses import dataclass

from offboarding.accounts.model import AccountKind, Interval

COMPANY = "Larkspur Notes"
CURRENCY = "EUR"


@dataclass(frozen=True)
class DemoPlan:
    """A plan, and the lines that the website says about it."""

    id: str
    name: str
    price_minor: int
    interval: Interval
    points: tuple[str, ...]
    smaller_plan_id: str | None = None


@dataclass(frozen=True)
class DemoSubscription:
    """What a demo customer has. Dates are counted from the day of seeding, so none is ever stale.

    `renews_in_days` is None on a free plan, and the last day of a trial on a trial.
    """

    plan_id: str
    periods_paid: int
    renews_in_days: int | None
    trial: bool = False


@dataclass(frozen=True)
class DemoCustomer:
    """A person to sign in as, and the case they show."""

    external_id: str
    full_name: str
    shows: str
    """One line: what a visitor learns by being this customer."""
    country: str
    time_zone: str
    subscriptions: tuple[DemoSubscription, ...]
    locale: str = "en-GB"
    region: str | None = None
    company: str | None = None
    """The business they act for; None for a private person."""
    phone: str | None = None
    """In E.164, out of what a regulator keeps for fiction; None where it keeps nothing.

    Ireland: 020 91 (ComReg). Britain: 07700 900000 to 900999 (Ofcom). Sweden: 070-1740605 to
    070-1740699 (PTS). Germany: a dozen mobile numbers (Bundesnetzagentur, notice 148/2021). North
    America: 555-0100 to 555-0199 of every area code. Sofia Lindqvist and Tomas Moreno share a
    phone, so that a number alone never says who writes.
    """
    account_manager: tuple[str, str] | None = None
    """Name and e-mail address."""
    cancelled: bool = False
    """Whether the first subscription is cancelled already, by the same functions as in a chat."""

    @property
    def email(self) -> str:
        """Their address, at a domain that no mail ever reaches."""
        return f"{self.external_id.replace('-', '.')}@example.com"

    @property
    def kind(self) -> AccountKind:
        """Whether the account is a person's or a business's."""
        return AccountKind.BUSINESS if self.company else AccountKind.CONSUMER


PLANS = (
    DemoPlan("free", "Free", 0, Interval.MONTH, ("100 notes", "One notebook", "Search")),
    DemoPlan(
        "basic",
        "Basic",
        900,
        Interval.MONTH,
        ("Notes without limit", "Phone and desktop", "Search"),
    ),
    DemoPlan(
        "pro",
        "Pro",
        2900,
        Interval.MONTH,
        ("All of Basic", "Search in handwriting", "A year of versions"),
        smaller_plan_id="basic",
    ),
    DemoPlan(
        "pro-yearly",
        "Pro yearly",
        29000,
        Interval.YEAR,
        ("All of Pro", "Twelve months for the price of ten"),
    ),
    DemoPlan(
        "team",
        "Team",
        12000,
        Interval.MONTH,
        ("All of Pro for ten people", "Shared notebooks", "A person to call"),
    ),
)
"""Each after the plan it names as smaller."""

CUSTOMERS = (
    DemoCustomer(
        "maya-okafor",
        "Maya Okafor",
        "Pro by the month, four years with us: the whole way from the wish to the receipt",
        country="IE",
        time_zone="Europe/Dublin",
        phone="+353209150142",
        locale="en-IE",
        subscriptions=(DemoSubscription("pro", periods_paid=49, renews_in_days=21),),
    ),
    DemoCustomer(
        "jonas-whitfield",
        "Jonas Whitfield",
        "Pro by the year, in Britain: it ends with the year that is paid, months from now",
        country="GB",
        time_zone="Europe/London",
        phone="+447700900142",
        subscriptions=(DemoSubscription("pro-yearly", periods_paid=2, renews_in_days=143),),
    ),
    DemoCustomer(
        "farah-nasser",
        "Farah Nasser",
        "A trial of Pro with six days left: nothing was paid and nothing will be",
        country="NL",
        time_zone="Europe/Amsterdam",
        subscriptions=(DemoSubscription("pro", periods_paid=0, renews_in_days=6, trial=True),),
    ),
    DemoCustomer(
        "sofia-lindqvist",
        "Sofia Lindqvist",
        "Two subscriptions, Pro and Basic: the assistant asks which one is meant",
        country="SE",
        time_zone="Europe/Stockholm",
        phone="+46701740612",
        subscriptions=(
            DemoSubscription("pro", periods_paid=19, renews_in_days=12),
            DemoSubscription("basic", periods_paid=7, renews_in_days=25),
        ),
    ),
    DemoCustomer(
        "tomas-moreno",
        "Tomas Moreno",
        "Cancelled already, with a receipt: ask what happens next, or take it back",
        country="ES",
        time_zone="Europe/Madrid",
        phone="+46701740612",
        subscriptions=(DemoSubscription("pro", periods_paid=11, renews_in_days=17),),
        cancelled=True,
    ),
    DemoCustomer(
        "aiko-tanaka",
        "Aiko Tanaka",
        "The free plan: no payment to stop, but notes to take along",
        country="CA",
        region="BC",
        time_zone="America/Vancouver",
        phone="+16045550142",
        locale="en-CA",
        subscriptions=(DemoSubscription("free", periods_paid=14, renews_in_days=None),),
    ),
    DemoCustomer(
        "elena-rossi",
        "Elena Rossi",
        "A business on Team: what may be offered is a call by its account manager",
        country="IT",
        time_zone="Europe/Rome",
        company="Studio Rossi",
        account_manager=("Henrik Dahl", "henrik.dahl@larkspur.example"),
        subscriptions=(DemoSubscription("team", periods_paid=26, renews_in_days=9),),
    ),
    DemoCustomer(
        "lena-vogt",
        "Lena Vogt",
        "In Germany, where the policy allows no offer: straight to the cancellation",
        country="DE",
        time_zone="Europe/Berlin",
        phone="+4915228817386",
        locale="en-DE",
        subscriptions=(DemoSubscription("pro", periods_paid=8, renews_in_days=15),),
    ),
    DemoCustomer(
        "grace-halvorsen",
        "Grace Halvorsen",
        "In Minnesota, whose law bars offers too, while other states allow them",
        country="US",
        region="MN",
        time_zone="America/Chicago",
        phone="+16125550142",
        locale="en-US",
        subscriptions=(DemoSubscription("pro", periods_paid=31, renews_in_days=4),),
    ),
    DemoCustomer(
        "clara-lefebvre",
        "Clara Lefebvre",
        "Began a few days ago, in France: may withdraw, ends at once, and is paid back",
        country="FR",
        time_zone="Europe/Paris",
        subscriptions=(DemoSubscription("pro", periods_paid=1, renews_in_days=26),),
    ),
)

BY_EXTERNAL_ID = {customer.external_id: customer for customer in CUSTOMERS}
