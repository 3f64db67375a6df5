"""Every table of every package, for creating and migrating them."""

from types import ModuleType

from actions import record
from channels.conversations import model as conversations
from channels.pages import model as pages
from channels.slack import model as slack
from channels.sms import model as sms
from offboarding.access import model as access
from offboarding.accounts import model as accounts
from offboarding.audit import model as audit
from offboarding.background import model as background
from offboarding.billing import model as billing
from offboarding.billing.stripe import model as stripe
from offboarding.cases import intents
from offboarding.cases import model as cases
from offboarding.casework import model as casework
from offboarding.database import Base
from offboarding.encryption import model as encryption
from offboarding.erasure import model as erasure
from offboarding.exports import model as exports
from offboarding.handoffs import model as handoffs
from offboarding.identity import model as identity
from offboarding.offers import model as offers
from offboarding.practice import model as practice
from offboarding.receipts import model as receipts
from offboarding.staff import model as staff
from offboarding.steps import model as steps
from offboarding.survey import model as survey

MODELS: tuple[ModuleType, ...] = (
    access,
    accounts,
    audit,
    background,
    billing,
    cases,
    casework,
    conversations,
    encryption,
    erasure,
    exports,
    handoffs,
    identity,
    intents,
    offers,
    pages,
    practice,
    receipts,
    record,
    slack,
    sms,
    staff,
    steps,
    stripe,
    survey,
)
"""The modules whose import registers a table; a new one is named here."""

metadata = Base.metadata
"""All tables."""
