"""`python -m tests.browser.desk_picture` takes the README's picture of the desk beside the widget.

A house of its own is started for it, so docs/images/desk.png shows what the code does today.
"""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import FrameLocator, Page, ViewportSize, sync_playwright

from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.house import open_house

PICTURE = Path(__file__).parents[2] / "docs" / "images" / "desk.png"
SIZE: ViewportSize = {"width": 1280, "height": 600}
LARGEST = 160_000


def main() -> int:
    """Take the picture; 1 when it is too large for a README."""
    with (
        tempfile.TemporaryDirectory() as folder,
        open_house(Path(folder), OFFBOARD_SANDBOX_DESK="true") as house,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(viewport=SIZE, locale="en-GB", reduced_motion="reduce")
        page.set_default_timeout(60_000)
        page.goto(f"{house.address}/sandbox/both")
        talk(page)
        PICTURE.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURE, animations="disabled")
        browser.close()
    size = PICTURE.stat().st_size
    sys.stdout.write(f"{PICTURE}: {size:,} bytes\n")
    return 1 if size > LARGEST else 0


def talk(page: Page) -> None:
    """Maya asks for a person, and Sam answers her."""
    maya = page.frame_locator('iframe[title="The company\'s website"]')
    sam = page.frame_locator('iframe[title="The desk"]')
    maya.get_by_role("button", name="Sign in as Maya Okafor").click()
    maya.get_by_role("heading", level=1).filter(has_text="Maya").wait_for()
    maya.get_by_role("button", name="Change or cancel").click()
    maya.get_by_text("automated assistant").wait_for()
    write(maya, "Your message", "Before I cancel, can I speak to a person?")
    maya.get_by_text("somebody joins this chat").wait_for()
    sam.get_by_role("button", name="Claim", exact=True).click()
    maya.get_by_text("A person has joined this chat").wait_for()
    write(sam, "Reply in the thread", "Hello Maya, Sam here. What would you like to know?")
    maya.get_by_text("Sam here.").wait_for()
    write(maya, "Your message", "If I cancel today, until when can I still read my notes?")
    sam.get_by_role("log", name="Thread").get_by_text("until when").wait_for()
    sam.get_by_role("log", name="Thread").get_by_title("white check mark, by").wait_for()


def write(side: FrameLocator, where: str, words: str) -> None:
    """Type it and send it."""
    box = side.get_by_label(where, exact=True)
    box.fill(words)
    box.press("Enter")


if __name__ == "__main__":
    sys.exit(main())
