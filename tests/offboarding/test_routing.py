"""Who a hand-off goes to: the policy as shipped, its mistakes, and that all get a team."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.accounts.model import AccountKind, Interval, Plan, Subscription, SubscriptionState
from offboarding.billing.ledger import LedgerBilling
from offboarding.billing.port import Payment
from offboarding.billing.stripe.failures import BillingUnknownError
from offboarding.billing.stripe.mirrored import MirroredBilling
from offboarding.billing.stripe.model import StripeMirror
from offboarding.cases.reasons import ChurnReason
from offboarding.database import Database
from offboarding.errors import PolicyError
from offboarding.handoffs import service as handoffs
from offboarding.handoffs.causes import HandOffCause
from offboarding.handoffs.routing import RoutingFacts, calls_in, route, shown_name, why
from offboarding.handoffs.value import MonthlyValue, monthly_value
from offboarding.identity.model import IdentityMethod, VerifiedIdentity
from offboarding.policies.reading import read_policy
from offboarding.policies.routing import RoutingPolicy
from offboarding.policies.store import Policies
from offboarding.settings import REPOSITORY
from tests.factories import make_customer, make_plan, make_subscription

SHIPPED = REPOSITORY / "policy"
POLICY = read_policy(SHIPPED / "routing.yml", RoutingPolicy)
C, R = HandOffCause, ChurnReason


@pytest.fixture
def file(tmp_path: Path) -> Path:
    copied = tmp_path / "routing.yml"
    copied.write_bytes((SHIPPED / "routing.yml").read_bytes())
    return copied


def edit(file: Path, old: str, new: str) -> int:
    """Replace the first `old` of a file; the line it was in."""
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def policy_with(file: Path, old: str, new: str) -> RoutingPolicy:
    edit(file, old, new)
    return read_policy(file, RoutingPolicy)


def refusal(file: Path) -> str:
    with pytest.raises(PolicyError) as refused:
        read_policy(file, RoutingPolicy)
    return refused.value.sentence


# --- who gets whom, as shipped


@pytest.mark.parametrize(
    ("facts", "team"),
    [
        (RoutingFacts(), "support"),
        (RoutingFacts(cause=C.CUSTOMER_ASKED), "support"),
        (RoutingFacts(cause=C.LEGAL_THREAT, account_manager=True), "privacy"),
        (RoutingFacts(cause=C.FRAUD), "billing"),
        (RoutingFacts(cause=C.DISPUTED_CHARGE, account_manager=True), "billing"),
        (RoutingFacts(cause=C.DANGER, account_manager=True), "support"),
        (RoutingFacts(cause=C.WITHDRAWAL, jurisdiction="DE"), "billing"),
        (RoutingFacts(cause=C.BEREAVEMENT, reason=R.TOO_EXPENSIVE), "support"),
        (RoutingFacts(cause=C.HARDSHIP, reason=R.TOO_EXPENSIVE), "support"),
        (RoutingFacts(cause=C.ANGER, reason=R.TOO_EXPENSIVE), "support"),
        (RoutingFacts(account_manager=True, reason=R.TOO_EXPENSIVE), "success"),
        (RoutingFacts(monthly_value_minor=20000, currency="EUR"), "success"),
        (RoutingFacts(monthly_value_minor=19999, currency="EUR"), "support"),
        (RoutingFacts(monthly_value_minor=9_000_000, currency="HUF"), "support"),
        (RoutingFacts(reason=R.MISSING_FEATURES), "product"),
        (RoutingFacts(reason=R.TOO_EXPENSIVE, jurisdiction="GB"), "retention"),
        (RoutingFacts(reason=R.TOO_EXPENSIVE, jurisdiction="DE"), "support"),
        (RoutingFacts(reason=R.TOO_EXPENSIVE, jurisdiction="DE-BY"), "support"),
        (RoutingFacts(reason=R.TOO_EXPENSIVE, jurisdiction="US-MN"), "support"),
        (RoutingFacts(reason=R.TOO_EXPENSIVE, jurisdiction="US-TX"), "retention"),
        (RoutingFacts(reason=R.TOO_EXPENSIVE), "retention"),
    ],
)
def test_each_gets_the_team_for_it(facts: RoutingFacts, team: str) -> None:
    assert route(POLICY, facts).key == team


@pytest.mark.parametrize(
    ("condition", "fitting", "other", "because"),
    [
        ("plans: [team]", {"plan_id": "team"}, {"plan_id": "pro"}, "the plan (pro)"),
        (
            "account_kinds: [business]",
            {"account_kind": AccountKind.BUSINESS},
            {"account_kind": AccountKind.CONSUMER},
            "kind of account (consumer)",
        ),
        ("account_manager: false", {}, {"account_manager": True}, "has an account manager"),
        ("languages: [de]", {"language": "de-AT"}, {"language": "en"}, "the language (en)"),
        ("languages: [de-AT]", {"language": "de_AT"}, {"language": "de-CH"}, "(de-CH)"),
        ("languages: [de]", {"language": "de"}, {"language": None}, "(none known)"),
        (
            "value_at_least: {EUR: 5000}",
            {"monthly_value_minor": 5000, "currency": "EUR"},
            {"monthly_value_minor": 4999, "currency": "EUR"},
            "4999 of 5000",
        ),
        ("reasons: [unused]", {"reason": R.UNUSED}, {}, "the reason (none given)"),
        ("causes: [fraud]", {"cause": C.FRAUD}, {"cause": C.ANGER}, "the cause (anger)"),
        ("countries: [AT]", {"jurisdiction": "AT"}, {"jurisdiction": "CH"}, "country (CH)"),
    ],
)
def test_a_condition_lets_through_what_it_names_and_says_why_not(
    file: Path, condition: str, fitting: dict[str, object], other: dict[str, object], because: str
) -> None:
    policy = policy_with(file, "routes:\n", f"routes:\n  - team: product\n    {condition}\n")
    assert why(policy, RoutingFacts(**fitting))[0].fits  # type: ignore[arg-type]
    [verdict, *_] = why(policy, RoutingFacts(**other))  # type: ignore[arg-type]
    assert not verdict.fits
    assert verdict.rule == "1: product"
    assert because in verdict.because


def test_every_condition_of_a_route_has_to_fit(file: Path) -> None:
    both = "routes:\n  - team: product\n    plans: [team]\n    languages: [de]\n"
    policy = policy_with(file, "routes:\n", both)
    assert route(policy, RoutingFacts(plan_id="team", language="de")).key == "product"
    assert route(policy, RoutingFacts(plan_id="team", language="en")).key == "support"
    assert route(policy, RoutingFacts(plan_id="pro", language="de")).key == "support"


FACTS = st.builds(
    RoutingFacts,
    cause=st.none() | st.sampled_from(HandOffCause),
    reason=st.none() | st.sampled_from(ChurnReason),
    plan_id=st.none() | st.sampled_from(["pro", "team", "gone"]),
    account_kind=st.none() | st.sampled_from(AccountKind),
    account_manager=st.booleans(),
    monthly_value_minor=st.none() | st.integers(0, 10**9),
    currency=st.none() | st.sampled_from(["EUR", "USD", "JPY"]),
    jurisdiction=st.none() | st.sampled_from(["DE", "US-MN", "US", "GB", ""]),
    language=st.none() | st.text(max_size=8),
)


@given(facts=FACTS)
def test_whatever_is_known_there_is_one_team_and_it_is_the_first_that_fits(
    facts: RoutingFacts,
) -> None:
    verdicts = why(POLICY, facts)
    assert len(verdicts) == len(POLICY.routes)
    first = next(number for number, verdict in enumerate(verdicts) if verdict.fits)
    assert route(POLICY, facts) is POLICY.teams[POLICY.routes[first].team]
    assert all(verdict.because for verdict in verdicts)


# --- being fetched by the assistant


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        (RoutingFacts(), None),
        (RoutingFacts(cause=C.CUSTOMER_ASKED), None),
        (RoutingFacts(cause=C.ANGER), C.ANGER),
        (RoutingFacts(cause=C.ANGER, account_manager=True), C.ANGER),
        (RoutingFacts(account_manager=True), C.ACCOUNT_MANAGER),
        (RoutingFacts(monthly_value_minor=20000, currency="EUR"), C.VALUABLE_ACCOUNT),
        (RoutingFacts(monthly_value_minor=19999, currency="EUR"), None),
        (RoutingFacts(monthly_value_minor=20000), None),
    ],
)
def test_the_assistant_fetches_a_person_as_policy_says(
    facts: RoutingFacts, cause: HandOffCause | None
) -> None:
    assert calls_in(POLICY, facts) == cause


def test_without_rules_the_assistant_fetches_nobody(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    rules = text[text.index("call_in:\n") : text.index("# What an agent may offer")]
    policy = policy_with(file, rules, "call_in: {}\n")
    facts = RoutingFacts(
        cause=C.ANGER, account_manager=True, monthly_value_minor=10**9, currency="EUR"
    )
    assert calls_in(policy, facts) is None


# --- the agent's name


@pytest.mark.parametrize(
    ("choice", "full_name", "shown"),
    [
        ("first_name", "Noor  van Dijk", "Noor"),
        ("full_name", " Noor  van Dijk ", "Noor van Dijk"),
        ("team", "Noor van Dijk", "our support team"),
        ("first_name", "  ", "our support team"),
        ("full_name", "", "our support team"),
    ],
)
def test_a_customer_reads_the_name_that_policy_chose(
    file: Path, choice: str, full_name: str, shown: str
) -> None:
    policy = policy_with(file, "customer_sees: first_name", f"customer_sees: {choice}")
    assert shown_name(policy, full_name, policy.teams["support"]) == shown


def test_a_team_without_a_name_is_our_team(file: Path) -> None:
    policy = policy_with(file, "    name: our support team\n", "")
    assert policy.teams["support"].name == "our team"


# --- mistakes


@pytest.mark.parametrize(
    ("old", "new", "mend"),
    [
        ("customer_sees: first_name", "customer_sees: nickname", "'first_name'"),
        ('channel: "#offboarding-support"', "channel: #offboarding-support", "in quotes"),
        ('channel: "#offboarding-support"', 'channel: "#Offboarding"', "in small letters"),
        ('channel: "#offboarding-support"', 'channel: "#a b"', "no Slack channel"),
        ('channel: "#offboarding-support"', "channel: offboarding", "no Slack channel"),
        ('channel: "#offboarding-support"', "channel: c024be91l", "no Slack channel"),
        ("time_zone: Europe/Berlin", "time_zone: Berlin", "such as Europe/Berlin"),
        ("time_zone: Europe/Berlin", "time_zone: Europe", "such as Europe/Berlin"),
        ("time_zone: Europe/Berlin", "time_zone: ../Berlin", "such as Europe/Berlin"),
        ('saturday: "09:00-14:00"', 'samstag: "09:00-14:00"', "there is no day samstag"),
        ('saturday: "09:00-14:00"', 'friday-caturday: "09:00-14:00"', "no day caturday"),
        ('saturday: "09:00-14:00"', 'friday: "09:00-14:00"', "friday is named twice"),
        ('saturday: "09:00-14:00"', "saturday: 9 to 2", "no time of day"),
        ('saturday: "09:00-14:00"', 'saturday: "9:00-14:00"', "no time of day"),
        ('saturday: "09:00-14:00"', 'saturday: "09:00-24:30"', "latest end is 24:00"),
        ('saturday: "09:00-14:00"', 'saturday: "22:00-02:00"', "goes over midnight"),
        ('saturday: "09:00-14:00"', 'saturday: "09:00-09:00"', "ends before it begins"),
        ('saturday: "09:00-14:00"', "saturday:", "nothing is no time of day"),
        (
            'saturday: "09:00-14:00"',
            'saturday: ["09:00-14:00", "13:00-15:00"]',
            "two times of this day overlap",
        ),
        ("holidays: [DE-BE]", "holidays: [DE-XX]", "public holidays for DE-XX"),
        ("holidays: [DE-BE]", "holidays: [Germany]", "such as DE"),
        ("holidays: [DE-BE]", 'holidays: ["DE-"]', "such as DE"),
        ("- {date: 2026-12-24, name: Christmas Eve}", "- {date: 2026-12-24}", "Add this field"),
        ("- {date: 2026-12-24, name", "- {date: 2026-12-44, name", "Correct it"),
        ("claim_within_seconds: 180", "claim_within_seconds: 181", "less than or equal to 180"),
        ("claim_within_seconds: 180", "claim_within_seconds: 0", "greater than or equal to 1"),
        ("claim_within_seconds: 180", "claim_in_seconds: 180", "correct its name"),
        ("remind_after_seconds: 90", "remind_after_seconds: -1", "greater than or equal to 1"),
        ("escalate_to: support", "escalate_to: suport", "suport is neither a team nor a channel"),
        ("escalate_to: support", "escalate_to: success", "leads back to the same channel"),
        ("escalate_to: support", 'escalate_to: "#offboarding-success"', "same channel"),
        ("escalate_to: support", "escalate_to: #leads", "in quotes"),
        ("team: privacy", "team: Privacy", "there is no team Privacy. The teams are: support"),
        ("causes: [legal_threat]", "causes: [lawyer]", "'legal_threat'"),
        ("causes: [legal_threat]", "causes: []", "at least 1 item"),
        ("causes: [legal_threat]", "cause: [legal_threat]", "correct its name"),
        ("reasons: [missing_features]", "reasons: [no_features]", "'missing_features'"),
        ("account_manager: true", "account_manager: perhaps", "valid boolean"),
        ("countries: [DE, US-MN]", "countries: [Germany]", "String should match"),
        ("value_at_least: {EUR: 20000, USD", "value_at_least: {EUR: 0, USD", "equal to 1"),
        ("value_at_least: {EUR: 20000, USD", "value_at_least: {euro: 20000, USD", "match"),
        ("  causes:\n    - not_understood", "  causes:\n    - customer_asked", "always gets one"),
        ("  causes:\n    - not_understood", "  causes:\n    - valuable_account", "value_at_least"),
        ("most_percent: 40", "most_percent: 91", "less than or equal to 90"),
        ("    percent: 25", "    percent: 41", "Write 40 or less"),
        ("    trial_days: 14", "    trial_days: 31", "nobody may offer more than 30"),
    ],
)
def test_a_mistake_is_named_with_file_line_and_mend(
    file: Path, old: str, new: str, mend: str
) -> None:
    line = edit(file, old, new)
    sentence = refusal(file)
    assert sentence.startswith(f"{file}, line {line}: ")
    assert mend in sentence


def test_a_team_named_otherwise_than_policy_can_name_it_is_refused(file: Path) -> None:
    line = edit(file, "  product:\n", "  Product team:\n")
    assert refusal(file).startswith(f"{file}, line {line}: teams.Product team")


def test_what_comes_after_a_route_without_conditions_is_refused(file: Path) -> None:
    line = edit(file, "    causes: [legal_threat]\n", "")
    sentence = refusal(file)
    # The line that was removed is followed by an empty one, and then by the route never reached.
    assert sentence.startswith(f"{file}, line {line + 1}: routes.2: this route is never reached")


def test_routes_that_leave_somebody_without_a_team_are_refused_with_the_line_to_add(
    file: Path,
) -> None:
    line = edit(file, "\n  - team: support\n\n# When", "\n# When")
    sentence = refusal(file)
    assert "Add this at the end: - team: support." in sentence
    named = int(sentence.partition(", line ")[2].partition(":")[0])
    assert named == line - 2


def test_no_routes_and_no_teams_are_refused(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    routes = text[text.index("routes:\n") : text.index("# When the assistant")]
    line = edit(file, routes, "routes: []\n")
    assert f"line {line}: routes: the last route must have no condition" in refusal(file)
    text = file.read_text(encoding="utf-8")
    teams = text[text.index("teams:\n") : text.index("# Who gets what")]
    line = edit(file, teams, "teams: {}\n")
    assert f"line {line}: teams: " in refusal(file)


def test_channels_may_be_named_by_their_id_and_in_any_script(file: Path) -> None:
    edit(file, '"#offboarding-support"', "C024BE91L")
    edit(file, '"#offboarding-success"', '"#kündigungen_東京"')
    policy = read_policy(file, RoutingPolicy)
    assert policy.teams["support"].channel == "C024BE91L"
    assert policy.teams["success"].channel == "#kündigungen_東京"


def test_a_mistake_leaves_the_last_good_routing_in_force_and_says_so(tmp_path: Path) -> None:
    for shipped in SHIPPED.glob("*.yml"):
        (tmp_path / shipped.name).write_bytes(shipped.read_bytes())
    policies = Policies(tmp_path)
    assert policies.routing == POLICY
    edit(tmp_path / "routing.yml", "team: privacy", "team: lawyers")
    assert policies.routing == POLICY
    [problem] = policies.problems()
    assert "there is no team lawyers" in problem
    edit(tmp_path / "routing.yml", "team: lawyers", "team: billing")
    assert route(policies.routing, RoutingFacts(cause=C.LEGAL_THREAT)).key == "billing"
    assert policies.problems() == []


# --- what an account is worth


def worth(session: Session, account_id: str) -> MonthlyValue:
    return monthly_value(session, account_id, LedgerBilling(session))


def value_of(session: Session, *plans: Plan) -> MonthlyValue:
    customer = make_customer(session)
    for plan in plans:
        make_subscription(session, customer, plan)
    return worth(session, customer.account_id)


def test_who_has_nothing_is_worth_nothing_in_no_currency(database: Database) -> None:
    with database.write() as session:
        assert value_of(session) == MonthlyValue(0, None)


@pytest.mark.parametrize(
    ("price", "minor"),
    [("290.00", 2417), ("0.17", 1), ("0.18", 2), ("0.30", 3), ("120.00", 1000), ("0", 0)],
)
def test_a_year_is_divided_by_twelve_and_half_a_cent_rounded_up(
    database: Database, price: str, minor: int
) -> None:
    with database.write() as session:
        yearly = make_plan(session, "Yearly", price=price, interval=Interval.YEAR)
        assert value_of(session, yearly) == MonthlyValue(minor, "EUR")


def test_all_that_renews_is_added_up_and_nothing_else(database: Database) -> None:
    with database.write() as session:
        customer = make_customer(session)
        monthly = make_plan(session)
        make_subscription(session, customer, monthly)
        make_subscription(session, customer, make_plan(session, "Free", price="0"))
        trial = SubscriptionState.TRIALING
        make_subscription(session, customer, make_plan(session, "Basic", price="9"), state=trial)
        make_subscription(session, customer, monthly, state=SubscriptionState.ENDED)
        make_subscription(session, customer, monthly, cancel_at=clock.now() + timedelta(days=3))
        make_subscription(session, make_customer(session, "other@example.org"), monthly)
        assert worth(session, customer.account_id) == MonthlyValue(3800, "EUR")


def test_a_discount_counts_while_it_runs(database: Database) -> None:
    with database.write() as session:
        subscription = make_subscription(session, make_customer(session), days_left=21)
        subscription.discount_percent = 25
        subscription.discount_until = clock.now() + timedelta(days=90)
        assert worth(session, subscription.account_id).minor == 2175
        subscription.discount_until = clock.now() + timedelta(days=20)
        assert worth(session, subscription.account_id).minor == 2900


def test_a_change_of_plan_that_is_agreed_counts(database: Database) -> None:
    with database.write() as session:
        subscription = make_subscription(session, make_customer(session))
        subscription.next_plan = make_plan(
            session, "Basic yearly", price="90.00", interval=Interval.YEAR
        )
        assert worth(session, subscription.account_id) == MonthlyValue(750, "EUR")


def test_of_two_currencies_the_larger_sum_stands_for_the_account(database: Database) -> None:
    with database.write() as session:
        dollars = make_plan(session, "Team", price="120.00", currency="USD")
        assert value_of(session, make_plan(session), dollars) == MonthlyValue(12000, "USD")


class NothingKnown(LedgerBilling):
    """A billing that has not heard of anybody's payments yet."""

    def next_payment(self, subscription: Subscription) -> Payment | None:  # noqa: ARG002
        raise BillingUnknownError("Nothing is known.")


@pytest.mark.parametrize(
    ("billing", "team"),
    [(LedgerBilling, "support"), (MirroredBilling, "success"), (NothingKnown, "support")],
)
def test_the_team_is_chosen_by_what_the_companys_own_billing_will_take(
    database: Database, billing: type[LedgerBilling], team: str
) -> None:
    with database.write() as session:
        customer = make_customer(session)
        subscription, moment = make_subscription(session, customer), clock.now()
        taken = StripeMirror(
            subscription_id=subscription.id,
            mirrored_at=moment,
            anchor=moment,
            upcoming_minor=20_000,
        )
        known = VerifiedIdentity(
            conversation_id="1" * 32,
            customer_id=customer.id,
            method=IdentityMethod.TOKEN,
            verified_at=moment,
            lapses_at=moment + timedelta(hours=1),
        )
        session.add_all([taken, known])
        session.flush()
        hand_off = handoffs.request(session, "1" * 32, desk=POLICY, billing=billing(session))
        assert hand_off.team == team
