"""Logs are one JSON line an event: a constant message, ids in fields, no personal data."""

from __future__ import annotations

import logging
import sys

import structlog


def configure_logging() -> None:
    """Send structured lines to standard error."""
    logging.basicConfig(format="%(message)s", stream=sys.stderr, level=logging.INFO)
    for noisy in ("geventwebsocket.handler", "engineio.server", "socketio.server", "stripe"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )


def get_logger() -> structlog.typing.FilteringBoundLogger:
    """The logger every module uses."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()
    return logger


def request_id() -> str:
    """Id of the request being served, or empty outside one."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))
