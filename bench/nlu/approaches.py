"""The ways of understanding that this project is compared with, each learnt from the same examples.

They run in environments of their own (`bench/nlu/others`, `bench/rasa-default`), so what they need
is imported where it is used.
"""

from __future__ import annotations

import pickle
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench.nlu.answer import Answer, plainly
from bench.nlu.clauses import clauses
from bench.nlu.encoders import Encoder
from bot.nlu.text import clean

REGULARIZATION = 10.0
NEIGHBOURS = 7
_LEARNT = "learnt.pickle"

Numbers = Any
"""Rows of numbers: a numpy array or a sparse matrix."""


class Approach(ABC):
    """One way to hear intents in messages."""

    @abstractmethod
    def train(self, texts: Sequence[str], intents: Sequence[Sequence[str]]) -> None:
        """Learn from texts and the intents that each carries."""

    @abstractmethod
    def predict(self, text: str) -> Answer:
        """What is heard in a text."""

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Write down what was learnt."""

    @abstractmethod
    def load(self, folder: Path) -> None:
        """Read what was written down."""


class Features(ABC):
    """Numbers that stand for a text."""

    def fit(self, texts: Sequence[str]) -> Numbers:
        """Learn what has to be learnt of the texts to learn from; their numbers."""
        return self.of(texts)

    @abstractmethod
    def of(self, texts: Sequence[str]) -> Numbers:
        """One row a text."""


class WordsAndLetters(Features):
    """What a text looks like: its words, pairs of them, runs of letters; rare ones weigh more."""

    def __init__(self) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.pipeline import make_union

        self._both = make_union(
            TfidfVectorizer(analyzer="word", ngram_range=(1, 2), sublinear_tf=True),
            TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=2, sublinear_tf=True),
        )

    def fit(self, texts: Sequence[str]) -> Numbers:
        return self._both.fit_transform(texts)

    def of(self, texts: Sequence[str]) -> Numbers:
        return self._both.transform(texts)


class Meaning(Features):
    """A pretrained encoder's vector; nothing is learnt."""

    def __init__(self, encoder: Encoder) -> None:
        self.encoder = encoder

    def of(self, texts: Sequence[str]) -> Numbers:
        return self.encoder.encode(texts)


class Both(Features):
    """A vector of what the text means beside what it looks like."""

    def __init__(self, encoder: Encoder) -> None:
        self._meaning, self._surface = Meaning(encoder), WordsAndLetters()

    def fit(self, texts: Sequence[str]) -> Numbers:
        return _side_by_side(self._meaning.fit(texts), self._surface.fit(texts))

    def of(self, texts: Sequence[str]) -> Numbers:
        return _side_by_side(self._meaning.of(texts), self._surface.of(texts))


class ByLikelihood(Approach):
    """An approach that says of each intent how likely it is."""

    def __init__(self, features: Features) -> None:
        self._features = features
        self.intents: tuple[str, ...] = ()
        self._learnt: Any = None

    def train(self, texts: Sequence[str], intents: Sequence[Sequence[str]]) -> None:
        self.intents = tuple(sorted({name for carried in intents for name in carried}))
        wanted = np.array([[name in carried for name in self.intents] for carried in intents])
        self._learnt = self.fit(self._features.fit([clean(text) for text in texts]), wanted)

    def predict(self, text: str) -> Answer:
        return plainly(self.intents, self.likelihoods(clean(text)))

    def likelihoods(self, text: str) -> Sequence[float]:
        """How likely a cleaned text carries each intent."""
        return [float(value) for value in self.judge(self._features.of([text]))]

    @abstractmethod
    def fit(self, rows: Numbers, wanted: Numbers) -> Any:
        """Learn from rows of numbers, and for each which of the intents are wanted."""

    @abstractmethod
    def judge(self, row: Numbers) -> Sequence[float]:
        """How likely one row carries each intent."""

    def save(self, folder: Path) -> None:
        with (folder / _LEARNT).open("wb") as file:
            pickle.dump((self._features, self.intents, self._learnt), file)

    def load(self, folder: Path) -> None:
        with (folder / _LEARNT).open("rb") as file:
            self._features, self.intents, self._learnt = pickle.load(file)  # noqa: S301 (our own)


class Regression(ByLikelihood):
    """A logistic regression for each intent."""

    def fit(self, rows: Numbers, wanted: Numbers) -> Any:
        from sklearn.linear_model import LogisticRegression

        each = [
            LogisticRegression(C=REGULARIZATION, solver="liblinear", random_state=1).fit(
                rows, column
            )
            for column in wanted.T
        ]
        slopes = np.vstack([regression.coef_[0] for regression in each]).T.astype("float32")
        return slopes, np.concatenate([regression.intercept_ for regression in each])

    def judge(self, row: Numbers) -> Sequence[float]:
        slopes, shifts = self._learnt
        judged: Sequence[float] = (1 / (1 + np.exp(-(row @ slopes + shifts))))[0]
        return judged


class RegressionByClause(Regression):
    """The same, and each clause of a message is judged too; the surest counts."""

    def likelihoods(self, text: str) -> Sequence[float]:
        judged = [super(RegressionByClause, self).likelihoods(each) for each in _parts(text)]
        return [max(column) for column in zip(*judged, strict=True)]


class Neighbours(ByLikelihood):
    """What the most alike examples carry, the more alike the weightier; nothing else is learnt."""

    def fit(self, rows: Numbers, wanted: Numbers) -> Any:
        return rows, wanted.astype("float32")

    def judge(self, row: Numbers) -> Sequence[float]:
        rows, wanted = self._learnt
        alike = rows @ row[0]
        nearest = np.argsort(-alike)[:NEIGHBOURS]
        weights = np.clip(alike[nearest], 1e-6, None)
        judged: Sequence[float] = (weights @ wanted[nearest]) / weights.sum()
        return judged


def _parts(text: str) -> list[str]:
    return [text, *clauses(text)]


def _side_by_side(meaning: Numbers, surface: Numbers) -> Numbers:
    import scipy.sparse

    return scipy.sparse.hstack([scipy.sparse.csr_matrix(meaning), surface]).tocsr()


def approach(name: str, options: Mapping[str, Any]) -> Approach:
    """The approach of that name, untrained."""
    from bench.nlu.encoders import MiniLM, SpacyVectors

    if name == "rasa-default":
        from bench.nlu.rasa_default import RasaDefault

        return RasaDefault(**options)
    made: dict[str, Any] = {
        "words": lambda: Regression(WordsAndLetters()),
        "spacy": lambda: Regression(Meaning(SpacyVectors())),
        "minilm": lambda: Regression(Meaning(MiniLM())),
        "minilm-words": lambda: Regression(Both(MiniLM())),
        "minilm-words-clauses": lambda: RegressionByClause(Both(MiniLM())),
        "neighbours": lambda: Neighbours(Meaning(MiniLM())),
    }
    chosen: Approach = made[name]()
    return chosen
