"""Teaches the encoder to tell intents apart, all of a message's at once, by its words' mean."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from bot.encoder_recipe.augmentation import Augmentation
from bot.encoder_recipe.base import Base
from bot.encoder_recipe.examples import Example
from bot.nlu.wording import plain_words

BATCH = 64
BATCHES_SORTED_TOGETHER = 40
LONGEST_IN_PIECES = 96
RATE = 2.5e-4
RATE_OF_HEAD = 5 * RATE
WARMING_SHARE = 0.08
LEAST_RATE_SHARE = 0.02
WEIGHT_DECAY = 0.01
DROPPED = 0.1
GRADIENT_LIMIT = 1.0
SOFT_YES, SOFT_NO = 0.974, 0.004
STEPS_BETWEEN_NOTES = 50


@dataclass
class Pupil:
    """The encoder, and a linear head that is thrown away after training."""

    base: Base
    intents: tuple[str, ...]
    head: nn.Linear

    @classmethod
    def of(cls, base: Base, examples: Sequence[Example]) -> Pupil:
        """A pupil for the intents of these examples."""
        intents = tuple(sorted({intent for example in examples for intent in example.intents}))
        head = nn.Linear(base.model.config.hidden_size, len(intents))
        nn.init.normal_(head.weight, std=0.02)
        nn.init.constant_(head.bias, -3.0)  # most intents are in no message
        return cls(base, intents, head)

    def sentence(self, texts: Sequence[str]) -> Any:
        """One vector a text: the mean over its pieces."""
        pieces = [
            self.base.tokenizer.encode(plain_words(text)).ids[:LONGEST_IN_PIECES] for text in texts
        ]
        longest = max(map(len, pieces))
        identifiers = torch.zeros(len(pieces), longest, dtype=torch.long)
        mask = torch.zeros(len(pieces), longest, dtype=torch.long)
        for row, numbers in enumerate(pieces):
            identifiers[row, : len(numbers)] = torch.tensor(numbers)
            mask[row, : len(numbers)] = 1
        words = self.base.model(input_ids=identifiers, attention_mask=mask).last_hidden_state
        weights = mask.unsqueeze(-1).to(words.dtype)
        return (words * weights).sum(1) / weights.sum(1)

    def wanted(self, examples: Sequence[Example]) -> torch.Tensor:
        """What the head should answer, a little short of certainty."""
        return torch.tensor(
            [
                [SOFT_YES if intent in example.intents else SOFT_NO for intent in self.intents]
                for example in examples
            ]
        )


def train(pupil: Pupil, examples: Sequence[Example], epochs: float, seed: int) -> None:
    """Teach for so many rounds; says how it goes on stderr."""
    steps = int(epochs * len(examples) / BATCH)
    optimizer, schedule = _optimizer(pupil, steps)
    dropout, loss_of = nn.Dropout(DROPPED), nn.BCEWithLogitsLoss(reduction="none")
    pupil.base.model.train()
    began = time.monotonic()
    for step, batch in zip(range(1, steps + 1), _batches(examples, seed), strict=False):
        # Half the precision is half the time on processors that know it.
        with torch.autocast("cpu", dtype=torch.bfloat16):
            vectors = pupil.sentence([example.text for example in batch])
        answers = pupil.head(dropout(vectors.float()))
        loss = loss_of(answers, pupil.wanted(batch)).sum(1).mean()
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(_parameters(pupil), GRADIENT_LIMIT)
        optimizer.step()
        schedule.step()
        if step % STEPS_BETWEEN_NOTES == 0:
            seconds = time.monotonic() - began
            sys.stderr.write(f"  step {step} of {steps}, loss {loss.item():.2f}, {seconds:.0f} s\n")
    pupil.base.model.eval()


def share_right(pupil: Pupil, examples: Sequence[Example]) -> float:
    """How many of these examples are heard exactly, as a share of 1."""
    right = 0
    with torch.no_grad():
        for start in range(0, len(examples), BATCH):
            batch = examples[start : start + BATCH]
            answers = torch.sigmoid(pupil.head(pupil.sentence([each.text for each in batch])))
            for example, row in zip(batch, answers, strict=True):
                said = {i for i, value in zip(pupil.intents, row, strict=True) if value > 0.5}
                right += said == set(example.intents)
    return right / len(examples)


def _batches(examples: Sequence[Example], seed: int) -> Iterator[list[Example]]:
    """Without end: texts of like length together, so that little is padding."""
    shuffled = random.Random(seed)  # noqa: S311 (no secret hangs on it)
    augmentation = Augmentation(examples, seed)
    while True:
        drawn = [augmentation.vary(example) for example in shuffled.sample(examples, len(examples))]
        for start in range(0, len(drawn), BATCH * BATCHES_SORTED_TOGETHER):
            part = sorted(
                drawn[start : start + BATCH * BATCHES_SORTED_TOGETHER],
                key=lambda example: len(example.text),
            )
            batches = [part[at : at + BATCH] for at in range(0, len(part), BATCH)]
            shuffled.shuffle(batches)
            yield from batches


def _optimizer(pupil: Pupil, steps: int) -> tuple[Any, Any]:
    optimizer = torch.optim.AdamW(
        [
            {"params": list(pupil.base.model.parameters()), "lr": RATE},
            {"params": list(pupil.head.parameters()), "lr": RATE_OF_HEAD},
        ],
        weight_decay=WEIGHT_DECAY,
        fused=True,
    )
    warming = max(1, int(WARMING_SHARE * steps))

    def share(step: int) -> float:
        return min(1.0, (step + 1) / warming) * max(LEAST_RATE_SHARE, 1 - step / steps)

    return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, share)


def _parameters(pupil: Pupil) -> list[Any]:
    return [*pupil.base.model.parameters(), *pupil.head.parameters()]
