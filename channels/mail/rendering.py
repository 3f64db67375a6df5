"""From a letter's templates and values to its subject, text and HTML."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

_TEMPLATES = Path(__file__).parent / "templates"
_BLANK_LINES = re.compile(r"\n{3,}")


@dataclass(frozen=True)
class Rendered:
    """What a letter says. The subject is a block of the text template."""

    subject: str
    text: str
    html: str


class LetterTemplates:
    """The letters in templates/: `text/<name>.txt` and `html/<name>.html` say the same.

    A value that a template names and nobody gives is an error, never an empty place in a letter.
    """

    def __init__(self, company_name: str, base_url: str) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._always = {"company": company_name, "base_url": base_url}

    def render(self, name: str, values: Mapping[str, object]) -> Rendered:
        """The letter `name`, filled with `values`."""
        known = {**self._always, **values}
        text = self._environment.get_template(f"text/{name}.txt")
        subject = "".join(text.blocks["subject"](text.new_context(known)))
        html = self._environment.get_template(f"html/{name}.html")
        return Rendered(
            subject=subject,
            text=_BLANK_LINES.sub("\n\n", text.render(known)).strip() + "\n",
            html=html.render(known, subject=subject),
        )
