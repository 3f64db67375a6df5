"""This project's domain and data as Rasa's default configuration takes them, in a folder apart.

Combined labels (`cancel+reason_price`) are read by an importer of ours. Rasa has a way of its own:
its tokenizer splits intents at a sign, and the domain lists the combinations. The examples (a
sample, see `bench/sample.py`), rules, stories and responses are the same, to the letter.
"""

import hashlib
import re
import shutil
from pathlib import Path

from bench import sample

CONFIGURATION = """\
# Rasa 3.6's own default (rasa/engine/recipes/config_files/default_config.yml). Added are the two
# settings of the tokenizer by which Rasa reads labels such as cancel+reason_price.
recipe: default.v1
assistant_id: rasa_default
language: en
pipeline:
- name: WhitespaceTokenizer
  intent_tokenization_flag: true
  intent_split_symbol: "+"
- name: RegexFeaturizer
- name: LexicalSyntacticFeaturizer
- name: CountVectorsFeaturizer
- name: CountVectorsFeaturizer
  analyzer: char_wb
  min_ngram: 1
  max_ngram: 4
- name: DIETClassifier
  epochs: 100
  constrain_similarities: true
- name: EntitySynonymMapper
- name: ResponseSelector
  epochs: 100
  constrain_similarities: true
- name: FallbackClassifier
  threshold: 0.3
  ambiguity_threshold: 0.1
policies:
- name: MemoizationPolicy
- name: RulePolicy
- name: UnexpecTEDIntentPolicy
  max_history: 5
  epochs: 100
- name: TEDPolicy
  max_history: 5
  epochs: 100
  constrain_similarities: true
"""
_COMBINED = re.compile(r"^\s*(?:- )?intent: (\w+(?:\+\w+)+)\s*$", re.MULTILINE)
_INTENTS = "\nintents:\n"


NAME = "default"
MODEL = f"{NAME}.tar.gz"
"""The file of a trained model of Rasa's default."""
EPOCHS = 100
"""Rounds over the examples in Rasa's default."""


def write(checkout: Path, target: Path, epochs: int = EPOCHS) -> str:
    """Write the project; its fingerprint, which changes with all that it is trained on."""
    shutil.rmtree(target, ignore_errors=True)
    sample.write(checkout / "data", target / "data")
    combined = {
        label
        for file in (target / "data" / "nlu").rglob("*.yml")
        for label in _COMBINED.findall(file.read_text("utf-8"))
    }
    further = "".join(f"  - {label}\n" for label in sorted(combined))
    domain = (checkout / "domain.yml").read_text("utf-8")
    (target / "domain.yml").write_text(
        domain.replace(_INTENTS, _INTENTS + further, 1), encoding="utf-8"
    )
    configuration = CONFIGURATION.replace(f"epochs: {EPOCHS}", f"epochs: {epochs}")
    (target / "config.yml").write_text(configuration, encoding="utf-8")
    (target / "credentials.yml").write_text("rest:\n", encoding="utf-8")
    digest = hashlib.sha256()
    for file in sorted(target.rglob("*.yml")):
        digest.update(f"{file.relative_to(target)}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def write_endpoints(target: Path, action_port: int) -> None:
    """Say where the action server is."""
    address = f"http://127.0.0.1:{action_port}/"
    (target / "endpoints.yml").write_text(f'action_endpoint:\n  url: "{address}"\n', "utf-8")
