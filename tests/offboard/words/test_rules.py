"""Each rule finds a text that breaks it, and leaves one alone that comes close."""

from pathlib import Path

import pytest

from offboard.words.rules import RULES
from tests.offboard.words.written import Said, buttons, find, names

CURLY = "\N{RIGHT SINGLE QUOTATION MARK}"
DASH = "\N{EN DASH}"
OFFICE = (
    "Notwithstanding previous communications, the applicable documentation necessitates "
    "additional administrative consideration."
)
OFFER = "I can cancel {plan} for {ends_on}. It can also pause. Cancel, or pause?"

BREAKS: list[tuple[str, Said]] = [
    ("guilt", "We'd hate to see you go."),
    ("guilt", "Are you sure that it shall be cancelled?"),
    ("guilt", "If you cancel, you'll lose your notes."),
    ("guilt", "Before you go: there is a smaller plan."),
    ("guilt", "Everyone deserves a second chance."),
    ("hurry", "This is your last chance to keep the price."),
    ("hurry", "Only today: half the price."),
    ("hurry", "The offer ends tonight."),
    ("hurry", "You have 15 minutes left to decide."),
    ("hurry", "00:14:59"),
    ("hurry", "Only 3 places left."),
    ("feelings", "I'm so sad about that."),
    ("feelings", "We would love to hear why."),
    ("feelings", "I hope that you come back."),
    ("feelings", "I understand your frustration."),
    ("person", "My name is Lucy."),
    ("person", "I am a member of the team and a real person: I'm your personal agent."),
    ("person", "I'll ask my colleague."),
    ("exclamation", "Done!"),
    ("capitals", "This CANNOT be undone."),
    ("emoji", "Goodbye \N{WAVING HAND SIGN}"),
    ("emoji", "All the best :-)"),
    ("stock-phrase", "We are sorry to hear that."),
    ("stock-phrase", "Thank you for your patience."),
    ("stock-phrase", "Sorry for any inconvenience."),
    ("please-note", "Please note that the plan ends on {ends_on}."),
    ("unfortunately", "Unfortunately that can't be done."),
    ("unfortunately", "I'm afraid that can't be done."),
    ("blame", "I didn't understand you."),
    ("blame", f"I don{CURLY}t understand what you mean."),
    ("blame", "Could you rephrase that?"),
    ("blame", "This code is invalid."),
    ("blame", "You must write an address."),
    ("jargon", "Your request has been processed."),
    ("jargon", "The account holder can utilise this."),
    ("jargon", "This ticket is about churn."),
    ("jargon", "Your retention offer."),
    ("vague-time", "You will get it soon."),
    ("vague-time", "A person answers shortly."),
    ("vague-time", "The mail comes in due course."),
    ("vague-time", "You keep it until the end of your billing period."),
    ("vague-time", "The money comes within a few days."),
    ("vague-time", "We write as soon as possible."),
    ("reading-age", OFFICE),
    ("one-question", "Shall I cancel it? Or would you like a pause?"),
    (
        "leaving-first",
        {"text": OFFER, "buttons": buttons("Pause it /accept_offer", "Cancel it /decline_offer")},
    ),
    (
        "leaving-first",
        {
            "text": "You could pause {plan}. Or I cancel it for {ends_on}.",
            "buttons": buttons("Cancel it /decline_offer", "Pause it /accept_offer"),
        },
    ),
    (
        "leaving-first",
        {
            "text": "What next?",
            "buttons": buttons("Keep my plan /keep_subscription", "End /cancel"),
        },
    ),
    (
        "equal-choices",
        {
            "text": OFFER,
            "buttons": buttons(
                "Cancel it /decline_offer", "Pause it and keep all my notes /accept_offer"
            ),
        },
    ),
    (
        "equal-choices",
        {
            "text": OFFER,
            "buttons": buttons(
                "No thanks, I would rather cancel everything /decline_offer",
                "Pause it /accept_offer",
            ),
        },
    ),
    (
        "equal-choices",
        {
            "text": OFFER,
            "buttons": buttons("Cancel it /decline_offer", "Great, pause /accept_offer"),
        },
    ),
    (
        "equal-choices",
        {"text": OFFER, "buttons": buttons("Cancel anyway /decline_offer", "Pause /accept_offer")},
    ),
    (
        "equal-choices",
        {"text": "Shall I?", "buttons": buttons("Cancel /affirm", "No, I'd rather keep it /deny")},
    ),
    ("known-meaning", {"text": "Go on?", "buttons": buttons("A person /humann")}),
    ("known-meaning", {"text": "Go on?", "buttons": buttons("A person human")}),
    ("known-meaning", {"text": "Go on?", "buttons": buttons('One /choose_option{{"option"}}')}),
    ("known-meaning", {"text": "Go on?", "buttons": buttons('One /choose_option{"option": "1"}')}),
    ("plain-no", {"text": "Shall I?", "buttons": buttons("Yes /affirm", "Maybe later /deny")}),
    ("plain-no", {"text": "Shall I?", "buttons": buttons("Yes, please /affirm")}),
    ("plain-no", {"text": "Pause?", "buttons": buttons("Pause it /accept_offer", "Person /human")}),
    (
        "same-choices",
        [
            {"text": "Shall I?", "buttons": buttons("Yes, do /affirm", "No /deny")},
            {"text": "May I?", "buttons": buttons("No /deny", "Yes, do /affirm")},
        ],
    ),
    ("values", "It ends on {end_on}."),
    ("values", "It ends on {ends_on."),
    ("values", {"text": "Here.", "custom": {"links": [{"title": "Open", "url": "{nowhere}"}]}}),
    ("same-facts", [{"text": "{plan} ends on {ends_on}."}, {"text": "{plan} ends."}]),
    (
        "same-facts",
        [
            {"text": "{plan} ends on {ends_on}.", "custom": {"rows": [{"value": "{offer_price}"}]}},
            {"text": "{plan} ends {ends_on}.", "channel": "sms"},
        ],
    ),
    (
        "same-facts",
        [{"text": "{plan} ends."}, {"text": "{plan} ends on {ends_on}.", "channel": "sms"}],
    ),
    ("variants", [{"text": "Right."}, {"text": "Right."}]),
    ("sms-form", "A fact. " * 40),
    ("sms-form", {"text": "Here.", "custom": {"title": "Receipt"}}),
    ("sms-form", {"text": "A fact. " * 35, "buttons": buttons("A choice of some words /x") * 2}),
    ("sms-length", [{"text": "Here."}, {"text": "A fact. " * 58, "channel": "sms"}]),
    ("sms-length", [{"text": "Here."}, {"text": "“A fact.” " * 21, "channel": "sms"}]),
    ("sms-characters", f"It{CURLY}s done."),
    ("sms-characters", [{"text": "It's done."}, {"text": f"It is {DASH} done.", "channel": "sms"}]),
    ("sms-reserved", {"text": "Shall I?", "buttons": buttons("Yes /affirm", "No, leave it /deny")}),
    ("sms-reserved", {"text": "What next?", "buttons": buttons("Cancel. /cancel")}),
    ("sms-reserved", [{"text": "Shall I?"}, {"text": "Reply STOP to end.", "channel": "sms"}]),
    ("sms-reserved", 'Shall I? Write "help" if in doubt.'),
    ("sms-reserved", "Shall I? A plain yes is enough."),
]

COMES_CLOSE: list[tuple[str, Said]] = [
    ("guilt", "So that I'm sure that it's you: nothing is lost, and nobody will miss a day."),
    ("guilt", "Shall I cancel {plan} for {ends_on}? You keep your notes until then."),
    ("hurry", "The code works for 10 minutes. The price holds until {ends_on}."),
    ("hurry", "You can cancel now. Today was the last day of the trial."),
    ("feelings", "I'm sorry for your loss. I'm an automated assistant."),
    ("feelings", "People who feel let down say so. Would you like a copy?"),
    ("person", "I'm a program, not a person. I can get you a person of our team."),
    ("exclamation", "Done."),
    ("capitals", "OK to cancel? I can do it by SMS in the UK."),
    ("emoji", "The case (7F3K-22): © Larkspur, at 5 °; so far."),
    ("stock-phrase", "Thank you for four years. I'm sorry for your loss."),
    ("please-note", "I've noted that in your words. A kind note."),
    ("unfortunately", "That can't be done here. Who is afraid of a form can ask a person."),
    ("blame", "I'm not sure I got that. Which of these is it?"),
    ("blame", "Paying for what you don't open makes no sense. You don't have to wait."),
    ("jargon", "The process is short: an assistant ends plans, and people use it."),
    (
        "vague-time",
        "Sooner is possible, and it holds as soon as you agree. You keep it to {ends_on}.",
    ),
    ("vague-time", "{plan} ends at the end of {ends_on}. The code works for 10 minutes."),
    (
        "reading-age",
        "Your plan ends on that day. Nothing more is charged. You can get your notes until then.",
    ),
    ("reading-age", "Unsubscribing immediately, unconditionally."),
    ("reading-age", "{plan} {ends_on} {email} ends. " * 12),
    ("one-question", "What should we have done differently? You can skip this."),
    (
        "leaving-first",
        {"text": OFFER, "buttons": buttons("Cancel it /decline_offer", "Pause it /accept_offer")},
    ),
    (
        "leaving-first",
        {
            "text": "If I take that back, it goes on. Shall I?",
            "buttons": buttons("Yes, take it back /affirm", "No, leave it cancelled /deny"),
        },
    ),
    (
        "equal-choices",
        {
            "text": OFFER,
            "buttons": buttons(
                "Cancel it /decline_offer", "Move to {plan} until {ends_on} /accept_offer"
            ),
        },
    ),
    (
        "equal-choices",
        {"text": "Copy?", "buttons": buttons("Yes, please send me a copy /affirm", "No /deny")},
    ),
    (
        "known-meaning",
        {
            "text": "Which?",
            "buttons": buttons('One /choose_option{{"option": "1"}}', "A person /human"),
        },
    ),
    (
        "plain-no",
        {"text": OFFER, "buttons": buttons("Pause it /accept_offer", "Cancel it /decline_offer")},
    ),
    (
        "plain-no",
        {
            "text": "Could you see yourself coming back?",
            "buttons": buttons("Yes, I could /choose_option", "Perhaps /choose_option"),
        },
    ),
    (
        "same-choices",
        [
            {"text": "Shall I?", "buttons": buttons("Yes, do /affirm", "No /deny")},
            {"text": "May I?", "buttons": buttons("Yes, do /affirm", "No /deny")},
            {"text": "Shall I?", "channel": "sms"},
        ],
    ),
    ("values", {"text": "{plan}", "buttons": buttons('One /choose_option{{"option": "1"}}')}),
    (
        "same-facts",
        [
            {
                "text": "{plan}: a mail goes to {email}.",
                "custom": {"rows": [{"value": "{ends_on}"}]},
            },
            {"text": "{plan} ends {ends_on}.", "channel": "sms"},
        ],
    ),
    ("variants", "Right."),
    ("says-machine", "Hello. What do you need?"),
    ("sms-form", "A fact. " * 37),
    ("sms-form", [{"text": "A fact. " * 40}, {"text": "A fact.", "channel": "sms"}]),
    ("sms-length", [{"text": "Here."}, {"text": "A fact. " * 57, "channel": "sms"}]),
    ("sms-characters", "It's done - for £3 or {offer_price}, à la carte, for Müller & Søn."),
    ("sms-characters", [{"text": f"It{CURLY}s done."}, {"text": "It's done.", "channel": "sms"}]),
    (
        "sms-reserved",
        {"text": "Shall I?", "buttons": buttons("Yes, cancel it /affirm", "No /deny")},
    ),
    ("sms-reserved", 'Write "cancel my plan" here. It holds the moment you say yes. Write skip.'),
]


@pytest.mark.parametrize(("rule", "said"), BREAKS)
def test_a_rule_finds_what_breaks_it(tmp_path: Path, rule: str, said: Said) -> None:
    name = "utter_often" if rule == "variants" else "utter_something"
    assert rule in names(find(tmp_path, said, name=name))


@pytest.mark.parametrize(("rule", "said"), COMES_CLOSE)
def test_a_rule_leaves_alone_what_comes_close(tmp_path: Path, rule: str, said: Said) -> None:
    assert rule not in names(find(tmp_path, said))


def test_a_greeting_that_hides_the_machine_is_found(tmp_path: Path) -> None:
    assert names(find(tmp_path, "Hello. I'm Larkspur.", name="utter_welcome")) == {"says-machine"}


def test_how_easily_english_reads_is_not_asked_of_another_language(tmp_path: Path) -> None:
    german = "Kündigungsbestätigungen verschicken wir grundsätzlich " * 3
    assert "reading-age" in names(find(tmp_path, german))
    assert "reading-age" not in names(find(tmp_path, german, name="utter_language_de"))


def test_every_rule_has_a_text_that_breaks_it_and_one_that_comes_close() -> None:
    all_rules = {rule.name for rule in RULES}
    assert {rule for rule, _ in BREAKS} | {"says-machine"} == all_rules
    assert {rule for rule, _ in COMES_CLOSE} == all_rules


def test_names_and_reasons_of_rules_are_there_and_differ() -> None:
    assert len({rule.name for rule in RULES}) == len({rule.why for rule in RULES}) == len(RULES)
    assert all(rule.why.endswith(".") and rule.asks.endswith((".", ").")) for rule in RULES)
    assert all(rule.source for rule in RULES)
