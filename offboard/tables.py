"""Every table of every package, for creating and migrating them."""

import offboarding.accounts.model
import offboarding.audit.model
import offboarding.background.model
import offboarding.billing.model
import offboarding.cases.model
import offboarding.exports.model
import offboarding.handoffs.model
import offboarding.identity.model
import offboarding.offers.model
import offboarding.receipts.model
import offboarding.survey.model  # noqa: F401 (importing a model registers its table)
from offboarding.database import Base

metadata = Base.metadata
"""All tables, once the imports above have run."""
