"""What the page asks for, in the words of the driver."""

from pydantic import BaseModel, Field

from sandbox.phone.driver import LONGEST, Phone
from sandbox.phone.errors import DriverError
from sandbox.phone.faults import Faults
from sandbox.phone.network.model import Json
from sandbox.phone.page.difficulties import BY_NAME
from sandbox.phone.page.phones import known_phones


class Act(BaseModel):
    """One thing that is done on the page: a text is written, or a difficulty switched."""

    do: str
    number: str = ""
    text: str = Field("", max_length=10 * LONGEST)
    name: str = ""
    on: bool = False


class Acts:
    """Does it, and says in a sentence what kept it from being done."""

    def __init__(self, phone: Phone, faults: Faults) -> None:
        self._phone = phone
        self._faults = faults

    async def carry_out(self, act: Act) -> Json:
        """Empty, or a `problem` in a sentence."""
        try:
            if act.do == "text":
                await self._text(act)
            elif act.do == "difficulty":
                self._difficulty(act)
            else:
                return {"problem": "The phone doesn't know how to do that."}
        except DriverError as error:
            return {"problem": error.sentence}
        return {}

    async def _text(self, act: Act) -> None:
        if act.number not in [each.number for each in known_phones()]:
            raise DriverError("There is no such phone here.")
        await self._phone.text(act.text, act.number)

    def _difficulty(self, act: Act) -> None:
        if act.name not in BY_NAME:
            raise DriverError("There is no such difficulty.")
        BY_NAME[act.name].switch(self._faults, on=act.on)
