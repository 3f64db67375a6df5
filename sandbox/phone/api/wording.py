"""Resources as Twilio writes them: every field of the published specification's schemas."""

from datetime import UTC, datetime
from email.utils import format_datetime

from offboarding import clock
from sandbox.customers import COMPANY
from sandbox.phone.network.model import API_VERSION, Json, Line, Status, Text

_WITHIN_ACCOUNT = {
    "addresses": "Addresses",
    "applications": "Applications",
    "available_phone_numbers": "AvailablePhoneNumbers",
    "balance": "Balance",
    "calls": "Calls",
    "incoming_phone_numbers": "IncomingPhoneNumbers",
    "messages": "Messages",
    "usage": "Usage",
}


def account_path(account_sid: str) -> str:
    """An account's address, without the ending that asks for JSON."""
    return f"/{API_VERSION}/Accounts/{account_sid}"


def message(text: Text, line: Line) -> Json:
    """A Message. What a Messaging Service has only accepted has neither sender nor parts yet."""
    path = f"{account_path(line.account_sid)}/Messages/{text.sid}"
    chosen = text.status is not Status.ACCEPTED
    sender = text.sender if chosen else None
    return {
        "account_sid": line.account_sid,
        "api_version": API_VERSION,
        "body": text.body,
        "date_created": _written(text.created_at),
        "date_sent": _written(text.sent_at),
        "date_updated": _written(text.updated_at),
        "direction": text.direction.value,
        "error_code": text.error_code,
        "error_message": None if text.error_code is None else "It could not be delivered.",
        "from": text.phone if text.inbound else sender,
        "messaging_service_sid": text.service_sid,
        "num_media": str(len(text.media)),
        "num_segments": str(text.segments) if chosen else "0",
        "price": None,
        "price_unit": "USD",
        "sid": text.sid,
        "status": text.status.value,
        "subresource_uris": {"media": f"{path}/Media.json"},
        "to": text.sender if text.inbound else text.phone,
        "uri": f"{path}.json",
    }


def account(account_sid: str, auth_token: str) -> Json:
    """The Account."""
    path = account_path(account_sid)
    made = _written(_beginning())
    return {
        "auth_token": auth_token,
        "date_created": made,
        "date_updated": made,
        "friendly_name": f"{COMPANY}, off-boarding",
        "owner_account_sid": account_sid,
        "sid": account_sid,
        "status": "active",
        "subresource_uris": {
            name: f"{path}/{place}.json" for name, place in _WITHIN_ACCOUNT.items()
        },
        "type": "Full",
        "uri": f"{path}.json",
    }


def incoming_phone_number(line: Line, sms_url: str) -> Json:
    """The number that customers write to, an IncomingPhoneNumber."""
    sid = "PN" + line.account_sid.removeprefix("AC")
    made = _written(_beginning())
    return {
        "account_sid": line.account_sid,
        "address_requirements": "none",
        "address_sid": None,
        "api_version": API_VERSION,
        "beta": False,
        "bundle_sid": None,
        "capabilities": {"fax": False, "mms": True, "sms": True, "voice": False},
        "date_created": made,
        "date_updated": made,
        "emergency_address_sid": None,
        "emergency_address_status": "unregistered",
        "emergency_status": "Inactive",
        "friendly_name": line.sender,
        "identity_sid": None,
        "origin": "twilio",
        "phone_number": line.sender,
        "sid": sid,
        "sms_application_sid": None,
        "sms_fallback_method": "POST",
        "sms_fallback_url": None,
        "sms_method": "POST",
        "sms_url": sms_url,
        "status": "in-use",
        "status_callback": None,
        "status_callback_method": "POST",
        "trunk_sid": None,
        "type": "local",
        "uri": f"{account_path(line.account_sid)}/IncomingPhoneNumbers/{sid}.json",
        "voice_application_sid": None,
        "voice_caller_id_lookup": False,
        "voice_fallback_method": "POST",
        "voice_fallback_url": None,
        "voice_method": "POST",
        "voice_receive_mode": "voice",
        "voice_url": None,
    }


def _written(moment: float | None) -> str | None:
    """A moment as RFC 2822 has it, in whole seconds of UTC."""
    return None if moment is None else format_datetime(datetime.fromtimestamp(moment, UTC))


def _beginning() -> float:
    """The first of this month: no account is younger than what it has sent today."""
    first = clock.now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return first.timestamp()
