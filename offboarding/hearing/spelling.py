"""One spelling of what customers type, for every place that looks at words."""

import unicodedata

_APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u02bc\u00b4\u0060\u2032", "'"))


def plain_text(text: str) -> str:
    """Straight apostrophes, usual characters; invisible characters are no disguise."""
    plain = unicodedata.normalize("NFKC", text).translate(_APOSTROPHES)
    return "".join(each for each in plain if unicodedata.category(each) != "Cf")
