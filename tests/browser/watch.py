"""What a browser complains about, and where its requests go, for as long as it is open."""

import re
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, WebError

# Chromium names a violated policy in the console, too; this catches those it keeps to itself.
TELL_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy violated: ${event.effectiveDirective} by ${event.blockedURI || "inline"}`));
"""
_NETWORK_GONE = re.compile(
    r"Failed to load resource: net::ERR_(CONNECTION|INTERNET|INCOMPLETE|EMPTY)"
)


class Watch:
    """Notes every complaint of a browser's pages and every origin they ask for something."""

    def __init__(self, context: BrowserContext) -> None:
        self.complaints: list[str] = []
        self.origins: set[str] = set()
        self.other_origins: set[str] = set()
        """Origins besides the house's that the test itself serves."""
        self._excused: list[re.Pattern[str]] = []
        context.add_init_script(TELL_VIOLATIONS)
        context.on("console", self._console)
        context.on("weberror", self._error)
        context.on("request", self._request)

    def excuse_outage(self) -> None:
        """Requests may fail from here on, for somebody pulls the plug."""
        self._excused.append(_NETWORK_GONE)

    def excuse(self, pattern: str) -> None:
        """Complaints like this are what the test is about."""
        self._excused.append(re.compile(pattern))

    @property
    def unexcused(self) -> list[str]:
        """The complaints that nothing explains."""
        return [
            complaint
            for complaint in self.complaints
            if not any(pattern.search(complaint) for pattern in self._excused)
        ]

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def _error(self, error: WebError) -> None:
        self.complaints.append(f"uncaught: {error.error.message}")

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in {"data", "blob", "about"}:
            self.origins.add(f"{parts.scheme}://{parts.netloc}")
