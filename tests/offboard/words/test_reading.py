"""What is read, where it stands, and what is said when a file cannot be read."""

from pathlib import Path

import pytest

from offboard.words.domain import DomainFile, WordsError
from offboard.words.templates import templates, widget_strings
from tests.offboard.words.written import find, names


def test_every_text_is_read_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "domain.yml"
    path.write_text(
        """\
intents: [cancel]
responses:
  utter_bye:
    - text: >-
        Two lines
        in one.
      buttons: &both
        - {title: "Cancel it", payload: "/cancel"}
        - title: No
          payload: /deny
    - custom:
        kind: card
        title: A card
        rows:
          - {label: Ends, value: "{ends_on}"}
        links:
          - {title: Open, url: "{receipt_url}"}
    - text: By SMS
      channel: sms
      buttons: *both
"""
    )
    (bye,) = DomainFile(path).responses
    assert (bye.name, bye.line) == ("utter_bye", 3)
    said, card, sms = bye.forms
    assert [(piece.line, piece.text) for piece in said.pieces] == [
        (4, "Two lines in one."),
        (8, "Cancel it"),
        (9, "No"),
    ]
    assert [choice.meaning for choice in said.choices] == ["cancel", "deny"]
    assert [piece.text for piece in card.pieces] == ["A card", "Ends", "{ends_on}", "Open"]
    assert card.values == {"ends_on", "receipt_url"}
    assert (sms.channel, sms.choices) == ("sms", said.choices)
    assert bye.sent_by_sms == [sms]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("responses:\n  utter_a: [", "line 2: this is not well-formed YAML"),
        ("responses:\n  utter_a:\n  - text: 'a\n", "not well-formed YAML"),
        ("responses:\n  - a\n", "line 2: responses needs"),
        ("responses:\n  utter_a: Hello\n", "line 2: utter_a needs a list"),
        ("responses:\n  utter_a:\n    - Hello\n", "line 3: utter_a needs `name: value`"),
        ("responses:\n  utter_a: []\n", "line 2: utter_a says nothing"),
        ("responses:\n  utter_a:\n    - text: [a]\n", "line 3: a text of utter_a"),
        ("responses:\n  utter_a:\n  - buttons:\n    - title: a\n", "line 4: a button of utter_a"),
        ("responses:\n  utter_a:\n  - text: a\x01\n", "line 3: there is a control character"),
        ("intents: []\n", "has no `responses:`"),
        ("- a\n", "line 1: expected"),
        ("", "line 1: expected"),
    ],
)
def test_a_file_of_another_form_is_refused_in_one_sentence(
    tmp_path: Path, content: str, says: str
) -> None:
    path = tmp_path / "domain.yml"
    path.write_text(content)
    with pytest.raises(WordsError) as refused:
        DomainFile(path)
    assert says in refused.value.sentence
    assert str(path) in refused.value.sentence


def test_a_file_that_is_no_text_or_not_there_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "domain.yml"
    with pytest.raises(WordsError, match="can't be read"):
        DomainFile(path)
    path.write_bytes(b"responses: \xff\xfe")
    with pytest.raises(WordsError, match="UTF-8"):
        DomainFile(path)


def test_mails_and_pages_are_read_without_their_markup(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(
        """\
{% extends "layout.html" %}
{# A comment. #}
<h1>Your plan</h1>
<p{% if wrong %} class="wrong"{% endif %}>You can
undo it until {{ until }}: <a href="/cancel">undo it</a>.</p>
{{ problem("That is no address.", "email") }}
"""
    )
    (page,) = templates(tmp_path)
    assert [(piece.line, piece.text) for piece in page.forms[0].pieces] == [
        (3, "Your plan"),
        (4, "You can undo it until {value}: undo it."),
        (6, "{value}"),
        (6, "That is no address."),
    ]


@pytest.mark.parametrize("name", ["mail.txt", "page.html"])
def test_the_rules_of_words_hold_in_mails_and_pages(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / name).write_text("{% if late %}\n\nThe mail comes soon!\n{% endif %}\n")
    found = find(tmp_path, "Done.", others=list(templates(folder)))
    assert names(found) == {"vague-time", "exclamation"}
    assert {(finding.file.name, finding.line) for finding in found.findings} == {(name, 3)}


def test_the_rules_of_words_hold_in_the_widgets_strings(tmp_path: Path) -> None:
    strings = tmp_path / "strings.ts"
    strings.write_text(
        'export const s = {\n  /** Soon! */\n  close: "Shut",\n  sent: "Yay!",\n};\n'
    )
    read = list(widget_strings(strings))
    assert [response.name for response in read] == ["close", "sent"]
    (finding,) = find(tmp_path, "Done.", others=read).findings
    assert (finding.file, finding.line, finding.rule.name) == (strings, 4, "exclamation")


def test_rules_of_a_talk_do_not_hold_for_pages(tmp_path: Path) -> None:
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "page.html").write_text("<p>“Done” for {{ plan }}.</p>")
    assert not find(tmp_path, "Done.", others=list(templates(folder))).findings
