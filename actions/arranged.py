"""What is agreed of a plan and has yet to come: another plan, or a pause. It is said as it is."""

from actions.turn import Turn
from actions.values import payment_values
from offboarding import clock
from offboarding.accounts import service as accounts
from offboarding.accounts.model import Customer, Subscription
from offboarding.wording import date_text, money_text


def has_something_arranged(subscription: Subscription) -> bool:
    """Whether it goes on otherwise than it is today: as another plan, or after a pause."""
    paused_until = subscription.paused_until
    pauses = paused_until is not None and paused_until > clock.now()
    return subscription.renews and (subscription.next_plan is not None or pauses)


def arranged_of(turn: Turn, customer: Customer) -> list[Subscription]:
    """The plans of theirs of which something is arranged."""
    held = accounts.subscriptions(turn.session, customer.account_id)
    return [subscription for subscription in held if has_something_arranged(subscription)]


def say_what_is_arranged(turn: Turn, customer: Customer, subscription: Subscription) -> None:
    """Say what it will be, from when and at what price; a person can change that."""
    turn.say(f"utter_arranged_{_what(subscription)}", arranged_values(turn, customer, subscription))


def arranged_values(turn: Turn, customer: Customer, subscription: Subscription) -> dict[str, str]:
    """The values that texts name of what is arranged."""
    values = payment_values(subscription, customer, turn.billing)
    next_plan, plan = subscription.next_plan, subscription.plan
    values["price"] = money_text(plan.price_minor, plan.currency, customer.locale)
    starts_at = subscription.period_end
    if next_plan is not None:
        values["offer_plan_name"] = next_plan.name
        values["offer_price"] = money_text(
            next_plan.price_minor, next_plan.currency, customer.locale
        )
        values["interval"] = next_plan.interval.value
    elif subscription.paused_until is not None:
        starts_at = subscription.paused_from or starts_at
        values["offer_ends_on"] = date_text(subscription.paused_until, customer)
    if starts_at is not None:
        values["starts_on"] = date_text(starts_at, customer)
    return values


def _what(subscription: Subscription) -> str:
    return "plan" if subscription.next_plan is not None else "pause"
