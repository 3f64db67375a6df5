"""Where log lines go: one JSON object a line, without customers' words."""

import logging
import sys
from logging.handlers import RotatingFileHandler

import structlog

from offboarding.settings import LogTarget, Settings

MOST_BYTES = 10_000_000
OLD_FILES = 5


def configure_logs(settings: Settings) -> None:
    """Send the log lines of the application and of its libraries where the settings say."""
    handler = _handler(settings)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_log_level, structlog.stdlib.add_logger_name],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    for chatty in ("httpx", "httpcore", "sse_starlette", "mail.log", "alembic", "dbos", "twilio"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def _handler(settings: Settings) -> logging.Handler:
    if settings.log_to is LogTarget.TERMINAL:
        return logging.StreamHandler(sys.stderr)
    settings.data_directory.mkdir(parents=True, exist_ok=True)
    return RotatingFileHandler(
        settings.data_directory / "application.log",
        maxBytes=MOST_BYTES,
        backupCount=OLD_FILES,
        encoding="utf-8",
    )
