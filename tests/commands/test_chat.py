"""`offboard chat`: what the terminal makes of the web API."""

from offboard.web_conversation import events
from tests.commands.checkout import Checkout


def test_without_an_application_the_way_to_one_is_told(checkout: Checkout) -> None:
    ended = checkout.offboard("chat")
    assert ended.returncode == 1
    assert "make run" in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_events_are_read_and_comments_are_not() -> None:
    stream = [": still here", "", "event: typing", 'data: {"typing": true}', "", "id: 4"]
    stream += ["event: message", 'data: {"text":', 'data: "hello"}', ""]
    assert list(events(stream)) == [
        ("typing", {"typing": True}),
        ("message", {"text": "hello"}),
    ]
