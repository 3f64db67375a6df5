"""`python -m tests.browser.picture` takes the README's picture anew: docs/images/widget.png.

A house of its own is started for it, so the picture shows what the code does today.
"""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import ViewportSize, sync_playwright

from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.browser.customer import Customer
from tests.browser.watch import Watch
from tests.house import open_house

PICTURE = Path(__file__).parents[2] / "docs" / "images" / "widget.png"
SIZE: ViewportSize = {"width": 1200, "height": 760}
LARGEST = 300_000


def main() -> int:
    """Take the picture; 1 when it is too large for a README."""
    with (
        tempfile.TemporaryDirectory() as folder,
        open_house(Path(folder)) as house,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = browser.new_context(viewport=SIZE, locale="en-GB", reduced_motion="reduce")
        maya = Customer(context.new_page(), house, Watch(context))
        maya.sign_in("Maya Okafor")
        maya.open_chat()
        maya.reach_the_question()
        maya.button("Yes, cancel it").wait_for()
        maya.page.mouse.move(10, SIZE["height"] - 10)
        PICTURE.parent.mkdir(parents=True, exist_ok=True)
        maya.page.screenshot(path=PICTURE, animations="disabled")
        browser.close()
    size = PICTURE.stat().st_size
    sys.stdout.write(f"{PICTURE}: {size:,} bytes\n")
    return 1 if size > LARGEST else 0


if __name__ == "__main__":
    sys.exit(main())
