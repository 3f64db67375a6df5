"""Whole talks as customers have them: several things at once, doubt, detours, a changed mind."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from offboarding import clock
from offboarding.accounts.model import Customer, Subscription
from offboarding.cases.model import Case
from offboarding.cases.states import CaseState
from offboarding.exports.model import Export
from offboarding.handoffs.model import HandOff
from offboarding.identity.model import VerifiedIdentity
from offboarding.offers.model import Offer
from tests.conversations.talk import Talk
from tests.house import House, wait_for

pytestmark = pytest.mark.conversation


def cancelled(house: House, external_id: str) -> set[str]:
    """The plans of a customer that are cancelled."""
    with house.database.read() as session:
        owner = sa.select(Customer.account_id).where(Customer.external_id == external_id)
        return set(
            session.scalars(
                sa.select(Subscription.plan_id).where(
                    Subscription.account_id.in_(owner), Subscription.cancel_at.is_not(None)
                )
            )
        )


def count(house: House, kind: type[Export | HandOff | Offer]) -> int:
    with house.database.read() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(kind)) or 0


def states(house: House) -> list[CaseState]:
    with house.database.read() as session:
        return list(session.scalars(sa.select(Case.state).order_by(Case.opened_at)))


def test_the_copy_of_the_data_is_begun_before_anything_ends(house: House) -> None:
    talk = Talk(house, "jonas-whitfield")
    first = talk.say("cancel my subscription and send me a copy of my data")
    assert "putting a copy of your data together" in first.text
    assert count(house, Export) == 1
    assert cancelled(house, "jonas-whitfield") == set()
    talk.press("Skip")
    assert "what should we have done differently" in talk.press("Yes, cancel it").text


def test_a_refund_and_a_wish_to_leave_survive_the_question_who(house: House) -> None:
    talk = Talk(house)
    talk.say("please cancel my plan, and I want my money back")
    talk.say("maya.okafor@example.com")
    reply = talk.say(house.code("maya.okafor@example.com"))
    assert "€29.00" in reply.text
    assert "a person decides that" in reply.text
    assert "what made you decide" in reply.text


def test_a_person_and_the_cancellation_are_both_on_their_way(house: House) -> None:
    talk = Talk(house, "maya-okafor")
    reply = talk.say("please cancel it, and can I speak to someone")
    assert "by mail" in reply.text
    assert "what made you decide" in reply.text
    assert count(house, HandOff) == 1


def test_yes_and_a_question_is_answered_and_asked_for_plainly(house: House) -> None:
    talk = Talk(house, "maya-okafor")
    talk.say("cancel my plan")
    talk.press("Skip")
    reply = talk.say("yes, and when does it end?")
    assert "it ends on" in reply.text
    assert list(reply.buttons) == ["Yes, cancel it", "No, keep it"]
    assert cancelled(house, "maya-okafor") == set()
    assert "is cancelled" in talk.say("yes").text


def test_both_plans_go_one_after_the_other(house: House) -> None:
    talk = Talk(house, "sofia-lindqvist")
    talk.say("please cancel")
    assert "First Pro" in talk.say("both").text
    talk.press("Skip")
    following = talk.say("yes")
    assert "Next, Basic" in following.text
    assert cancelled(house, "sofia-lindqvist") == {"pro"}, "each has a yes of its own"
    talk.say("yes")
    assert cancelled(house, "sofia-lindqvist") == {"pro", "basic"}


@pytest.mark.parametrize("said", ["the cheaper one", "2", "the 9 euro one", "not the first one"])
def test_the_plan_is_told_by_its_place_and_by_its_kind(house: House, said: str) -> None:
    talk = Talk(house, "sofia-lindqvist")
    talk.say("cancel my plan")
    talk.say(said)
    talk.press("Skip")
    talk.press("Yes, cancel it")
    assert cancelled(house, "sofia-lindqvist") == {"basic"}


def test_the_wrong_plan_is_put_right_before_the_yes(house: House) -> None:
    talk = Talk(house, "sofia-lindqvist")
    talk.say("cancel Pro")
    talk.press("Skip")
    assert "Basic it is" in talk.say("sorry, I meant the other plan").text
    talk.say("yes")
    assert cancelled(house, "sofia-lindqvist") == {"basic"}


def test_the_second_of_two_choices_is_the_offer(house: House) -> None:
    talk = Talk(house, "maya-okafor")
    talk.say("it is too expensive, please cancel")
    assert "from then on it's Basic" in talk.say("the second one").text


@pytest.mark.parametrize("said", ["ok whatever", "sure why not", "both", "hmm"])
def test_a_shrug_takes_no_offer_and_cancels_nothing(house: House, said: str) -> None:
    talk = Talk(house, "maya-okafor")
    talk.say("it is too expensive, please cancel")
    assert "cancel Pro, or move to Basic?" in talk.say(said, clear=False).text
    talk.press("Cancel it")
    talk.say(said, clear=False)
    assert cancelled(house, "maya-okafor") == set()


def test_nah_leave_it_leaves_what_was_just_asked(house: House) -> None:
    talk = Talk(house, "tomas-moreno")
    talk.say("undo my cancellation please")
    assert "stays cancelled" in talk.say("nah leave it").text
    assert cancelled(house, "tomas-moreno") == {"pro"}


def test_minds_are_changed_as_often_as_they_like_with_one_offer_at_most(house: House) -> None:
    talk = Talk(house, "maya-okafor")
    talk.say("cancel my plan, it's too expensive")
    talk.say("wait, no, I want to keep it")
    talk.say("ok please cancel my plan after all, it's too expensive")
    talk.say("no, keep it")
    talk.say("please cancel my plan, it's too expensive")
    assert count(house, Offer) == 1
    talk.say("yes")
    assert cancelled(house, "maya-okafor") == {"pro"}
    assert states(house)[-3:] == [CaseState.KEPT, CaseState.KEPT, CaseState.SCHEDULED]


def test_detours_at_every_step_come_back_to_it(house: House) -> None:
    talk = Talk(house, "maya-okafor")
    talk.say("I want to cancel")
    for detour in ("how much did I pay last?", "are you a bot?", "when does it end?"):
        assert "what made you decide" in talk.say(detour).text, detour
    talk.press("Skip")
    for detour in ("will I get my money back?", "who are you, a human?", "thank you", "hello?"):
        assert "Shall I cancel Pro" in talk.say(detour).text, detour
    talk.press("Yes, cancel it")
    for detour in ("when does it end?", "get me a human"):
        assert list(talk.say(detour).buttons) == ["Yes, please", "No, thank you"], detour


def test_a_rambling_opening_is_answered_by_its_wish(house: House) -> None:
    talk = Talk(house, "maya-okafor")
    reply = talk.say(
        "hi there, hope you're well, I've been with you for about two years now and it was great "
        "but honestly I think it's time to end my subscription"
    )
    assert "what made you decide" in reply.text


def test_questions_that_are_not_ours_never_bring_a_person_unasked(house: House) -> None:
    talk = Talk(house, "maya-okafor")
    talk.say("what's the weather like tomorrow")
    reply = talk.say("who won the football yesterday")
    assert "Shall I get a person" in reply.text
    assert count(house, HandOff) == 0


def test_privacy_invoices_and_a_wished_day_get_an_honest_answer(house: House) -> None:
    talk = Talk(house, "maya-okafor")
    assert "only to answer you" in talk.say("what do you do with my personal data?").text
    assert count(house, Export) == 0
    assert "I can't send invoices" in talk.say("where do I find my invoices").text
    reply = talk.say("cancel my plan on 31 March please")
    assert "I can't choose the day" in reply.text
    assert "what made you decide" in reply.text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("I lost my job and can't pay for food, cancel it please", "hard enough"),
        ("cancel this or you'll hear from my lawyer", "I won't argue"),
        ("somebody is using my card for this, cancel my plan", "has to be looked at"),
    ],
)
def test_hard_moments_bring_no_why_and_no_offer(house: House, text: str, said: str) -> None:
    reply = Talk(house, "maya-okafor").say(text)
    assert said in reply.text
    # The end at once, shown or asked for in one step; how surely the wish is heard is the model's.
    assert "Shall I cancel" in reply.text
    assert count(house, Offer) == 0


@pytest.mark.parametrize("text", ["I'll kill this subscription", "cancel it, my phone died"])
def test_strong_words_are_no_hard_moment(house: House, text: str) -> None:
    reply = Talk(house, "maya-okafor").say(text)
    assert "what made you decide" in reply.text
    assert "sorry" not in reply.text


def test_swearing_is_met_with_the_next_step(house: House) -> None:
    talk = Talk(house, "maya-okafor")
    assert "Cancel my plan" in talk.say("you fucking idiots").buttons
    assert "Shall I cancel it?" in talk.say("just cancel my fucking plan").text


def test_who_comes_back_after_a_long_silence_says_again_who_they_are(house: House) -> None:
    talk = Talk(house, "maya-okafor")
    talk.say("cancel my plan")
    talk.press("Skip")
    with house.database.write() as session:
        known = session.get_one(VerifiedIdentity, talk.id)
        known.lapses_at = clock.now() - timedelta(minutes=1)
    assert "Welcome back" in talk.say("yes").text
    assert cancelled(house, "maya-okafor") == set()
    talk.say("maya.okafor@example.com")
    assert "Shall I cancel Pro" in talk.say(house.code("maya.okafor@example.com")).text
    talk.say("yes")
    assert cancelled(house, "maya-okafor") == {"pro"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ich möchte mein Abo kündigen", "nur Englisch"),
        ("je veux résilier mon abonnement", "que l'anglais"),
        ("ik wil mijn abonnement opzeggen", "alleen Engels"),
        ("vorrei disdire il mio abbonamento", "solo inglese"),
        ("quero cancelar a minha assinatura", "só falo inglês"),
        ("quiero cancelar mi suscripción", "solo hablo inglés"),
    ],
)
def test_another_language_is_answered_in_it_and_the_case_goes_on(
    house: House, text: str, said: str
) -> None:
    reply = Talk(house, "maya-okafor").say(text)
    assert said in reply.text
    assert "what made you decide" in reply.text


def test_a_wrong_address_is_put_right(house: House) -> None:
    talk = Talk(house)
    talk.say("cancel my plan")
    talk.say("maya.okafor@example.com")
    assert "Which address is it?" in talk.say("sorry, that was the wrong address").text
    talk.say("jonas.whitfield@example.com")
    wait_for(lambda: house.mails("jonas.whitfield@example.com"), "the code")
    assert "Jonas" in talk.say(house.code("jonas.whitfield@example.com")).text


def test_a_second_cancel_says_the_dates_and_makes_no_second_case(house: House) -> None:
    talk = Talk(house, "maya-okafor")
    talk.say("cancel my plan")
    talk.press("Skip")
    talk.press("Yes, cancel it")
    before = len(states(house))
    assert "is cancelled already: it ends on" in talk.say("cancel my plan").text
    assert len(states(house)) == before


def test_a_complaint_that_asks_for_less_is_met_with_what_there_is(house: House) -> None:
    talk = Talk(house, "maya-okafor")
    assert "Shall I change it?" in talk.say("can I get it cheaper?").text
    assert "from then on it's Basic" in talk.say("sounds good").text


def test_what_the_assistant_can_do_is_told_when_asked(house: House) -> None:
    assert "get you a person" in Talk(house, "maya-okafor").say("what can you do?").text
