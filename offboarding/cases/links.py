"""The link to the page that shows how far a case is."""

from sqlalchemy.orm import Session

from offboarding.cases.model import Case
from offboarding.links import LinkTokens
from offboarding.settings import Settings


def case_link(case_id: str, settings: Settings) -> str:
    """The address at which the customer sees what is done and what is still to come."""
    return f"{settings.base_url}/case/{_tokens(settings).token(case_id)}"


def case_by_token(session: Session, token: str, settings: Settings) -> Case:
    """The case a link leads to. Raises NotFoundError."""
    return session.get_one(Case, _tokens(settings).find(session, Case.id, token))


def _tokens(settings: Settings) -> LinkTokens:
    return LinkTokens(settings.signing_secret, "case")
