"""`offboard policy`: what the policies would do, and why."""

from typing import Annotated

import typer
from rich.table import Table
from sqlalchemy.orm import Session

from offboard.configuration import load_settings
from offboard.console import output
from offboard.opening import reading
from offboarding.accounts import service as accounts
from offboarding.accounts.model import Subscription
from offboarding.billing.choice import billing_within
from offboarding.cases.reasons import ChurnReason
from offboarding.errors import NotFoundError
from offboarding.exports.sources.chosen import check_connections
from offboarding.handoffs.causes import HandOffCause
from offboarding.handoffs.facts import facts_about
from offboarding.handoffs.routing import why
from offboarding.offers.service import held_out, verdicts
from offboarding.policies.receipts import receipt_policy
from offboarding.policies.store import Policies
from offboarding.refunds.preview import verdicts as refunds
from offboarding.settings import Settings
from offboarding.wording import money_text

application = typer.Typer(no_args_is_help=True, help="Ask the policies why.")


@application.command()
def explain(
    customer: Annotated[
        str, typer.Argument(help="What the company's website calls the customer, or their e-mail.")
    ],
    reason: Annotated[
        ChurnReason | None, typer.Option(help="The reason they give for leaving.")
    ] = None,
    cause: Annotated[
        HandOffCause, typer.Option(help="Why a person would be fetched.")
    ] = HandOffCause.CUSTOMER_ASKED,
) -> None:
    """Who would be offered what, be paid back what, and get which team, and why.

    Of each the first that fits wins.
    """
    settings = load_settings()
    policies = Policies(settings.policy_directory)
    policy = policies.offers
    with reading(settings) as session:
        found = accounts.customer_by_external_id(session, customer) or accounts.customer_by_email(
            session, customer
        )
        if found is None:
            raise NotFoundError(f"Nobody is called {customer}.")
        for subscription in accounts.subscriptions(session, found.account_id):
            table = Table("Offer", "Fits", "Because", box=None)
            for verdict in verdicts(session, policy, subscription, reason):
                table.add_row(verdict.rule, "yes" if verdict.fits else "no", verdict.because)
            output.print(
                f"{subscription.plan.name}, {found.account.jurisdiction}, "
                f"reason {reason or 'not given'}, policy of {policy.version}",
                style="bold",
                markup=False,
            )
            output.print(table)
            if held_out(policy, found.account_id):
                output.print(
                    f"Left out with this account, whatever fits: it is one of the "
                    f"{policy.holdout_percent} in a hundred that show what offers change "
                    "(holdout_percent).",
                    markup=False,
                )
            _explain_refund(session, settings, policies, subscription, reason)
        routing = policies.routing
        billing = billing_within(settings)(session)
        facts = facts_about(session, "", found, cause, billing, reason=reason)
        table = Table("Route", "Fits", "Because", box=None)
        for route in why(routing, facts):
            table.add_row(route.rule, "yes" if route.fits else "no", route.because)
        output.print(
            f"A person, {cause.value.replace('_', ' ')}, policy of {routing.version}",
            style="bold",
            markup=False,
        )
        output.print(table)


def _explain_refund(
    session: Session,
    settings: Settings,
    policies: Policies,
    subscription: Subscription,
    reason: ChurnReason | None,
) -> None:
    policy = policies.refunds
    billing = billing_within(settings)(session)
    table = Table("Refund", "Fits", "Because", "Paid back", box=None)
    for verdict in refunds(subscription, billing, policy, reason):
        paid_back = ""
        if verdict.refund is not None:
            paid_back = money_text(verdict.refund.amount_minor, verdict.refund.currency)
            paid_back += ", by a person" if verdict.refund.by_a_person else ""
        table.add_row(verdict.rule, "yes" if verdict.fits else "no", verdict.because, paid_back)
    output.print(
        f"A refund, if they cancelled now, policy of {policy.version}", style="bold", markup=False
    )
    output.print(table)


@application.command()
def check() -> None:
    """Read every policy; a mistake is named with file, line and mend, a lacking connection too."""
    settings = load_settings()
    policies = Policies(settings.policy_directory)
    check_connections(policies.exports, settings)
    receipt_policy(settings.policy_directory)
    output.print("The policies can be used.")
