"""What background work says while a person is in charge: the house says it, not the assistant."""

from datetime import timedelta

from channels.notices import notice_handlers
from offboarding import clock
from offboarding.exports.model import Export, ExportState
from tests.channels.slack.desk_house import DeskHouse
from tests.channels.talk import Talk


def export_ready(house: DeskHouse, talk: Talk) -> None:
    gateway = house.gateway
    with house.database.write() as session:
        export = Export(
            conversation_id=talk.id,
            customer_id=house.hand_off(talk).customer_id,
            requested_at=clock.now(),
            state=ExportState.READY,
            file_name="notes.zip",
            size_bytes=2_000,
            expires_at=clock.now() + timedelta(days=7),
        )
        session.add(export)
    handlers = notice_handlers(
        house.settings,
        house.database,
        gateway.post_notice,
        gateway.change_state,
        gateway.texts,
    )
    handlers["notice.export_ready"](export.id)


async def test_while_a_person_is_there_the_assistant_does_not_say_that_the_files_are_ready(
    house: DeskHouse,
) -> None:
    talk, card = await house.claimed()
    export_ready(house, talk)
    said = (await talk.until(3))[-1]
    assert (said["author"], said["card"]["kind"]) == ("system", "export")
    await house.until_in_thread(card, "notes.zip")


async def test_who_waits_for_a_person_hears_it_from_the_assistant(house: DeskHouse) -> None:
    talk = await house.customer()
    await house.ask_for_person(talk)
    export_ready(house, talk)
    assert (await talk.until(2))[-1]["author"] == "bot"
