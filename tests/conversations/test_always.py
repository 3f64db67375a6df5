"""What holds in every talk is missed by no talk: each promise, broken on purpose."""

from dataclasses import replace

from tests.conversations.always import Said, Turn, breaches


def said(name: str, text: str = "", *buttons: str) -> Said:
    return Said(frozenset({name}), text or f"The words of {name}.", buttons)


def turn(*messages: Said, doing: str = "customer: hello") -> Turn:
    return Turn(line=1, doing=doing, said=list(messages))


WELCOME = Said(frozenset({"utter_welcome"}), "I'm the automated assistant of Larkspur Notes.")
OFFER = said("utter_offer_pause", "Cancel, or pause?", "Cancel it", "Pause it")
SHOWN = said("utter_ask_confirm_paid")
DONE = said("utter_cancelled_paid")


def broken(*turns: Turn) -> list[str]:
    """What the last of these turns breaks."""
    return list(breaches(turns))


def test_an_ordinary_answer_breaks_nothing() -> None:
    assert broken(turn(said("utter_greet"))) == []


def test_the_first_message_says_that_it_is_an_automated_assistant() -> None:
    assert broken(replace(turn(WELCOME), opening=True)) == []
    assert broken(replace(turn(said("utter_welcome")), opening=True))
    assert broken(replace(turn(said("utter_greet"), WELCOME), opening=True))


def test_every_message_is_answered() -> None:
    assert broken(turn()) == ["nothing was answered"]


def test_nobody_speaks_while_a_person_does() -> None:
    assert broken(replace(turn(), answered=False)) == []
    assert broken(replace(turn(said("utter_greet")), answered=False))


def test_no_answer_is_empty_unfilled_or_unknown() -> None:
    assert broken(turn(said("utter_greet", " ")))
    assert broken(turn(said("utter_greet", "Hello {first_name}.")))
    assert broken(turn(Said(frozenset(), "Words of nobody.")))
    assert broken(turn(said("utter_assistant_unavailable")))


def test_nothing_is_said_twice_in_a_row() -> None:
    once = turn(said("utter_greet"))
    assert broken(once, once)
    assert broken(once, turn(said("utter_thanks")), once) == []


def test_doubt_has_to_be_written() -> None:
    doubt = turn(said("utter_not_understood"))
    assert broken(doubt)
    assert broken(replace(doubt, expected=["utter_not_understood"])) == []


def test_one_offer_is_made_and_may_be_named_again() -> None:
    again = turn(said("utter_offer_again_pause", "So: cancel, or pause?", "Cancel it", "Pause it"))
    other = turn(said("utter_offer_discount", "Cancel, or stay?", "Cancel it", "Stay"))
    assert broken(turn(OFFER), again) == []
    assert broken(turn(OFFER), other) == ["a second offer was made"]


def test_after_a_no_there_is_no_offer_not_even_the_same() -> None:
    no = replace(turn(SHOWN), declined=True)
    again = turn(said("utter_offer_again_pause", "So: cancel, or pause?", "Cancel it", "Pause it"))
    assert broken(turn(OFFER), no, again) == ["an offer after a no (utter_offer_again_pause)"]


def test_beside_an_offer_leaving_is_named_first() -> None:
    assert broken(turn(replace(OFFER, buttons=("Pause it", "Cancel it"))))
    assert broken(turn(replace(OFFER, buttons=())))


def test_nothing_is_cancelled_without_terms_and_a_yes() -> None:
    done = replace(turn(DONE), cancelled=frozenset({"a subscription"}))
    yes = replace(done, yes=True)
    assert broken(turn(SHOWN), yes) == []
    assert broken(turn(SHOWN), done) == ["something was cancelled without a yes"]
    assert broken(turn(said("utter_greet")), yes)
    assert broken(turn(said("utter_greet")), replace(done, elsewhere=True)) == []
