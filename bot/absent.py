"""Stand-ins for the packages that Rasa imports at its start and that this bot never uses.

Rasa imports every channel, store and neural component it knows before it reads a configuration, and
with them TensorFlow (1.5 GB, eight seconds). None is used here, so none is installed; the imports
are answered by empty stand-ins. Whoever wants Rasa's own neural components installs
`tensorflow==2.12.0` into this environment: a package that is there is never replaced.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

UNUSED_PACKAGES = (
    "aio_pika",
    "aiogram",
    "aiormq",
    "boto3",
    "botocore",
    "cachecontrol",
    "confluent_kafka",
    "fbmessenger",
    "google.auth",
    "google.oauth2",
    "keras",
    "mattermostwrapper",
    "psycopg2",
    "pymongo",
    "redis",
    "rocketchat_API",
    "slack_sdk",
    "sklearn_crfsuite",
    "tensorflow",
    "tensorflow_addons",
    "tensorflow_hub",
    "tensorflow_text",
    "twilio",
    "webexteamssdk",
)


class _AbsentType(type):
    """Lets `tf.keras.layers.Layer` and the like be named, subclassed and used as annotations."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _stand_in(f"{cls.__qualname__}.{name}")

    def __call__(cls, *arguments: Any, **options: Any) -> Any:
        # A decorator of an absent package leaves what it decorates as it is.
        if len(arguments) == 1 and callable(arguments[0]) and not options:
            return arguments[0]
        raise ImportError(f"{cls.__qualname__} belongs to a package that is not installed here.")


def _stand_in(qualified_name: str) -> type:
    # Exceptions are named in `except` clauses, which accept nothing else.
    last_name = qualified_name.rpartition(".")[2]
    if last_name.endswith(("Error", "Exception")):
        return type(last_name, (Exception,), {})
    return _AbsentType(qualified_name, (), {})


class _AbsentModule(ModuleType):
    """A module that has every name."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _stand_in(f"{self.__name__}.{name}")


class _AbsentLoader(Loader):
    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _AbsentModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        module.__path__ = []


class _AbsentFinder(MetaPathFinder):
    def __init__(self, packages: frozenset[str]) -> None:
        self._packages = packages

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        parts = fullname.split(".")
        if not any(".".join(parts[: end + 1]) in self._packages for end in range(len(parts))):
            return None
        return ModuleSpec(fullname, _AbsentLoader(), is_package=True)


def _is_installed(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except ModuleNotFoundError:  # the parent of a dotted name is missing
        return False


def stand_in_for_unused_packages() -> None:
    """Make Rasa importable without the packages above. Call before the first import of Rasa."""
    if any(isinstance(finder, _AbsentFinder) for finder in sys.meta_path):
        return
    missing = {name for name in UNUSED_PACKAGES if not _is_installed(name)}
    sys.meta_path.append(_AbsentFinder(frozenset(missing)))
