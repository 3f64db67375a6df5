"""Whole practices through the service: what the customer writes back, and what the review says."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from offboarding.database import Database
from offboarding.practice import service
from offboarding.practice.model import PracticeState
from offboarding.practice.reading import Scenarios
from offboarding.practice.review import Review, ReviewPoint
from offboarding.practice.rules import Occasion, Rule

Talks = dict[str, list[str]]


def talks_of(name: str) -> Talks:
    talks: Talks = YAML(typ="safe").load(Path(__file__).with_name(name).read_text(encoding="utf-8"))
    return talks


GOOD_TALKS = talks_of("good_talks.yml")
OTHER_GOOD_TALKS = talks_of("other_good_talks.yml")
ACKNOWLEDGED = "29 euros for two shopping lists is a lot."


class Talk:
    """A practice in a database, one transaction a message as the desk does it."""

    def __init__(self, database: Database, scenarios: Scenarios, scenario_id: str) -> None:
        self.database, self.scenarios = database, scenarios
        with database.write() as session:
            self.id = service.start(session, scenarios, "U1", scenario_id, "thread-1").id
        self.count = 0

    def say(self, *texts: str) -> list[str]:
        """The customer's answer to the last of these."""
        lines: list[str] = []
        for text in texts:
            self.count += 1
            with self.database.write() as session:
                lines = service.reply(session, self.scenarios, self.id, f"ts-{self.count}", text)
        return lines

    def finish(self) -> Review:
        with self.database.write() as session:
            return service.finish(session, self.scenarios, self.id)

    def point(self, rule: Rule) -> ReviewPoint:
        return next(point for point in self.finish().points if point.rule is rule)

    @property
    def state(self) -> PracticeState:
        with self.database.read() as session:
            run = service.run_of(session, "thread-1")
            assert run is not None
            return run.state


@pytest.fixture
def price(database: Database, scenarios: Scenarios) -> Talk:
    return Talk(database, scenarios, "price")


def test_every_scenario_has_a_good_talk(scenarios: Scenarios) -> None:
    assert GOOD_TALKS.keys() == scenarios.by_id.keys()


@pytest.mark.parametrize(
    ("scenario_id", "replies"), [*GOOD_TALKS.items(), *OTHER_GOOD_TALKS.items()]
)
def test_a_good_talk_ends_well_and_keeps_every_rule(
    database: Database, scenarios: Scenarios, scenario_id: str, replies: list[str]
) -> None:
    talk = Talk(database, scenarios, scenario_id)
    last = talk.say(*replies)
    assert talk.state is PracticeState.ENDED_WELL
    assert last == list(scenarios.get(scenario_id).ends.well)
    review = talk.finish()
    assert [point for point in review.points if not point.met] == []
    assert "left content" in review.summary


@pytest.mark.parametrize("scenario_id", sorted(GOOD_TALKS))
def test_stock_phrases_alone_end_badly_in_every_scenario(
    database: Database, scenarios: Scenarios, scenario_id: str
) -> None:
    talk = Talk(database, scenarios, scenario_id)
    for _ in range(16):
        talk.say("We value your feedback. Are you sure? Our team is looking at it.")
    assert talk.state is PracticeState.ENDED_BADLY
    assert not talk.point(Rule.PRESSURE).met


def test_a_stock_phrase_is_no_acknowledgement(price: Talk) -> None:
    assert price.say("I'm sorry to hear that.") == [
        "It's just the price, really. I don't use most of it."
    ]
    point = price.point(Rule.REASON)
    assert not point.met
    assert point.quote == "I'm sorry to hear that."
    assert "two shopping lists" in point.because


def test_a_reason_said_back_late_is_not_enough(price: Talk) -> None:
    price.say("Hello Marta.", "One moment.", ACKNOWLEDGED)
    assert "only in your reply 3" in price.point(Rule.REASON).because


def test_one_offer_is_declined_and_a_second_one_held_against_the_agent(price: Talk) -> None:
    price.say(ACKNOWLEDGED)
    assert price.say("There is also Basic, a smaller plan for 9 euros.") == [
        "That's kind, but no. I'd only forget about that one too."
    ]
    assert price.say("How about a free month?")[0].startswith("I did say no to that.")
    point = price.point(Rule.OFFER)
    assert not point.met
    assert point.quote == "How about a free month?"


def test_saying_that_nothing_is_offered_is_no_offer(price: Talk) -> None:
    price.say(f"{ACKNOWLEDGED} I won't offer you a discount, you have decided.")
    assert price.point(Rule.OFFER).because == "You made no offer, which is right as well."


@pytest.mark.parametrize(
    ("scenario_id", "text"),
    [
        ("bereavement", "I'm sorry for your loss. Would you like to pause his account?"),
        ("hardship", "Losing a job is hard. We have a cheaper plan."),
        ("fraud", "I can give you 20% off for the trouble."),
        ("double-charge", "You get a free month from us."),
        ("few-words", "What if we make it half price?"),
    ],
)
def test_where_an_offer_is_barred_the_first_is_one_too_many(
    database: Database, scenarios: Scenarios, scenario_id: str, text: str
) -> None:
    talk = Talk(database, scenarios, scenario_id)
    scenario = scenarios.get(scenario_id)
    assert talk.say(text)[0] == scenario.reactions[Occasion.OFFER_BARRED][0]
    point = talk.point(Rule.OFFER)
    assert not point.met
    assert point.because == scenario.offers.barred


@pytest.mark.parametrize(
    "text",
    [
        "We'd be sad to see you go.",
        "Are you sure you want to cancel?",
        "You will lose all your lists.",
        "This offer ends today.",
        "Please reconsider, give us another chance.",
        "You could pause instead of cancelling.",
    ],
)
def test_pressure_is_quoted_with_its_reason(price: Talk, text: str) -> None:
    assert price.say(text)[0] == "Ha, OK. I'd still like to cancel."
    point = price.point(Rule.PRESSURE)
    assert (point.met, point.quote) == (False, text)


def test_what_nobody_loses_is_no_pressure(price: Talk) -> None:
    price.say(f"{ACKNOWLEDGED} You won't lose your lists. There is no hurry.")
    assert price.point(Rule.PRESSURE).met


def test_a_question_that_is_not_answered_is_asked_again(price: Talk) -> None:
    first = price.say(ACKNOWLEDGED)
    second = price.say("It stops when what you paid for is used up.")
    assert first == ["And when would it stop? That's the part I need for my budget."]
    assert second == ["Sorry, I still don't know the date."]
    assert "Paid until: 14 December 2026" in price.point(Rule.ANSWER).because


def test_a_date_that_is_not_on_the_sheet_is_shown(price: Talk) -> None:
    price.say(f"{ACKNOWLEDGED} It ends on 14 December.", "No wait, it ends on 15 December.")
    point = price.point(Rule.ANSWER)
    assert (point.met, point.quote) == (False, "No wait, it ends on 15 December.")


def test_what_is_told_before_it_is_asked_is_not_asked(price: Talk) -> None:
    assert price.say(f"{ACKNOWLEDGED} Pro is paid until 14.12., then it stops.") == [
        "OK, that's fine by me."
    ]


def test_several_questions_at_once_are_too_many(price: Talk) -> None:
    talk = "Which plan do you mean? And since when? Is there anything else?"
    assert "lot of questions" in price.say(talk)[0]
    assert "3 questions" in price.point(Rule.ONE_QUESTION).because


def test_two_questions_behind_one_mark_are_two(price: Talk) -> None:
    price.say(f"{ACKNOWLEDGED} Which list matters and when did you last open it?")
    assert not price.point(Rule.ONE_QUESTION).met


def test_a_fair_question_is_answered_once_and_minded_the_second_time(price: Talk) -> None:
    assert price.say("Which e-mail address is it on?") == ["It's marta.lindholm@example.com."]
    assert price.say("Please send your email address.") == [
        "I told you that already, a few lines up."
    ]
    assert "the e-mail address" in price.point(Rule.REPEAT).because


def test_asking_for_what_was_said_at_the_start_is_minded(price: Talk) -> None:
    price.say("Why are you leaving?")
    assert "why she leaves" in price.point(Rule.REPEAT).because


def test_cancelling_before_the_yes_startles_the_customer(price: Talk) -> None:
    lines = price.say(f"{ACKNOWLEDGED} I've cancelled it for 14 December.")
    assert lines[0] == "Wait, it's already done? I hadn't said yes yet."
    assert price.point(Rule.YES).quote == "I've cancelled it for 14 December."


def test_a_promise_to_do_it_is_not_yet_done(price: Talk) -> None:
    price.say(f"{ACKNOWLEDGED} Pro ends on 14 December. Shall I cancel it?")
    assert price.say("I'll cancel it in a minute.") == ["Is it done now?"]
    assert price.say("Done.") == ["Great, that was quick. Thanks."]


def test_claiming_what_was_not_in_their_hands_is_found(
    database: Database, scenarios: Scenarios
) -> None:
    talk = Talk(database, scenarios, "double-charge")
    talk.say("You were charged twice after you cancelled. I've refunded both charges.")
    point = talk.point(Rule.TRUTH)
    assert (point.met, point.quote) == (False, "I've refunded both charges.")


def test_a_promise_that_nobody_made_is_found(database: Database, scenarios: Scenarios) -> None:
    talk = Talk(database, scenarios, "missing-feature")
    talk.say("No offline mode on the train is bad. We are working on it.")
    assert talk.point(Rule.TRUTH).quote == "We are working on it."


def test_saying_that_it_is_not_planned_is_true(database: Database, scenarios: Scenarios) -> None:
    talk = Talk(database, scenarios, "missing-feature")
    lines = talk.say("No offline mode on the train is bad. It is not planned, nor worked on.")
    assert lines[0] == "Thanks for not dressing it up."
    assert talk.point(Rule.TRUTH).met


def test_goodbye_while_something_is_open_is_called_back(price: Talk) -> None:
    lines = price.say(f"{ACKNOWLEDGED} Take care, bye.")
    assert lines[0] == "Hold on, we're not finished, are we?"
    assert "still waiting" in price.point(Rule.FAREWELL).because


def test_a_friendly_end_without_a_way_back_is_half_a_farewell(price: Talk) -> None:
    price.say(*GOOD_TALKS["price"][:-1], "Thank you for three years, Marta.")
    assert price.state is PracticeState.ENDED_WELL
    assert "did not say how they could come back" in price.point(Rule.FAREWELL).because


def test_a_reply_of_a_whole_page_is_too_long(price: Talk) -> None:
    price.say(ACKNOWLEDGED + " This is one more sentence about it." * 20)
    assert "plenty" in price.point(Rule.PLAIN).because


def test_jargon_and_vague_times_are_named(price: Talk) -> None:
    price.say("Your request is processed shortly.")
    assert not price.point(Rule.PLAIN).met


def test_a_change_of_mind_asks_for_the_yes_anew(database: Database, scenarios: Scenarios) -> None:
    talk = Talk(database, scenarios, "two-minds")
    talk.say(*GOOD_TALKS["two-minds"][:3])
    assert talk.say("I've cancelled it.")[0] == "Oh! Already? I hadn't decided yet."
    assert not talk.point(Rule.YES).met


def test_what_is_not_reviewed_has_no_point(database: Database, scenarios: Scenarios) -> None:
    talk = Talk(database, scenarios, "few-words")
    talk.say("Basic ends on 1 December. Shall I cancel it?")
    assert Rule.REASON not in {point.rule for point in talk.finish().points}


def test_each_point_has_a_title_and_the_summary_counts_them(price: Talk) -> None:
    price.say("Hello.")
    review = price.finish()
    assert [point.rule for point in review.points] == list(Rule)
    assert all(point.title and point.because for point in review.points)
    met = sum(point.met for point in review.points)
    assert f"{met} of {len(review.points)} rules kept." in review.summary
