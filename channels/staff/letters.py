"""The mail with the link that signs somebody of the staff in."""

from channels.mail.rendering import LetterTemplates
from channels.mail.sender import Letter, MailSender
from offboarding.background.port import Handler
from offboarding.database import Database
from offboarding.settings import Settings
from offboarding.staff import links
from offboarding.staff.links import LINK_MINUTES


def staff_letter_handlers(settings: Settings, database: Database) -> dict[str, Handler]:
    """The handler of the task that mails a link; for an address not on the list it mails none."""
    sender = MailSender(settings)
    templates = LetterTemplates(settings.company_name, settings.base_url)

    def sign_in(sign_in_id: str) -> None:
        with database.read() as session:
            found = links.to_mail(session, sign_in_id, settings)
        if found is None:
            return
        address, link = found
        rendered = templates.render("staff_sign_in", {"link": link, "minutes": LINK_MINUTES})
        sender.send(
            Letter(
                name=f"staff-sign-in.{sign_in_id}",
                to=address,
                subject=rendered.subject,
                text=rendered.text,
                html=rendered.html,
            )
        )

    return {links.MAIL: sign_in}
