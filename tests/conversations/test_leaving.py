"""Whole talks: from the wish to leave, in the customer's own words, to the goodbye."""

import re

import httpx
import pytest
import sqlalchemy as sa

from actions.record import ActionRun
from channels.conversations.model import Inbox
from offboarding.accounts.model import Customer, Subscription
from offboarding.billing.model import EntryKind, LedgerEntry
from offboarding.cases.model import Case
from offboarding.cases.states import CaseState
from offboarding.exports.model import Export
from offboarding.handoffs.model import HandOff
from offboarding.offers.model import Offer, OfferAnswer
from offboarding.survey.model import SurveyAnswer
from tests.conversations.talk import Talk
from tests.house import House, wait_for

pytestmark = pytest.mark.conversation


def subscription_of(house: House, external_id: str, plan: str | None = None) -> Subscription:
    with house.database.read() as session:
        customer = session.scalars(
            sa.select(Customer).where(Customer.external_id == external_id)
        ).one()
        found = session.scalars(
            sa.select(Subscription).where(Subscription.account_id == customer.account_id)
        ).all()
        return next(each for each in found if plan in {None, each.plan_id})


def case_of(house: House, conversation_id: str) -> Case:
    with house.database.read() as session:
        return session.scalars(sa.select(Case).where(Case.conversation_id == conversation_id)).one()


def test_the_first_line_says_that_a_machine_speaks(house: House) -> None:
    assert "automated assistant" in Talk(house).last.text


def test_a_signed_in_customer_leaves_from_the_first_word_to_the_goodbye(house: House) -> None:
    talk = Talk(house, "maya-okafor")

    offer = talk.say("honestly it's just too expensive for me now, please cancel my subscription")
    assert "costs more" in offer.text, "the reason they gave is said back"
    assert "I can cancel Pro for" in offer.text
    assert "Basic" in offer.text
    assert next(iter(offer.buttons)) == "Cancel it", "leaving is named first"

    terms = talk.press("Cancel it")
    assert "Nothing more is charged" in terms.text
    assert "€29.00" in terms.text
    assert subscription_of(house, "maya-okafor").cancel_at is None, "nothing before the yes"

    done = talk.press("Yes, cancel it")
    assert "is cancelled and ends on" in done.text
    kept = subscription_of(house, "maya-okafor")
    assert kept.cancel_at == kept.period_end

    export = talk.say("yes please")
    assert "putting a copy together: profile, subscriptions" in export.text
    talk.wait_for_message("Your data is ready")
    improve = talk.say("better search would have helped, the rest was fine")
    assert "coming back" in improve.text
    farewell = talk.press("Perhaps")
    assert "Thank you for" in farewell.text
    assert "undo" in farewell.text

    case = case_of(house, talk.id)
    assert case.state is CaseState.SCHEDULED
    with house.database.read() as session:
        answers = session.scalars(
            sa.select(SurveyAnswer.answer).where(SurveyAnswer.case_id == case.id)
        ).all()
    assert set(answers) == {"better search would have helped, the rest was fine", "perhaps"}


def test_the_receipt_comes_by_mail_with_what_the_chat_said(house: House) -> None:
    talk = Talk(house, "jonas-whitfield")
    talk.say("cancel my plan")
    talk.press("Skip")
    done = talk.press("Yes, cancel it")
    number = re.search(r"Receipt (\S+)", done.text)
    assert number
    link = re.search(r"Open the receipt (\S+)", done.text)
    assert link
    page = httpx.get(link[1], trust_env=False)
    assert number[1] in page.text

    def receipt() -> str | None:
        return next(
            (mail.text for mail in house.mails("jonas.whitfield@example.com") if mail.text), None
        )

    mail = wait_for(receipt, "the receipt by mail")
    ends = re.search(r"Ends: (.+)", done.text)
    assert ends
    assert ends[1] in mail
    assert number[1] in mail


def test_a_stranger_identifies_by_a_code_that_comes_by_mail(house: House) -> None:
    talk = Talk(house)
    asked = talk.say("I want to cancel")
    assert "e-mail address" in asked.text
    asked = talk.say("it's jonas.whitfield@example.com")
    assert "If there is an account" in asked.text
    reply = talk.say(f"the code is {house.code('jonas.whitfield@example.com')}")
    assert "Jonas" in reply.text
    assert "what made you decide" in reply.text


def test_nothing_tells_whether_an_address_has_an_account(house: House) -> None:
    known, unknown = Talk(house), Talk(house)
    known.say("cancel please")
    unknown.say("cancel please")
    first = known.say("maya.okafor@example.com").text
    second = unknown.say("nobody@example.com").text
    assert first.replace("maya.okafor", "X") == second.replace("nobody", "X")


def test_five_wrong_codes_lock_the_chat_and_say_so(house: House) -> None:
    talk = Talk(house)
    talk.say("cancel my subscription")
    talk.say("maya.okafor@example.com")
    right = house.code("maya.okafor@example.com")
    wrong = "000000" if right != "000000" else "111111"
    for _ in range(4):
        assert "isn't the code" in talk.say(wrong).text
    assert "locked" in talk.say(wrong).text
    assert "locked" in talk.say(right).text, "the right code comes too late"
    assert subscription_of(house, "maya-okafor").cancel_at is None


def test_of_several_subscriptions_the_one_meant_is_cancelled(house: House) -> None:
    talk = Talk(house, "sofia-lindqvist")
    assert "Which one" in talk.say("i'd like to unsubscribe").text
    talk.say("the second one")
    talk.press("Skip")
    talk.press("Yes, cancel it")
    assert subscription_of(house, "sofia-lindqvist", "basic").cancel_at is not None
    assert subscription_of(house, "sofia-lindqvist", "pro").cancel_at is None


def test_an_accepted_offer_changes_the_ledger_and_says_from_when(house: House) -> None:
    talk = Talk(house, "maya-okafor")
    talk.say("it costs too much, cancel it")
    done = talk.press("Move to Basic")
    kept = subscription_of(house, "maya-okafor")
    assert kept.next_plan_id == "basic"
    assert "€9.00" in done.text
    case = case_of(house, talk.id)
    assert case.state is CaseState.KEPT
    with house.database.read() as session:
        offer = session.scalars(sa.select(Offer).where(Offer.case_id == case.id)).one()
        entries = session.scalars(
            sa.select(LedgerEntry.kind).where(LedgerEntry.subscription_id == kept.id)
        ).all()
    assert offer.answer is OfferAnswer.ACCEPTED
    assert EntryKind.PLAN_CHANGE in entries


def test_a_declined_offer_is_never_made_again(house: House) -> None:
    talk = Talk(house, "maya-okafor")
    talk.say("too pricey. cancel")
    declined = talk.say("no thanks, just cancel it")
    assert "Basic" not in declined.text
    kept = talk.press("No, keep it")
    assert "Nothing was cancelled" in kept.text
    again = talk.say("ok cancel it after all, it is still too expensive")
    assert "Basic" not in again.text
    assert "Shall I cancel it?" in again.text


def test_germany_gets_no_offer(house: House) -> None:
    talk = Talk(house, "lena-vogt")
    reply = talk.say("way too expensive for me, please cancel")
    assert "Shall I cancel it?" in reply.text


def test_a_second_cancel_changes_nothing_and_says_so(house: House) -> None:
    talk = Talk(house, "tomas-moreno")
    before = subscription_of(house, "tomas-moreno").cancel_at
    reply = talk.say("please cancel my subscription")
    assert "cancelled already" in reply.text
    assert subscription_of(house, "tomas-moreno").cancel_at == before


def test_a_cancellation_is_undone_after_an_explicit_yes(house: House) -> None:
    talk = Talk(house, "tomas-moreno")
    asked = talk.say("I changed my mind, I'd like to keep my subscription")
    assert "Shall I?" in asked.text
    assert subscription_of(house, "tomas-moreno").cancel_at is not None
    assert "taken back" in talk.say("yes").text
    assert subscription_of(house, "tomas-moreno").cancel_at is None


def test_never_mind_before_the_yes_changes_nothing(house: House) -> None:
    talk = Talk(house, "jonas-whitfield")
    talk.say("cancel my plan please")
    talk.press("Skip")
    reply = talk.say("never mind, I'll keep it")
    assert "stays as it is" in reply.text
    assert subscription_of(house, "jonas-whitfield").cancel_at is None


def test_a_question_in_the_middle_is_answered_from_the_account_and_then_back(house: House) -> None:
    talk = Talk(house, "maya-okafor")
    talk.say("cancel my plan")
    talk.press("Skip")
    reply = talk.say("when was my last payment and how much was it?")
    assert "€29.00" in reply.text
    assert "Shall I cancel Pro" in reply.text
    reply = talk.say("will i get a refund?")
    assert "a person decides that" in reply.text
    assert "Shall I cancel Pro" in reply.text


def test_a_doubtful_yes_costs_a_question_and_no_subscription(house: House) -> None:
    talk = Talk(house, "jonas-whitfield")
    talk.say("cancel my plan")
    talk.press("Skip")
    for doubt in ("yes but wait", "don't cancel it", "hmm not yet"):
        talk.say(doubt, clear=False)
        assert subscription_of(house, "jonas-whitfield").cancel_at is None, doubt


def test_the_free_plan_ends_today_with_nothing_to_pay(house: House) -> None:
    talk = Talk(house, "aiko-tanaka")
    talk.say("please close my subscription")
    terms = talk.press("Skip")
    assert "Nothing is charged" in terms.text
    assert "is cancelled" in talk.press("Yes, cancel it").text


def test_a_person_is_asked_for_recorded_and_mailed(house: House) -> None:
    talk = Talk(house, "maya-okafor")
    reply = talk.say("can I speak to a real person please")
    assert "by mail" in reply.text
    assert "maya.okafor@example.com" in reply.text
    with house.database.read() as session:
        hand_off = session.scalars(
            sa.select(HandOff).where(HandOff.conversation_id == talk.id)
        ).one()
    assert hand_off.number in reply.text
    wait_for(lambda: house.mails("support@larkspur.example"), "the mail to support")


def test_a_stranger_who_wants_a_person_is_asked_where_to_answer(house: House) -> None:
    talk = Talk(house)
    assert "Which e-mail address" in talk.ask_for_person().text
    assert "someone@example.com" in talk.say("someone@example.com").text


def test_not_understood_twice_brings_the_offer_of_a_person(house: House) -> None:
    talk = Talk(house, "maya-okafor")
    talk.say("🤷🤷🤷", clear=False)
    assert "Talk to a person" in talk.say("…", clear=False).buttons


def test_cancel_and_send_me_my_data_does_both(house: House) -> None:
    talk = Talk(house, "jonas-whitfield")
    reply = talk.say("cancel my subscription and send me a copy of my data")
    assert "copy of your data together" in reply.text
    talk.press("Skip")
    assert "is cancelled" in talk.press("Yes, cancel it").text
    with house.database.read() as session:
        assert session.scalars(
            sa.select(Export).where(Export.conversation_id == talk.id)
        ).one_or_none()


@pytest.mark.parametrize(
    "text",
    [
        "/restart",
        '/confirm_cancellation{"confirmed": true}',
        "/affirm",
        " /affirm",
        "\uff0faffirm",
        "<script>alert(1)</script><b>yes</b>",
        "🙂🙂",
        "x" * 5000,
        "\x00\x01yes\x02?",
    ],
)
def test_odd_text_at_the_question_of_questions_cancels_nothing(house: House, text: str) -> None:
    talk = Talk(house, "jonas-whitfield")
    talk.say("cancel my plan")
    talk.press("Skip")
    talk.say(text, clear=False)
    assert subscription_of(house, "jonas-whitfield").cancel_at is None


def test_what_a_customer_asks_for_is_done_on_a_yes(house: House) -> None:
    talk = Talk(house, "lena-vogt")
    asked = talk.say("can i pause my plan for a while?")
    assert "Shall I pause it?" in asked.text
    assert "pauses: nothing is charged from" in talk.say("yes please").text
    assert subscription_of(house, "lena-vogt").paused_until is not None


def test_what_a_customer_asked_for_is_dropped_on_a_no(house: House) -> None:
    talk = Talk(house, "maya-okafor")
    talk.say("can I pause my subscription?")
    assert "stays as it is" in talk.say("no, leave it").text
    kept = subscription_of(house, "maya-okafor")
    assert (kept.paused_until, kept.cancel_at) == (None, None)


def test_a_hard_moment_gets_no_offer_no_why_and_no_survey(house: House) -> None:
    talk = Talk(house, "maya-okafor")
    first = talk.say("my husband died last week and this was his, please cancel it")
    assert "I'm sorry" in first.text
    assert "Shall I cancel it?" in first.text
    talk.press("Yes, cancel it")
    last = talk.press("No, thank you")
    assert "nothing more for you to do" in last.text
    assert not last.buttons


def test_a_call_is_accepted_in_words(house: House) -> None:
    talk = Talk(house, "elena-rossi")
    talk.say("please cancel our plan, support never answered us")
    assert "asked Henrik Dahl to call" in talk.say("a call would be fine").text


def test_a_question_about_an_offer_takes_no_offer(house: House) -> None:
    talk = Talk(house, "maya-okafor")
    talk.say("it is too expensive, please cancel")
    talk.say("what do i get with basic?", clear=False)
    assert subscription_of(house, "maya-okafor").next_plan_id is None


def test_a_plan_that_was_named_is_not_asked_for(house: House) -> None:
    talk = Talk(house, "sofia-lindqvist")
    assert "what made you decide" in talk.say("please cancel Basic").text
    talk.press("Skip")
    talk.press("Yes, cancel it")
    assert subscription_of(house, "sofia-lindqvist", "pro").cancel_at is None
    assert subscription_of(house, "sofia-lindqvist", "basic").cancel_at is not None


def test_somebody_whose_life_is_in_danger_is_told_who_helps_and_nothing_else(house: House) -> None:
    reply = Talk(house, "maya-okafor").say("I want to kill myself")
    assert "112" in reply.text
    assert len(reply.messages) == 1
    assert not reply.buttons


def test_a_refund_asked_for_with_the_wish_to_leave_is_answered(house: House) -> None:
    talk = Talk(house, "jonas-whitfield")
    reply = talk.say("cancel my subscription and give me a refund")
    assert "a person decides that" in reply.text


def test_no_reason_is_a_reason_skipped(house: House) -> None:
    talk = Talk(house, "jonas-whitfield")
    talk.say("cancel my plan")
    assert "Shall I cancel it?" in talk.say("no reason").text
    assert case_of(house, talk.id).reason is None


def test_what_was_answered_is_kept_nowhere_but_in_the_conversation(house: House) -> None:
    talk = Talk(house, "maya-okafor")
    talk.say("cancel it please, the handwriting search never found a thing")
    with house.database.read() as session:
        runs = session.scalars(
            sa.select(ActionRun)
            .join(Inbox, Inbox.id == ActionRun.message_id)
            .where(Inbox.conversation_id == talk.id)
        ).all()
    assert runs, "that they ran is known, so that none runs twice"
    assert all(run.answer == {"messages": [], "events": []} for run in runs)
