"""Other languages are told by words, seldom wrongly."""

import pytest

from actions.languages import LANGUAGES, said_in, wants_to_leave

SAID = {
    "de": [
        "ich möchte mein Abo kündigen",
        "wann wird das Geld zurück gezahlt?",
        "Bitte löschen Sie meine Daten",
        "das ist mir zu teuer",
    ],
    "es": [
        "quiero cancelar mi suscripción por favor",
        "¿cuándo termina mi plan?",
        "es muy caro para mí y ya no lo uso",
    ],
    "fr": [
        "je veux résilier mon abonnement",
        "c'est trop cher pour moi",
        "Bonjour, comment puis-je annuler mon compte ?",
    ],
    "it": [
        "vorrei disdire il mio abbonamento",
        "è troppo caro per me",
        "quando finisce il mio contratto?",
    ],
    "pt": [
        "quero cancelar a minha assinatura",
        "não uso mais, é muito caro",
        "quando termina o meu plano e a minha conta?",
    ],
    "nl": [
        "ik wil mijn abonnement opzeggen",
        "het is te duur voor mij",
        "wanneer krijg ik mijn geld terug",
    ],
}
ENGLISH = [
    "I want to cancel my subscription",
    "cancel",
    "please cancel La Casa de Papel",
    "my name is Maria de la Cruz",
    "no",
    "si",
    "ja bitte",
    "the app is called Das Boot",
    "I am in Berlin and want to cancel my plan",
    "no me gusta",
    "was in die hat",
    "hi",
    "ok",
    "maya.okafor@example.com",
    "a",
    "",
    "lol what a mess",
    "do you have an offer for me",
    "Den Haag is where I live",
]
WISHES = [
    ("de", "ich will das Abo kündigen"),
    ("fr", "je voudrais résilier mon abonnement"),
    ("fr", "je ne l'utilise pas, je veux résilier mon abonnement"),
    ("it", "vorrei disdire il mio abbonamento"),
    ("pt", "quero cancelar a minha assinatura"),
    ("nl", "ik wil mijn abonnement opzeggen"),
    ("es", "quiero cancelar mi cuenta"),
]
NO_WISHES = [
    ("de", "ich will das Abo nicht kündigen"),
    ("fr", "je ne veux pas résilier mon abonnement"),
    ("nl", "ik wil mijn abonnement niet opzeggen"),
    ("pt", "não quero cancelar a minha assinatura"),
    ("it", "quando finisce il mio contratto?"),
]


@pytest.mark.parametrize(
    ("text", "name"), [(text, name) for name, texts in SAID.items() for text in texts]
)
def test_a_language_is_told_by_its_words(text: str, name: str) -> None:
    assert said_in(text) == name


@pytest.mark.parametrize("text", ENGLISH)
def test_english_and_single_words_are_no_other_language(text: str) -> None:
    assert said_in(text) is None


@pytest.mark.parametrize(("name", "text"), WISHES)
def test_a_wish_to_leave_is_found_in_other_languages(name: str, text: str) -> None:
    assert wants_to_leave(text, name)


@pytest.mark.parametrize(("name", "text"), NO_WISHES)
def test_what_rules_out_or_does_not_name_an_end_is_no_wish_to_leave(name: str, text: str) -> None:
    assert not wants_to_leave(text, name)


def test_every_language_knows_how_an_end_is_asked_for() -> None:
    assert all(language.ending and language.negation for language in LANGUAGES.values())
