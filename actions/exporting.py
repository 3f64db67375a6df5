"""A copy of the customer's data."""

from actions.base import ConversationAction
from actions.questions import ask_again, ask_who
from actions.surveying import begin_survey
from actions.turn import Turn
from offboarding.accounts.model import Customer
from offboarding.exports import service as exports


class StartExport(ConversationAction):
    """They want their data: it is started at once, and the link comes here."""

    action_name = "action_start_export"

    def act(self, turn: Turn) -> None:
        """See the class."""
        start_export(turn)


def start_export(turn: Turn) -> None:
    """Start the export and go on where the talk was."""
    customer = turn.customer
    if customer is None and turn.slot("open_question") in {"email", "code"}:
        turn.say("utter_answer_follows")  # it is kept with what else was asked
        return ask_again(turn)
    if customer is None:
        turn.answered.add("data_export")
        return ask_who(turn, "export")
    begin_export(turn, customer)
    if turn.slot("open_question") == "export":
        return begin_survey(turn)
    return ask_again(turn)


def begin_export(turn: Turn, customer: Customer, *, beside: bool = False) -> None:
    """Start the export and say so; `beside` something else that the customer wants."""
    turn.answered.add("data_export")
    turn.set("export_started", "yes")
    exports.request(turn.session, customer, turn.conversation_id)
    name = "utter_export_started_as_asked" if beside else "utter_export_started"
    turn.say(name, {"email": customer.email})


class SkipExport(ConversationAction):
    """They need no copy."""

    action_name = "action_skip_export"

    def act(self, turn: Turn) -> None:
        """See the class."""
        turn.say("utter_understood")
        begin_survey(turn)
