"""One spelling of what customers type, for every place that looks at words."""

import re
import unicodedata

_APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u02bc\u00b4\u0060\u2032", "'"))
_IN_FULL = {
    "im": "i'm", "ive": "i've", "hes": "he's", "shes": "she's", "weve": "we've",
    "theyre": "they're", "theyve": "they've", "youre": "you're", "thats": "that's",
    "whats": "what's",
    "dont": "don't", "dnt": "don't", "doesnt": "doesn't", "didnt": "didn't", "cant": "can't",
    "wont": "won't", "isnt": "isn't", "arent": "aren't", "wasnt": "wasn't", "werent": "weren't",
    "couldnt": "couldn't", "wouldnt": "wouldn't", "shouldnt": "shouldn't", "havent": "haven't",
    "hasnt": "hasn't", "hadnt": "hadn't", "wanna": "want to", "wana": "want to",
    "gonna": "going to", "gunna": "going to", "someones": "someone's", "somebodys": "somebody's",
    "imma": "i'm going to", "noone": "no one",
    "husbend": "husband", "husban": "husband", "husbnd": "husband", "hubsand": "husband",
    "husand": "husband", "huband": "husband", "wfie": "wife",
    "mohter": "mother", "mothr": "mother", "moter": "mother", "motehr": "mother",
    "fahter": "father", "fathr": "father", "fater": "father", "fatehr": "father",
    "borther": "brother", "brothr": "brother", "broter": "brother", "brohter": "brother",
    "sistr": "sister", "siser": "sister", "sitser": "sister", "sisster": "sister",
    "daugther": "daughter", "dauther": "daughter", "doughter": "daughter", "daugter": "daughter",
    "parnter": "partner", "partnr": "partner", "grandmohter": "grandmother",
    "granmother": "grandmother", "granfather": "grandfather", "grandfahter": "grandfather",
    "granma": "grandma", "granpa": "grandpa", "passd": "passed", "pased": "passed",
}  # fmt: skip
"""What is typed for short or in a slip, where it can't be read as another word, too ("ill")."""
_SHORT = re.compile(rf"\b(?:{'|'.join(_IN_FULL)})\b", re.IGNORECASE)
_SPACES = re.compile(r"[^\S\n]+")


def plain_text(text: str) -> str:
    """Straight apostrophes, usual characters; invisible characters are no disguise."""
    plain = unicodedata.normalize("NFKC", text).translate(_APOSTROPHES)
    return "".join(each for each in plain if unicodedata.category(each) != "Cf")


def written_out(text: str) -> str:
    """Plain text with what was left out or slipped mended, and one space where several are."""
    plain = _SPACES.sub(" ", plain_text(text))
    return _SHORT.sub(lambda found: _IN_FULL[found[0].lower()], plain)
