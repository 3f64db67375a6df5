"""Asking for a person, from any page. It is recorded and mailed; nothing more is promised."""

from typing import Annotated

from email_validator import EmailNotValidError, validate_email
from fastapi import Form, Request, Response
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from channels.pages.frame import Frame
from channels.pages.visits import Visitor
from offboarding.handoffs import service as handoffs

Text = Annotated[str, Form(max_length=2000)]


class PersonPages:
    """A request for a person, and the address of whom to answer."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame

    def show(self, request: Request) -> Response:
        """What asking for a person does; or, once it was done, what was done."""
        with self._frame.database.read() as session:
            visitor = self._frame.visits.looking(session, request)
            return self._page(session, visitor)

    def ask(
        self,
        request: Request,
        email: Text = "",
        with_address: Text = "",
        token: Text = "",
        opened: Text = "",
    ) -> Response:
        """Record the request, and where to answer.

        The button at the foot of every page has no field for an address: it is recorded without
        one, and the address is asked for next. A form that has the field says so by
        `with_address`, so that an empty one is a mistake to be told.
        """
        self._frame.accept(request, token, opened)
        try:
            with self._frame.database.write() as session:
                visitor = self._frame.visits.looking(session, request)
                address = _checked(email)
                if address is None and (email or with_address):
                    return self._page(session, visitor, typed=email)
                hand_off = handoffs.request(session, visitor.conversation_id)
                if visitor.customer is not None and hand_off.customer_id is None:
                    # The page is sure of them, the talk it came from is not.
                    handoffs.add_contact(session, hand_off, visitor.customer.email)
                elif address is not None and visitor.customer is None:
                    handoffs.add_contact(session, hand_off, address)
        except IntegrityError:
            pass  # asked for twice in the same instant: the other one is recorded
        return self._frame.go("/cancel/person")

    def _page(self, session: Session, visitor: Visitor, *, typed: str | None = None) -> Response:
        hand_off = handoffs.hand_off_of(session, visitor.conversation_id)
        proven = visitor.customer.email if visitor.customer is not None else None
        contact = hand_off.contact_email if hand_off is not None else None
        values: dict[str, object] = {
            "number": hand_off.number if hand_off is not None else None,
            "answer_to": proven or contact,
            "typed": typed or "",
            "invalid": typed is not None,
        }
        return self._frame.page("person", visitor, values, status=400 if typed is not None else 200)


def _checked(address: str) -> str | None:
    try:
        return validate_email(address, check_deliverability=False).normalized
    except EmailNotValidError:
        return None
