"""With a desk, who asks for a person hears the truth about when one comes, and goes on."""

from datetime import UTC, datetime

import pytest
import time_machine

from offboarding import clock
from offboarding.accounts.model import Account, Customer
from offboarding.background.model import Task
from offboarding.billing.model import EntryKind, LedgerEntry
from offboarding.handoffs import service as handoffs
from offboarding.handoffs import waiting
from offboarding.handoffs.causes import HandOffCause
from offboarding.handoffs.model import HandOff
from offboarding.settings import Settings
from tests.actions.conftest import Hearing
from tests.actions.desk import cancel_for_them, claim, hand_back, hand_off_in
from tests.office_hours import SUNDAY

pytestmark = pytest.mark.usefixtures("desk")

PERSON = "I want to talk to a person"


def ask(hearing: Hearing, text: str = PERSON, *besides: str) -> list[str]:
    return hearing.hear("action_request_person", "human", *besides, text=text)


def queue(hearing: Hearing, *conversations: str) -> None:
    with hearing.database.write() as session:
        for conversation in conversations:
            handoffs.request(session, conversation, desk=hearing.policies.routing)


def test_somebody_joins_the_chat_within_what_policy_promises(amara: Hearing) -> None:
    assert ask(amara) == ["utter_person_comes"]
    said = amara.said_last("utter_person_comes")
    assert (said["team"], said["minutes"]) == ("our support team", "3 minutes")


def test_the_open_question_is_asked_again_so_that_they_can_go_on(amara: Hearing) -> None:
    amara.hear("action_start_leaving", "cancel")
    assert ask(amara) == ["utter_person_comes", "utter_ask_reason_again"]


@pytest.mark.parametrize(
    ("before", "said"),
    [(["a" * 32], "utter_person_comes_second"), (["a" * 32, "b" * 32], "utter_person_comes_later")],
)
def test_who_waits_before_them_is_told(
    amara: Hearing, desk: time_machine.Traveller, before: list[str], said: str
) -> None:
    queue(amara, *before)
    desk.shift(10)
    assert ask(amara) == [said]


def test_who_was_given_up_or_is_answered_by_mail_is_not_before_them(
    amara: Hearing, desk: time_machine.Traveller
) -> None:
    queue(amara, "a" * 32, "b" * 32)
    with amara.database.write() as session:
        told, mailed = session.query(HandOff).order_by(HandOff.conversation_id).all()
        waiting.note_unanswered(session, told, at_once=True)
        mailed.claim_due_at = None
    desk.shift(10)
    queue(amara, "c" * 32)
    desk.shift(181)
    assert ask(amara) == ["utter_person_comes"]


def test_a_stranger_is_not_asked_for_an_address_while_somebody_comes(stranger: Hearing) -> None:
    assert ask(stranger) == ["utter_person_comes"]
    assert stranger.question is None


def test_asked_again_it_is_told_how_long_ago_it_was(
    amara: Hearing, desk: time_machine.Traveller
) -> None:
    ask(amara)
    desk.shift(125)
    assert ask(amara) == ["utter_person_still_coming"]
    said = amara.said_last("utter_person_still_coming")
    assert (said["waited"], said["minutes"]) == ("2 minutes", "3 minutes")


def test_asked_again_when_the_time_is_over_nothing_is_promised_any_more(
    amara: Hearing, desk: time_machine.Traveller
) -> None:
    ask(amara)
    desk.shift(240)
    assert ask(amara) == ["utter_person_late"]
    assert amara.said_last("utter_person_late")["email"] == "amara@example.org"


def test_a_stranger_is_asked_for_an_address_when_nobody_came(
    stranger: Hearing, desk: time_machine.Traveller
) -> None:
    ask(stranger)
    desk.shift(240)
    assert ask(stranger) == ["utter_person_late_no_address", "utter_ask_contact_email"]
    text = "jo@example.org"
    said = stranger.hear("action_take_contact", "nlu_fallback", text=text, entities={"email": text})
    assert said == ["utter_person_will_mail"]
    hand_off = hand_off_in(stranger)
    assert hand_off is not None
    assert hand_off.contact_email == text


def test_an_address_given_after_nobody_came_reaches_support(
    stranger: Hearing, desk: time_machine.Traveller
) -> None:
    ask(stranger)
    desk.shift(240)
    with stranger.database.write() as session:
        hand_off = handoffs.open_hand_off(session, stranger.id)
        assert hand_off is not None
        assert waiting.note_unanswered(session, hand_off)
    ask(stranger)
    text = "jo@example.org"
    stranger.hear("action_take_contact", "nlu_fallback", text=text, entities={"email": text})
    with stranger.database.read() as session:
        assert session.query(Task).filter(Task.kind == "mail.hand_off").count() == 1


def test_outside_hours_they_hear_when_the_team_is_back_by_their_own_clock(
    amara: Hearing, desk: time_machine.Traveller
) -> None:
    desk.move_to(SUNDAY)
    amara.identify(amara.external_id)
    assert ask(amara) == ["utter_person_away"]
    said = amara.said_last("utter_person_away")
    assert said["opens_at"] == "tomorrow at 07:00"
    assert said["email"] == "amara@example.org"
    assert ask(amara) == ["utter_person_still_away"]


def test_outside_hours_a_stranger_is_asked_where_to_answer(
    stranger: Hearing, desk: time_machine.Traveller
) -> None:
    desk.move_to(SUNDAY)
    assert ask(stranger) == ["utter_person_away_no_address", "utter_ask_contact_email"]
    said = stranger.said_last("utter_person_away_no_address")
    assert said["opens_at"] == "tomorrow at 08:00 (Berlin time)"


@pytest.mark.parametrize(
    ("moment", "opens_at"),
    [
        (datetime(2026, 11, 27, 22, 0, tzinfo=UTC), "on Monday, 30 November 2026 at 07:00"),
        (datetime(2026, 11, 30, 4, 0, tzinfo=UTC), "today at 07:00"),
        (datetime(2026, 11, 30, 22, 0, tzinfo=UTC), "tomorrow at 07:00"),
    ],
)
def test_the_time_of_a_closed_team_is_told_as_people_tell_it(
    amara: Hearing, desk: time_machine.Traveller, moment: datetime, opens_at: str
) -> None:
    desk.move_to(moment)
    amara.identify(amara.external_id)
    ask(amara)
    assert amara.said_last("utter_person_away")["opens_at"] == opens_at


def test_the_day_is_that_of_the_customer_s_calendar(
    amara: Hearing, desk: time_machine.Traveller
) -> None:
    with amara.database.write() as session:
        session.query(Customer).one().time_zone = "Pacific/Auckland"
    desk.move_to(datetime(2026, 11, 30, 4, 0, tzinfo=UTC))  # afternoon there, the same day
    amara.identify(amara.external_id)
    ask(amara)
    assert amara.said_last("utter_person_away")["opens_at"] == "today at 20:00"


def test_who_has_an_account_manager_hears_that_the_mail_goes_to_them(
    amara: Hearing, desk: time_machine.Traveller
) -> None:
    with_account(amara, account_manager_name="Henrik Dahl", account_manager_email="h@example.org")
    desk.move_to(SUNDAY)
    amara.identify(amara.external_id)
    ask(amara)
    reader = amara.said_last("utter_person_away")["mail_reader"]
    assert reader == "Henrik Dahl, label_account_manager,"


def test_whose_account_manager_has_no_address_hears_of_support(
    amara: Hearing, desk: time_machine.Traveller
) -> None:
    with_account(amara, account_manager_name="Henrik Dahl")
    desk.move_to(SUNDAY)
    amara.identify(amara.external_id)
    ask(amara)
    assert amara.said_last("utter_person_away")["mail_reader"] == "label_support"


def test_who_has_cancelled_everything_is_not_told_that_they_can_cancel(amara: Hearing) -> None:
    ask(amara)
    assert amara.said_last("utter_person_comes")["meanwhile"] == "label_meanwhile"
    cancel_for_them(amara)
    ask(amara)
    said = amara.said_last("utter_person_still_coming")
    assert said["meanwhile"] == "label_meanwhile_cancelled"


def test_cancelling_goes_on_while_they_wait(amara: Hearing) -> None:
    amara.hear("action_start_leaving", "cancel")
    ask(amara)
    assert amara.hear("action_skip_reason", "skip")[-1] == "utter_ask_confirm_paid"
    amara.hear("action_confirm_cancellation", "affirm", text="yes")
    assert amara.subscription("Pro").cancel_at is not None


def test_a_button_to_cancel_that_is_no_answer_to_the_terms_shows_them_again(amara: Hearing) -> None:
    amara.hear("action_start_leaving", "cancel")
    amara.hear("action_skip_reason", "skip")
    said = amara.hear("action_confirm_cancellation", "cancel", pressed=True)
    assert said == ["utter_ask_confirm_paid"]
    assert amara.subscription("Pro").cancel_at is None


def pay(hearing: Hearing) -> None:
    """Let the customer have paid for the plan, so that there is something to ask back."""
    subscription = hearing.subscription("Pro")
    with hearing.database.write() as session:
        session.add(
            LedgerEntry(
                subscription_id=subscription.id,
                kind=EntryKind.CHARGE,
                amount_minor=2900,
                currency="EUR",
                occurred_at=clock.now(),
                key=f"charge:{subscription.id}",
                details={},
            )
        )


def cause(hearing: Hearing) -> HandOffCause:
    hand_off = hand_off_in(hearing)
    assert hand_off is not None, "nobody was asked for"
    return hand_off.cause


def test_who_just_asks_is_noted_as_that(amara: Hearing) -> None:
    ask(amara)
    assert cause(amara) is HandOffCause.CUSTOMER_ASKED


def test_who_is_told_that_a_person_decides_on_refunds_and_wants_one_goes_to_billing(
    amara: Hearing,
) -> None:
    pay(amara)
    amara.hear("action_answer_refund", "refund", text="I would like the twenty-nine euros returned")
    ask(amara)
    assert cause(amara) is HandOffCause.BEYOND_POLICY
    hand_off = hand_off_in(amara)
    assert hand_off is not None
    assert hand_off.team == "billing"


def test_what_was_offered_a_message_earlier_is_no_cause_any_more(amara: Hearing) -> None:
    pay(amara)
    amara.hear("action_answer_refund", "refund", text="I would like the twenty-nine euros returned")
    amara.hear("action_answer_timeline", "timeline_or_status", text="when would it end")
    ask(amara)
    assert cause(amara) is HandOffCause.CUSTOMER_ASKED


def test_swearing_while_asking_is_noted_as_anger(amara: Hearing) -> None:
    ask(amara, "get me a human you useless machine")
    assert cause(amara) is HandOffCause.ANGER


def test_a_life_in_danger_fetches_a_person_who_sells_nothing(amara: Hearing) -> None:
    assert amara.hear("action_not_understood", "nlu_fallback", text="I want to die") == [
        "utter_crisis"
    ]
    assert cause(amara) is HandOffCause.HARDSHIP


MISSED_TWICE = ["utter_missed_twice", "utter_person_called_in", "utter_ask_wish"]


def test_missed_twice_a_person_is_fetched_and_the_way_on_is_asked(amara: Hearing) -> None:
    amara.hear("action_not_understood", "nlu_fallback", text="hrmpf")
    assert amara.hear("action_not_understood", "nlu_fallback", text="brmpf") == MISSED_TWICE
    assert cause(amara) is HandOffCause.NOT_UNDERSTOOD


def test_anger_fetches_a_person_before_the_next_step(amara: Hearing) -> None:
    said = amara.hear("action_not_understood", "nlu_fallback", text="you useless piece of crap")
    assert said == ["utter_next_step", "utter_person_called_in", "utter_ask_wish"]
    assert cause(amara) is HandOffCause.ANGER


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("my husband died last week", HandOffCause.BEREAVEMENT),
        ("I was diagnosed with cancer", HandOffCause.HARDSHIP),
        ("somebody is using my card", HandOffCause.FRAUD),
        ("my lawyer will write to you", HandOffCause.LEGAL_THREAT),
    ],
)
def test_a_hard_moment_fetches_a_person_and_leaves_the_end_possible(
    amara: Hearing, text: str, expected: HandOffCause
) -> None:
    said = amara.hear("action_not_understood", "nlu_fallback", text=text)
    died = expected is HandOffCause.BEREAVEMENT
    asked = "utter_ask_wish_own_account" if died else "utter_ask_wish_awaiting"
    assert said[1:] == ["utter_person_called_in", asked]
    assert cause(amara) is expected
    assert amara.hear("action_start_leaving", "cancel", text="cancel it") == [
        "utter_ask_confirm_paid"
    ]


def test_outside_hours_a_person_is_told_and_nobody_is_promised(
    amara: Hearing, desk: time_machine.Traveller
) -> None:
    desk.move_to(SUNDAY)
    amara.identify(amara.external_id)
    said = amara.hear("action_not_understood", "nlu_fallback", text="my husband died last week")
    assert said[1:] == ["utter_person_away", "utter_ask_wish_own_account"]
    told = amara.said_last("utter_person_away")
    assert (told["opens_at"], told["email"]) == ("tomorrow at 07:00", "amara@example.org")
    assert told["meanwhile"] == "label_meanwhile_cancelled", "to cancel is what comes next"
    assert "utter_person_still_away" in ask(amara), "only now is it as before"


def test_outside_hours_a_stranger_is_told_the_day_too(
    stranger: Hearing, desk: time_machine.Traveller
) -> None:
    desk.move_to(SUNDAY)
    said = stranger.hear("action_not_understood", "nlu_fallback", text="my husband died last week")
    assert "utter_person_away_no_address" in said
    told = stranger.said_last("utter_person_away_no_address")
    assert told["opens_at"] == "tomorrow at 08:00 (Berlin time)"


def test_a_refund_asked_for_twice_fetches_a_person(amara: Hearing) -> None:
    pay(amara)
    said = amara.hear(
        "action_answer_refund", "refund", text="I would like the twenty-nine euros returned"
    )
    assert said == ["utter_refund"]
    said = amara.hear("action_answer_refund", "refund", text="I want it back all the same")
    assert said == ["utter_refund", "utter_person_called_in"]
    assert cause(amara) is HandOffCause.BEYOND_POLICY


def with_account(hearing: Hearing, **values: str) -> None:
    with hearing.database.write() as session:
        account = session.query(Account).one()
        for name, value in values.items():
            setattr(account, name, value)


def test_who_has_an_account_manager_gets_a_person_when_the_case_begins(amara: Hearing) -> None:
    with_account(amara, account_manager_name="Henrik Dahl", account_manager_email="h@example.org")
    said = amara.hear("action_start_leaving", "cancel", text="please cancel")
    assert said == ["utter_person_called_in", "utter_ask_reason"]
    assert cause(amara) is HandOffCause.ACCOUNT_MANAGER
    asked = hand_off_in(amara)
    assert asked is not None
    assert asked.note == "Wrote: “please cancel”"
    assert amara.said_last("utter_person_called_in")["team"] == "our customer success team"


def test_who_asked_for_nobody_hears_who_is_told_and_that_they_need_not_wait(
    amara: Hearing, desk: time_machine.Traveller
) -> None:
    with_account(amara, account_manager_name="Henrik Dahl", account_manager_email="h@example.org")
    desk.move_to(SUNDAY)
    amara.identify(amara.external_id)
    said = amara.hear("action_start_leaving", "cancel", text="we want to quit")
    assert said == ["utter_account_told", "utter_ask_reason"]
    reader = amara.said_last("utter_account_told")["mail_reader"]
    assert reader == "Henrik Dahl, label_account_manager,"
    said = amara.hear("action_not_understood", "nlu_fallback", text="no person")
    assert said[0] == "utter_no_person"


def test_who_has_none_and_pays_little_leaves_without_one(amara: Hearing) -> None:
    assert amara.hear("action_start_leaving", "cancel") == ["utter_ask_reason"]
    assert hand_off_in(amara) is None


def test_a_person_is_fetched_once_in_a_conversation(amara: Hearing) -> None:
    amara.hear("action_not_understood", "nlu_fallback", text="my husband died last week")
    claim(amara)
    hand_back(amara)
    said = amara.hear("action_not_understood", "nlu_fallback", text="you useless piece of crap")
    assert "utter_person_called_in" not in said


@pytest.mark.parametrize(
    "text",
    [
        "no person",
        "no person please",
        "never mind",
        "I don't need a human",
        "is the person still coming? i dont need one",
        "I dont want a person any more",
        "forget it, I don't need a person any more",
    ],
)
def test_a_no_to_the_person_is_a_no(amara: Hearing, text: str) -> None:
    ask(amara)
    said = amara.hear("action_not_understood", "nlu_fallback", text=text)
    assert said == ["utter_no_person", "utter_ask_wish"]
    hand_off = hand_off_in(amara)
    assert hand_off is not None
    assert not hand_off.open
    said = amara.hear("action_not_understood", "nlu_fallback", text="my husband died last week")
    assert "utter_person_called_in" not in said


def test_a_no_to_the_person_leaves_the_open_question_open(amara: Hearing) -> None:
    amara.hear("action_start_leaving", "cancel")
    ask(amara)
    said = amara.hear("action_go_on_without_person", "go_on_without_person", pressed=True)
    assert said == ["utter_no_person", "utter_ask_reason_again"]


def test_never_mind_at_a_question_about_the_plan_is_about_the_plan(amara: Hearing) -> None:
    amara.hear("action_start_leaving", "cancel")
    amara.hear("action_skip_reason", "skip")
    ask(amara)
    said = amara.hear("action_keep", "keep_subscription", text="never mind")
    assert said == ["utter_kept_paid"]


def test_that_no_person_ever_wrote_back_is_no_refusal_of_one(amara: Hearing) -> None:
    ask(amara)
    said = amara.hear("action_hear_reason", "reason_support", text="no person answered my mails")
    assert "utter_no_person" not in said


def test_who_said_no_and_asks_again_gets_a_person_after_all(amara: Hearing) -> None:
    ask(amara)
    amara.hear("action_not_understood", "nlu_fallback", text="no person")
    assert ask(amara) == ["utter_person_comes"]


@pytest.mark.parametrize(
    "text",
    [
        "is the person still coming?",
        "is anyone coming or not",
        "where is that person",
        "how long",
        "how long do i have to wait",
        "hello?",
        "still there?",
        "nobody is here yet",
        "i'm still waiting",
    ],
)
def test_who_waits_and_asks_is_told_how_it_stands_with_the_person(
    amara: Hearing, desk: time_machine.Traveller, text: str
) -> None:
    ask(amara)
    desk.shift(60)
    said = amara.hear("action_answer_timeline", "timeline_or_status", text=text)
    assert said == ["utter_person_still_coming"]


def test_who_waits_and_asks_about_the_plan_is_told_about_the_plan(amara: Hearing) -> None:
    ask(amara)
    text = "when does my plan end?"
    said = amara.hear("action_answer_timeline", "timeline_or_status", text=text)
    assert said == ["utter_timeline"]


@pytest.mark.parametrize("text", ["how long will it take", "how long"])
def test_at_the_yes_how_long_is_about_what_was_shown(amara: Hearing, text: str) -> None:
    amara.hear("action_start_leaving", "cancel")
    amara.hear("action_skip_reason", "skip")
    ask(amara)
    said = amara.hear("action_answer_timeline", "timeline_or_status", text=text)
    assert "utter_person_still_coming" not in said


def test_without_anybody_on_the_way_it_is_about_the_plan(amara: Hearing) -> None:
    said = amara.hear("action_answer_timeline", "timeline_or_status", text="how long")
    assert said == ["utter_timeline"]


def test_that_nobody_ever_came_is_an_answer_where_one_is_asked_for(amara: Hearing) -> None:
    amara.hear("action_start_leaving", "cancel")
    ask(amara)
    text = "I had a problem in May and nobody ever came back to me, nobody is there"
    said = amara.hear("action_take_reason", "reason_support", text=text)
    assert "utter_person_still_coming" not in said


@pytest.mark.parametrize("text", ["ok yes a person", "a human please", "yes, a real person then"])
def test_a_yes_that_names_a_person_is_a_wish_for_one(amara: Hearing, text: str) -> None:
    amara.hear("action_start_leaving", "cancel")
    amara.hear("action_skip_reason", "skip")
    said = amara.hear("action_confirm_cancellation", "affirm", text=text)
    assert said == ["utter_person_comes", "utter_ask_confirm_again"]
    assert amara.subscription("Pro").renews


def test_a_no_to_a_person_who_was_only_mailed_about_is_mailed_too(
    amara: Hearing, settings: Settings
) -> None:
    settings.sandbox_desk = False
    assert ask(amara) == ["utter_person_will_mail"]
    said = amara.hear("action_start_leaving", "cancel", text="i dont want a person any more")
    assert said == ["utter_no_person", "utter_ask_wish"]
    hand_off = hand_off_in(amara)
    assert hand_off is not None
    assert mails_about(amara, hand_off) == ["mail.hand_off", "mail.hand_off_withdrawn"]


def test_a_no_to_a_person_of_whom_only_the_desk_knows_is_not_mailed(amara: Hearing) -> None:
    ask(amara)
    amara.hear("action_not_understood", "nlu_fallback", text="no person")
    hand_off = hand_off_in(amara)
    assert hand_off is not None
    assert mails_about(amara, hand_off) == []


def mails_about(hearing: Hearing, hand_off: HandOff) -> list[str]:
    """The kinds of mail to support that were scheduled about it."""
    with hearing.database.read() as session:
        tasks = session.query(Task).filter(Task.subject_id == hand_off.id)
        return sorted(each.kind for each in tasks if each.kind.startswith("mail."))


def test_who_asks_for_a_machine_or_a_person_and_needs_one_gets_one(amara: Hearing) -> None:
    text = "is this a real person texting? i need one"
    said = amara.hear("action_resume_question", "bot_challenge", text=text)
    assert said == ["utter_person_comes"]


@pytest.mark.parametrize("text", ["still nobody?", "so?? nobody came"])
def test_who_still_waits_is_told_how_it_stands(
    amara: Hearing, desk: time_machine.Traveller, text: str
) -> None:
    ask(amara)
    desk.shift(240)
    said = amara.hear("action_answer_timeline", "timeline_or_status", text=text)
    assert said == ["utter_person_late"]


def test_when_after_a_wish_for_a_person_is_about_the_person(
    amara: Hearing, desk: time_machine.Traveller
) -> None:
    desk.move_to(SUNDAY)
    amara.identify(amara.external_id)
    ask(amara, "can somebody call me about that?")
    said = amara.hear("action_answer_timeline", "timeline_or_status", text="when?")
    assert said == ["utter_person_still_away"]
    amara.hear("action_answer_billing", "billing_question", text="what do I pay")
    said = amara.hear("action_answer_timeline", "timeline_or_status", text="when?")
    assert said == ["utter_timeline"]


@pytest.mark.parametrize("text", ["ok i give up, who can decide", "who decides that?"])
def test_who_asks_who_decides_hears_that_a_person_does(amara: Hearing, text: str) -> None:
    assert amara.hear("action_not_ours", "out_of_scope", text=text) == ["utter_person_decides"]


def test_who_asks_who_decides_and_waits_for_a_person_hears_how_it_stands(amara: Hearing) -> None:
    ask(amara)
    said = amara.hear("action_not_ours", "out_of_scope", text="who can decide")
    assert "utter_person_decides" not in said
