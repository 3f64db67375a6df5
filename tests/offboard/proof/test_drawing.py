"""The drawing shows questions and what leads from one to another, and stays small."""

from offboard.proof.drawing import Passage, page, passages
from offboard.proof.walk import Walk
from tests.offboard.proof.handmade import good


def drawn(*found: tuple[str, str, str]) -> str:
    return page(Passage(*each) for each in found)


def test_what_is_heard_stands_on_the_arrow_between_two_questions() -> None:
    text = drawn(("reason", "skip", "confirm"), ("reason", "cancel", "confirm"))
    assert 'reason -->|"cancel, skip"| confirm' in text


def test_all_reasons_are_one_word() -> None:
    text = drawn(("reason", "reason_price", "offer"), ("reason", "reason_other", "offer"))
    assert 'reason -->|"a reason"| offer' in text


def test_what_leads_to_one_question_from_everywhere_stands_in_the_table_only() -> None:
    everywhere = [(at, "human", "contact_email") for at in ("wish", "reason", "confirm", "export")]
    text = drawn(*everywhere, ("wish", "cancel", "reason"))
    assert "| human | contact_email |" in text
    assert text.count("human") == 1


def test_the_same_passages_are_drawn_the_same_whatever_their_order() -> None:
    found = [("a", "x", "b"), ("b", "y", "c"), ("a", "z", "c")]
    assert drawn(*found) == drawn(*reversed(found))


def test_a_walk_has_the_passages_of_its_first_turns() -> None:
    walk = Walk(good(), 6)
    walk.run()
    found = passages(walk)
    assert Passage("confirm", "affirm", "nothing_open") in found
    assert Passage("nothing_open", "cancel", "reason") in found
    assert all(passage.at != passage.to for passage in found)
