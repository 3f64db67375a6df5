"""The application's connection to the stand-in, as an operator would set it up to Twilio."""

from channels.sms.connection import TwilioConnection
from offboarding.settings import Settings
from sandbox.phone.credentials import credentials


def stand_in_connection(settings: Settings) -> TwilioConnection:
    """To the stand-in that the application itself serves."""
    known = credentials(settings)
    return TwilioConnection(
        account_sid=known.account_sid,
        auth_token=known.auth_token,
        sender=known.sender,
        api_url=known.api_url,
        public_url=settings.base_url,
    )
