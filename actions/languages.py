"""Which other language a message is in, told by its most common words.

A table of words, not a model: it is asked at every message, and a library that judges single
sentences well weighs more than the rest of the application.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from offboarding.hearing.spelling import plain_text

FEWEST_WORDS = 3
"""Words that must tell of the language: two could be a name, a loan, or a slip."""


@dataclass(frozen=True)
class Language:
    """The words a language is known by; none of them is a common word of English."""

    common: frozenset[str]
    ending: frozenset[str]
    """Words for ending a contract, in the forms that a wish takes."""
    negation: frozenset[str]
    taught: bool = False
    """Whether the model has learnt from examples of it."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


LANGUAGES: Mapping[str, Language] = {
    "de": Language(
        common=_words(
            "ich mich mir mein meine meinen meiner meinem du sie wir ihr euch uns ist sind bin "
            "habe haben hat hatte wurde werden wird möchte moechte will kann können bitte "
            "nicht kein keine und oder aber wenn weil dass daß der das dem den des ein eine "
            "einen einem einer für fuer mit von zu zum zur auf aus bei nach über ueber mehr "
            "noch schon auch nur sehr wie wann warum wo wer danke hallo guten tag ja nein "
            "jetzt sofort abo vertrag konto rechnung geld zurück zurueck teuer daten löschen "
            "loeschen bezahlt monat"
        ),
        ending=_words(
            "kündigen kuendigen kündige kuendige gekündigt kündigung kuendigung abbestellen "
            "beenden stornieren abmelden"
        ),
        negation=_words("nicht kein keine doch nie"),
        taught=True,
    ),
    "es": Language(
        common=_words(
            "yo mi mis me tu su nosotros soy estoy es está esta están son era quiero quisiera "
            "puedo puede tengo tiene necesito hacer por para con sin pero porque que qué como "
            "cómo cuando cuándo donde dónde el la los las un una unos lo le del al muy más mas "
            "ya también si sí gracias hola buenos buenas días favor cuenta suscripción "
            "suscripcion dinero caro devuelvan devolución datos factura mes plan ahora esto "
            "este mañana"
        ),
        ending=_words(
            "cancelar cancelarlo cancelarla cancelen cancele cancelo cancelación baja anular "
            "darme desuscribirme terminar"
        ),
        negation=_words("no nunca tampoco"),
        taught=True,
    ),
    "fr": Language(
        common=_words(
            "je j'ai j'aimerais j'utilise me moi mon ma mes tu vous nous il elle est suis sont "
            "ai avez avons veux voudrais voulez peux pouvez faut dois souhaite ne pas plus et "
            "ou mais parce que qu'il qui quand comment pourquoi le la les un une des du de au "
            "aux dans sur pour avec sans très tres trop déjà aussi c'est ça cela oui non merci "
            "bonjour salut s'il plaît plait abonnement compte argent cher facture données mois "
            "rembourser"
        ),
        ending=_words(
            "résilier resilier résiliation annuler annulation désabonner desabonner arrêter "
            "arreter cesser d'annuler d'arrêter"
        ),
        negation=_words("ne pas jamais"),
    ),
    "it": Language(
        common=_words(
            "io mi mio mia miei tu noi voi lui lei è sono sei ho hai ha abbiamo avete voglio "
            "vorrei posso può devo non e ed o ma perché perche che chi quando come dove il lo "
            "la gli le un una dei del della delle al alla nel per con senza molto più piu già "
            "anche questo questa sì grazie ciao buongiorno salve favore abbonamento conto "
            "soldi caro fattura dati mese rimborso contratto troppo"
        ),
        ending=_words(
            "disdire disdico disdetta annullare annullo cancellare cancellazione recedere "
            "chiudere interrompere terminare"
        ),
        negation=_words("non mai"),
    ),
    "pt": Language(
        common=_words(
            "eu meu minha meus minhas você voce vocês nós é sou estou está são tenho tem temos "
            "quero queria gostaria posso pode preciso não nao e ou mas porque que quando como "
            "onde o os a as um uma do da dos das no na nos nas para com sem muito mais já "
            "também isso este esta sim obrigado obrigada olá ola bom dia assinatura conta "
            "dinheiro caro fatura dados mês reembolso agora"
        ),
        ending=_words(
            "cancelar cancele cancelem cancelamento encerrar terminar rescindir desativar anular"
        ),
        negation=_words("não nao nunca"),
    ),
    "nl": Language(
        common=_words(
            "ik mij mijn je jij jullie wij ons hij zij het is ben zijn heb heeft hebben wil "
            "willen kan kunnen graag niet geen en of maar omdat dat die deze dit de een van "
            "voor met naar bij op uit over wel ook nog al meer veel te hoe wanneer waarom waar "
            "wie wat ja nee bedankt hallo goedemorgen goedendag abonnement rekening geld terug "
            "duur factuur gegevens maand alstublieft alsjeblieft"
        ),
        ending=_words(
            "opzeggen opzegging opgezegd annuleren stopzetten beëindigen beeindigen stoppen"
        ),
        negation=_words("niet geen nooit"),
    ),
}
_ENGLISH = _words(
    "i you he she it we they my your our the a an and or but not no do does did is am are was "
    "were be been have has had want would could can will shall may of to in on at for with "
    "from by about this that these those there here what when why how who which please thanks "
    "thank hello hi me us them him her its so if then than too very just as up out over more "
    "my account plan cancel subscription money back month year use pay paid don't can't it's "
    "i'm i've"
)
_EDGES = ".,!?;:…()\"«»„“”¡¿'-"


def said_in(text: str) -> str | None:
    """The language the words are of, if it is one of ours and surely not English."""
    words = _spoken(text)
    known = {name: _weight(words, language) for name, language in LANGUAGES.items()}
    best = max(known, key=known.__getitem__)
    english = sum(word in _ENGLISH for word in words)
    second = max(weight for name, weight in known.items() if name != best)
    if known[best] < FEWEST_WORDS or known[best] <= 2 * english or known[best] <= second:
        return None
    return best if 2 * known[best] >= len(words) else None


def wants_to_leave(text: str, name: str) -> bool:
    """Whether words in this language ask for an end, and do not rule it out."""
    language = LANGUAGES[name]
    clauses = [set(_spoken(clause)) for clause in re.split(r"[.,;:!?\n]", text)]
    return any(clause & language.ending and not clause & language.negation for clause in clauses)


def _spoken(text: str) -> list[str]:
    words = (word.strip(_EDGES) for word in plain_text(text).casefold().split())
    return [word for word in words if word]


def _weight(words: list[str], language: Language) -> int:
    return sum(word in language.common or word in language.ending for word in words)
