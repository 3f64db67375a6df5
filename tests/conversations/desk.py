"""An agent at the sandbox's desk, through its page, as a newcomer plays one."""

from typing import Any

import httpx

from tests.house import WAIT_SECONDS, House, wait_for


class DeskAgent:
    """Whoever the page shows first."""

    def __init__(self, house: House) -> None:
        self._http = httpx.Client(
            base_url=house.address,
            timeout=WAIT_SECONDS,
            trust_env=False,
            headers={"Origin": house.address},
        )
        seen = self._see()
        self._id: str = seen["me"]["id"]
        self.first_name: str = seen["me"]["name"].split()[0]

    def card(self, number: str) -> dict[str, Any]:
        """The card of a request, once it is in one of the channels."""
        return wait_for(lambda: self._find(number), f"the card of {number}")

    def press(self, card: dict[str, Any], action: str) -> None:
        """Press a button of the card, as soon as the card has it."""
        wait_for(lambda: action in str(self._shown(card)), f"{action} on the card")
        self._act(do="press", ts=card["ts"], action=action)

    def answer(self, card: dict[str, Any], text: str) -> None:
        """Write into the thread."""
        self._act(do="post", channel=card["channel"], thread=card["ts"], text=text)

    def text_of(self, card: dict[str, Any]) -> str:
        """Everything that the card has to read."""
        return str(self._shown(card))

    def _find(self, number: str) -> dict[str, Any] | None:
        for channel in self._see()["channels"]:
            for message in self._see(channel["id"])["messages"]:
                if number in str(message):
                    return {"channel": channel["id"], "ts": message["ts"]}
        return None

    def _shown(self, card: dict[str, Any]) -> dict[str, Any]:
        """The card as it is now."""
        messages = self._see(card["channel"])["messages"]
        return next(each for each in messages if each["ts"] == card["ts"])

    def _see(self, channel: str = "") -> dict[str, Any]:
        wanted = {"channel": channel} if channel else {}
        seen: dict[str, Any] = self._http.get("/sandbox/desk/state.json", params=wanted).json()
        return seen

    def _act(self, **act: str) -> None:
        done = self._http.post("/sandbox/desk/act", json={"agent": self._id, **act})
        assert done.status_code == 200, done.text
        assert "problem" not in done.json(), done.json()["problem"]
