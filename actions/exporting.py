"""A copy of the customer's data."""

from actions.base import ConversationAction
from actions.questions import ask_again, ask_who
from actions.surveying import begin_survey
from actions.turn import Turn
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
    if customer is None:
        return ask_who(turn, "export")
    exports.request(turn.session, customer, turn.conversation_id)
    turn.say("utter_export_started", {"email": customer.email})
    if turn.slot("open_question") == "export":
        return begin_survey(turn)
    return ask_again(turn)


class SkipExport(ConversationAction):
    """They need no copy."""

    action_name = "action_skip_export"

    def act(self, turn: Turn) -> None:
        """See the class."""
        turn.say("utter_understood")
        begin_survey(turn)
