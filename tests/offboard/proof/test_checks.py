"""Each promise can be broken, and the walk finds it: dialogues that keep all but one."""

from dataclasses import replace

from offboard.proof.checks import PROMISES, distances
from offboard.proof.model import Button, Message, Situation
from offboard.proof.moves import CANCEL, PERSON, presses
from offboard.proof.walk import Walk
from tests.offboard.proof.handmade import (
    ADDRESS,
    AGAIN,
    ASKS,
    CANCELLED,
    CARD,
    DONE,
    GIVES_REASON,
    OFFER,
    PERSON_COMES,
    REASON,
    SAYS_NO,
    SAYS_PERHAPS,
    SAYS_YES,
    TAKE_IT,
    TERMS,
    WISH,
    YES,
    Handmade,
    good,
)


def broken(dialogue: Handmade, depth: int = 6) -> dict[str, list[str]]:
    """Each promise that is broken, with what is said about it."""
    walk = Walk(dialogue, depth)
    walk.run()
    found: dict[str, list[str]] = {}
    for promise in PROMISES:
        for finding in promise.check(walk):
            found.setdefault(finding.promise, []).append(finding.sentence)
    return found


def changed(place: str, move: str, to: str, *answer: Message) -> Handmade:
    """The good dialogue with one other answer, whether or not a person was asked for."""
    dialogue = good()
    for added in ("", ", a person asked"):
        dialogue.answers[place + added, move] = (to + added, answer)
    return dialogue


def test_a_good_dialogue_keeps_every_promise() -> None:
    assert broken(good()) == {}


# a: Cancel and a person


def test_a_cancel_that_is_three_turns_away_is_found() -> None:
    dialogue = changed("reason", CANCEL.name, "offer", OFFER)
    assert broken(dialogue)["a"] == [
        "at no question, Cancel is more than 2 turns away",
        "at no question, Cancel is more than 2 turns away",
    ]


def test_a_cancel_that_runs_in_a_circle_is_found() -> None:
    assert "a" in broken(changed("reason", CANCEL.name, "start", WISH))


def test_terms_without_the_yes_button_do_not_count_as_reached() -> None:
    dialogue = good()
    for place in ("confirm", "confirm, a person asked"):
        dialogue.places[place] = replace(dialogue.places[place], buttons=())
        dialogue.answers.pop((place, CANCEL.name))
    assert "a" in broken(dialogue)


def test_saying_that_it_is_cancelled_counts_only_when_nothing_is_left_to_cancel() -> None:
    dialogue = good()
    for place in ("done", "done, a person asked"):
        dialogue.places[place] = replace(dialogue.places[place], leavable=("Basic",))
    assert "a" in broken(dialogue)


def test_who_and_which_are_not_counted_among_the_two_turns() -> None:
    walk = Walk(stranger(), 4)
    walk.run()
    farthest = max((distance for _, distance, _ in distances(walk)), key=lambda each: each.who)
    assert (farthest.turns, farthest.who, farthest.which) == (2, 1, 1)
    assert broken(stranger()) == {}


def test_asking_who_they_are_again_and_again_is_found() -> None:
    dialogue = stranger()
    dialogue.answers["email", ADDRESS.name] = ("email", (Message("Your address?"),))
    assert broken(dialogue)["a"][0].endswith("Cancel asks who or which more than once")


def test_a_lock_counts_as_a_way_out_only_with_a_person_offered() -> None:
    offered = Message("Locked.", "utter_code_locked", (Button("Talk to a person", "/human"),))
    dialogue = stranger()
    dialogue.answers["email", ADDRESS.name] = ("email", (offered,))
    assert "a" not in broken(dialogue)
    dialogue.answers["email", ADDRESS.name] = ("email", (replace(offered, buttons=()),))
    assert "a" in broken(dialogue)


def test_a_person_who_is_promised_and_never_asked_for_is_found() -> None:
    dialogue = changed("offer", PERSON.name, "offer", PERSON_COMES, OFFER)
    assert broken(dialogue)["a"] == ["at the question offer, a person is more than 2 turns away"]


def test_a_person_who_is_asked_for_without_a_word_is_found() -> None:
    dialogue = good()
    dialogue.answers["offer", PERSON.name] = ("offer, a person asked", (OFFER,))
    dialogue.answers["offer, a person asked", PERSON.name] = ("offer, a person asked", (OFFER,))
    assert "a" in broken(dialogue)


# b: one offer


def test_an_offer_after_a_no_is_found() -> None:
    dialogue = changed("kept", CANCEL.name, "offer", OFFER)
    assert "an offer stands there after a no" in broken(dialogue)["b"]


def test_an_offer_that_is_repeated_to_a_no_is_found() -> None:
    assert broken(changed("offer", SAYS_NO.name, "offer", OFFER))["b"]


def test_a_second_offer_is_found_though_nobody_said_no() -> None:
    dialogue = changed("offer", ASKS.name, "start", WISH)
    assert set(broken(dialogue)["b"]) == {"a second offer is made"}


def test_the_same_offer_after_something_in_between_is_no_second_one() -> None:
    assert "b" not in broken(changed("offer", ASKS.name, "offer", Message("On Friday."), OFFER))


def test_what_a_customer_asks_for_by_themselves_is_no_offer() -> None:
    dialogue = changed("kept", ASKS.name, "asked for", replace(OFFER, buttons=(TAKE_IT,)))
    for added in ("", ", a person asked"):
        dialogue.places[f"asked for{added}"] = Situation("requested_offer", person=bool(added))
        dialogue.again[f"asked for{added}"] = (WISH,)
        dialogue.answers[f"asked for{added}", CANCEL.name] = (f"confirm{added}", (CARD,))
        dialogue.answers[f"asked for{added}", PERSON.name] = (
            "asked for, a person asked",
            (PERSON_COMES,),
        )
    assert broken(dialogue) == {}


# c: no question for ever


def test_a_question_asked_a_third_time_without_a_way_out_is_found() -> None:
    dialogue = good()
    for place in ("reason", "reason, a person asked"):
        dialogue.again[place] = (replace(REASON, buttons=(Button("It costs too much", "/x"),)),)
    assert set(broken(dialogue)["c"]) == {
        '"What made you decide?" is asked a third time with no way out'
    }


def test_other_words_the_third_time_are_no_repetition() -> None:
    dialogue = good()
    bare = replace(REASON, buttons=())
    for place in ("reason", "reason, a person asked"):
        dialogue.answers[place, ASKS.name] = (place, (replace(bare, text="Why?"),))
        dialogue.again[place] = (replace(bare, buttons=REASON.buttons),)
    dialogue.words = (CANCEL, PERSON, ASKS)
    assert '"What made you decide?"' not in str(broken(dialogue).get("c", ""))


# d: the yes


def test_a_doubtful_yes_that_cancels_is_found() -> None:
    dialogue = changed("confirm", SAYS_PERHAPS.name, "done", DONE)
    assert set(broken(dialogue)["d"]) == {
        f"Pro is cancelled though {SAYS_PERHAPS.name} is no plain yes"
    }


def test_another_button_than_the_yes_that_cancels_is_found() -> None:
    assert "d" in broken(
        changed("confirm", presses(Button("No, keep it", "/deny")).name, "done", DONE)
    )


def test_a_yes_button_of_another_question_that_cancels_is_found() -> None:
    dialogue = good()
    for place in ("confirm", "confirm, a person asked"):
        dialogue.places[place] = replace(
            dialogue.places[place], buttons=(replace(YES, question="export"),)
        )
    assert "d" in broken(dialogue)


def test_a_cancellation_without_a_card_is_found() -> None:
    dialogue = good()
    for (place, move), (to, answer) in dialogue.answers.items():
        told = tuple(AGAIN if message is CARD else message for message in answer)
        dialogue.answers[place, move] = (to, told)
    assert set(broken(dialogue)["d"]) == {
        "Pro is cancelled though what will happen was not on a card as it is now"
    }


def test_a_card_that_leaves_out_the_date_has_shown_nothing() -> None:
    dialogue = good()
    silent = replace(CARD, card="Pro ends")
    for (place, move), (to, answer) in dialogue.answers.items():
        told = tuple(silent if message is CARD else message for message in answer)
        dialogue.answers[place, move] = (to, told)
    assert "d" in broken(dialogue)


def test_terms_that_change_behind_the_card_are_found() -> None:
    dialogue = changed("confirm", ASKS.name, "other terms", AGAIN)
    for added in ("", ", a person asked"):
        dialogue.places[f"other terms{added}"] = Situation(
            "confirm", AGAIN.buttons, shown=replace(TERMS, all="Pro, 39 euros"), person=bool(added)
        )
        dialogue.again[f"other terms{added}"] = (AGAIN,)
        dialogue.answers[f"other terms{added}", SAYS_YES.name] = (f"done{added}", (DONE,))
    assert "d" in broken(dialogue)


def test_cancelling_at_another_date_or_another_plan_than_shown_is_found() -> None:
    for cancelled in ((("Pro", "2026-11-30"),), (("Basic", "2026-12-14"),)):
        dialogue = good()
        for place in ("done", "done, a person asked"):
            dialogue.places[place] = replace(dialogue.places[place], cancelled=cancelled)
        assert "what was shown is Pro until 2026-12-14" in broken(dialogue)["d"][0]


def test_cancelling_more_than_was_shown_is_found() -> None:
    dialogue = good()
    both = (*CANCELLED, ("Basic", "2026-12-14"))
    for place in ("done", "done, a person asked"):
        dialogue.places[place] = replace(dialogue.places[place], cancelled=both)
    assert "d" in broken(dialogue)


def test_cancelling_out_of_the_blue_is_found() -> None:
    dialogue = changed("start", ASKS.name, "done", DONE)
    assert "Pro is cancelled though the open question was None" in broken(dialogue)["d"]


# e: an answer


def test_silence_is_found() -> None:
    assert "nothing is answered" in broken(changed("offer", ASKS.name, "offer"))["e"]


def test_an_action_that_fails_is_found() -> None:
    dialogue = good()
    dialogue.failing = {("reason", GIVES_REASON.name)}
    assert broken(dialogue)["e"] == ["The action action_start_leaving failed."]


def test_a_text_with_a_hole_in_it_is_found() -> None:
    holed = Message("{plan} goes on.", "utter_kept_paid")
    dialogue = changed("confirm", SAYS_NO.name, "kept", holed)
    assert set(broken(dialogue)["e"]) == {"utter_kept_paid: {plan} is filled by nobody"}


def test_a_message_that_cannot_be_delivered_is_found() -> None:
    faulty = replace(WISH, fault="it says nothing")
    assert (
        "utter_ask_wish: it says nothing"
        in broken(changed("start", ASKS.name, "start", faulty))["e"]
    )


def stranger() -> Handmade:
    """Somebody who is not signed in and has two plans."""
    asked = Message("Your address?", "utter_ask_email", (Button("Talk to a person", "/human"),))
    chosen = Button("Pro", "/choose_option")
    which = Message("Which plan?", "utter_ask_subscription", (chosen, Button("None", "/deny")))
    places = {
        "start": Situation(identified=False),
        "email": Situation("email", asked.buttons, identified=False),
        "which": Situation("subscription", which.buttons, leavable=("Pro", "Basic")),
        "reason": Situation("reason", REASON.buttons),
        "confirm": Situation("confirm", CARD.buttons, shown=TERMS),
        "done": Situation(leavable=(), cancelled=CANCELLED),
    }
    again = {
        "start": (WISH,),
        "email": (asked,),
        "which": (which,),
        "reason": (REASON,),
        "confirm": (AGAIN,),
        "done": (DONE,),
    }
    answers = {
        ("start", CANCEL.name): ("email", (asked,)),
        ("email", ADDRESS.name): ("which", (which,)),
        ("which", presses(chosen).name): ("reason", (REASON,)),
        ("reason", CANCEL.name): ("confirm", (CARD,)),
        ("confirm", SAYS_YES.name): ("done", (DONE,)),
        ("confirm", CANCEL.name): ("done", (DONE,)),
    }
    dialogue = Handmade(places, answers, again, words=(CANCEL, SAYS_YES, ADDRESS))
    for name in list(places):
        places[f"{name}!"] = replace(places[name], person=True)
        again[f"{name}!"] = again[name]
        answers[name, PERSON.name] = (f"{name}!", (PERSON_COMES,))
        answers[f"{name}!", PERSON.name] = (f"{name}!", (PERSON_COMES,))
    return dialogue
