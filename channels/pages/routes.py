"""The addresses of the pages."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter
from sqlalchemy.orm import Session

from channels.pages.cancel import CancelPages
from channels.pages.checking import MOST_BYTES, CheckPages
from channels.pages.declaring import DeclarationPages
from channels.pages.documents import DocumentPages
from channels.pages.errors import ReceiptTooLargeError
from channels.pages.exports import ExportPages
from channels.pages.frame import Frame
from channels.pages.person import PersonPages
from channels.pages.rendering import STYLE_PATH
from channels.pages.route import page_route
from offboarding.billing.port import BillingPort
from offboarding.database import Database
from offboarding.errors import NotFoundError
from offboarding.policies.store import Policies
from offboarding.settings import Settings


def router(
    settings: Settings,
    database: Database,
    policies: Policies,
    billing_for: Callable[[Session], BillingPort],
) -> APIRouter:
    """The pages. They need the business alone: no JavaScript, no assistant, no Rasa."""
    frame = Frame(settings, database)
    cancel = CancelPages(frame, policies, billing_for)
    person = PersonPages(frame)
    declarations = DeclarationPages(frame)
    documents = DocumentPages(frame)
    checks = CheckPages(frame)
    exports = ExportPages(frame)
    routes: list[tuple[str, str, Callable[..., Any]]] = [
        ("GET", "/cancel", cancel.start),
        ("POST", "/cancel", cancel.send_code),
        ("GET", "/cancel/code", cancel.code_form),
        ("POST", "/cancel/code", cancel.check_code),
        ("GET", "/cancel/plan", cancel.plans),
        ("POST", "/cancel/plan", cancel.confirm),
        ("POST", "/cancel/undo", cancel.undo),
        ("GET", "/cancel/kept", cancel.kept),
        ("GET", "/cancel/enter/{token}", cancel.enter),
        ("GET", "/cancel/person", person.show),
        ("POST", "/cancel/person", person.ask),
        ("GET", "/declare", declarations.cancellation),
        ("POST", "/declare", declarations.cancel),
        ("GET", "/withdraw", declarations.withdrawal),
        ("POST", "/withdraw", declarations.withdraw),
        ("GET", "/declare/{token}", declarations.received),
        ("GET", "/receipts/keys", checks.keys),
        ("GET", "/receipts/verify", checks.show),
        ("GET", "/receipts/{token}", documents.receipt),
        ("GET", "/case/{token}", documents.case),
        ("GET", "/receipts/{token}/receipt.json", documents.signed_receipt),
        ("GET", "/receipts/{token}/conversation.jsonl", documents.conversation),
        ("GET", "/exports/{token}", exports.show),
        ("HEAD", "/exports/{token}", exports.show),
        ("POST", "/exports/{token}", exports.begin),
        ("GET", "/exports/{token}/file", exports.file),
        ("HEAD", "/exports/{token}/file", exports.file),
        ("GET", STYLE_PATH, documents.style),
        ("GET", "/cancel/{anything:path}", _nothing),
    ]
    pages = APIRouter(route_class=page_route(frame.templates), tags=["pages"])
    for method, path, endpoint in routes:
        pages.add_api_route(path, endpoint, methods=[method], response_model=None)
    # A receipt is larger than any form of ours.
    larger = page_route(frame.templates, MOST_BYTES, ReceiptTooLargeError)
    checking = APIRouter(route_class=larger)
    checking.add_api_route("/receipts/verify", checks.check, methods=["POST"], response_model=None)
    pages.include_router(checking)
    return pages


def _nothing(anything: str) -> None:  # noqa: ARG001 (the path parameter has a name)
    raise NotFoundError("There is no page at this address.")
