"""What can't be opened is a fault of ours: customers read that it is, operators what it is."""

from collections.abc import Iterator

import pytest
import structlog
from fastapi import APIRouter, FastAPI
from starlette.testclient import TestClient

from channels.pages.rendering import PageTemplates
from channels.pages.route import page_route
from channels.web.problems import INTERNAL_DETAIL, install_problems
from offboarding.encryption.errors import (
    DataTamperedError,
    KeyMissingError,
    NotEncryptedError,
    UnreadableError,
)

ERRORS = [
    KeyMissingError("c" * 32),
    DataTamperedError("message.text"),
    NotEncryptedError("message.text is encrypted."),
]


@pytest.fixture(params=ERRORS, ids=lambda error: error.word)
def error(request: pytest.FixtureRequest) -> UnreadableError:
    found: UnreadableError = request.param
    return found


@pytest.fixture
def browser(error: UnreadableError) -> Iterator[TestClient]:
    """A page and a call of the API that both read what can't be opened."""

    def read() -> None:
        raise error

    app = FastAPI()
    install_problems(app)
    pages = APIRouter(route_class=page_route(PageTemplates("Larkspur")))
    pages.add_api_route("/page", read)
    app.include_router(pages)
    app.add_api_route("/api", read)
    with TestClient(app) as client:
        yield client


@pytest.mark.parametrize(
    ("path", "said", "event"),
    [
        ("/page", "Something broke on our side", "page_failed"),
        ("/api", INTERNAL_DETAIL, "data_unreadable"),
    ],
)
def test_what_can_t_be_opened_is_logged_and_told_as_a_fault_of_ours(
    browser: TestClient, error: UnreadableError, path: str, said: str, event: str
) -> None:
    with structlog.testing.capture_logs() as logged:
        answer = browser.get(path)
    assert answer.status_code == 500
    assert said in answer.text
    assert error.sentence not in answer.text
    assert error.word not in answer.text
    (line,) = [each for each in logged if each["event"] == event]
    assert line["exc_info"] is error
