"""`python -m bot.walk`: takes turns for the proof of no obstruction, one JSON line each.

A line on standard input is a turn as the gateway would ask for it (docs/contracts.md, section 1),
`{"turn": {...}, "heard": null}`. The answer is the turn's, with the name of each response that was
said, or `{"failed": "<sentence>"}`. Ends when standard input closes.

With `{"heard": {"intents": ["cancel"], "entities": []}}` the words of the turn are taken to mean
that, and the model is not asked. The proof is about what the dialogue does with what was heard; how
well it hears is measured elsewhere, and it must not matter. The seam is in this process alone: the
channel that customers' messages come through knows nothing of it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bot.patches import prepare
from bot.project import ROOT, Project

NO_MODEL = 3
SURE = 0.99


def main(arguments: Sequence[str] | None = None) -> int:
    """Answer lines until there are none."""
    options = _parser().parse_args(arguments)
    # Only answers go to standard output: whatever else is printed there becomes a note.
    answers, sys.stdout = sys.stdout, sys.stderr
    logging.basicConfig(level="ERROR", stream=sys.stderr)
    prepare()
    model = options.model or Project().model(ROOT / "models")
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    turns = loop.run_until_complete(_load(model, options.endpoints, loop))
    if turns is None:
        print(f"There is no model at {model}; run bot.train.", file=sys.stderr)
        return NO_MODEL
    answers.write(json.dumps({"ready": model.name}) + "\n")
    answers.flush()
    for line in sys.stdin:
        answer = loop.run_until_complete(turns.take(json.loads(line)))
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
    return 0


class Turns:
    """Takes turns of the trained model, and can be told what is heard in the next one."""

    def __init__(self, processor: Any) -> None:
        self._processor = processor
        self._parse = processor.parse_message
        self._told: Mapping[str, Any] | None = None
        self._understood: dict[str, dict[str, Any]] = {}
        # The one step that is replaced; all others are the product's.
        processor.parse_message = self._hear

    async def take(self, line: Mapping[str, Any]) -> dict[str, Any]:
        """One turn; a failure is an answer too."""
        from bot.channel.dialogue import take_turn
        from bot.channel.turn import TurnRequest

        self._told = line["heard"]
        try:
            answer = await take_turn(self._processor, TurnRequest.parse(line["turn"]))
        except Exception as error:  # noqa: BLE001 (whatever fails is what the proof looks for)
            return {"failed": _sentence(error)}
        return {**answer.as_json(), "said": answer.responses}

    async def _hear(self, message: Any, tracker: Any) -> dict[str, Any]:
        if self._told is not None:
            return _as_heard(message.text, self._told)
        if message.text not in self._understood:
            self._understood[message.text] = await self._parse(message, tracker)
        return dict(self._understood[message.text])


def _as_heard(text: str, told: Mapping[str, Any]) -> dict[str, Any]:
    intents = list(told["intents"])
    return {
        "text": text,
        "intent": {"name": intents[0], "confidence": SURE},
        "intents": intents,
        "entities": list(told["entities"]),
    }


def _sentence(error: BaseException) -> str:
    """The error and what caused it, on one line."""
    causes = []
    cause: BaseException | None = error
    while cause is not None:
        causes.append(f"{type(cause).__name__}: {cause}")
        cause = cause.__cause__
    return " <- ".join(causes)


async def _load(model: Path, endpoints: Path, loop: asyncio.AbstractEventLoop) -> Turns | None:
    from rasa.core.agent import load_agent
    from rasa.core.utils import AvailableEndpoints

    read = AvailableEndpoints.read_endpoints(str(endpoints))
    _say_the_first_variant()
    agent = await load_agent(model_path=str(model), endpoints=read, loop=loop)
    return Turns(agent.processor) if agent.is_ready() else None


def _say_the_first_variant() -> None:
    """What is said again is said in other words. Here it is always the first variant.

    So like turns look alike, and a question that is asked three times is asked in the same words.
    """
    from rasa.core.nlg.generator import ResponseVariationFilter

    fitting = ResponseVariationFilter.responses_for_utter_action

    def first(*arguments: Any) -> list[Any]:
        return list(fitting(*arguments)[:1])

    ResponseVariationFilter.responses_for_utter_action = first


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bot.walk", description=__doc__)
    parser.add_argument("--model", type=Path, default=None, help="default: the current model")
    parser.add_argument("--endpoints", type=Path, default=ROOT / "endpoints.yml")
    return parser


if __name__ == "__main__":
    sys.exit(main())
