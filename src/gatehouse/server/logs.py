"""Logs are events with ids: JSON lines that let only listed keys through.

A key that is not listed is dropped, and so is the text of every record that was not written for this log (a library's
message may quote whatever it choked on): such a record keeps its logger's name, its level and where it was raised.
"""

import logging
import logging.handlers
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import structlog

ALLOWED = frozenset(
    {
        "event", "level", "timestamp", "logger", "fault", "where", "status", "path", "method", "gate", "site", "edge",
        "seq", "through", "job", "day", "code", "count", "ms", "port", "version",
    }
)  # fmt: skip
LOG_BYTES, LOG_FILES = 5 * 1024 * 1024, 5


def _only_listed(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: value for key, value in event.items() if key in ALLOWED}


class _Foreign(logging.Formatter):
    """A record of Django, uvicorn or a library, without its words."""

    def __init__(self) -> None:
        super().__init__()
        self._render = structlog.processors.JSONRenderer()
        self._stamp = structlog.processors.TimeStamper(fmt="iso", utc=True)

    def format(self, record: logging.LogRecord) -> str:
        if isinstance(record.msg, dict):  # one of ours, rendered by structlog
            event: MutableMapping[str, Any] = record.msg
        else:
            event = {"event": "library", "logger": record.name, "level": record.levelname.lower()}
            event |= _fault(record)
            event = self._stamp(None, "", event)
        rendered = self._render(None, "", dict(_only_listed(None, "", event)))
        return rendered if isinstance(rendered, str) else rendered.decode()


def _fault(record: logging.LogRecord) -> dict[str, str]:
    """Which exception and where, never with what."""
    if not record.exc_info or record.exc_info[0] is None:
        return {"where": f"{record.module}:{record.lineno}"}
    place = record.exc_info[2]
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f"{Path(place.tb_frame.f_code.co_filename).name}:{place.tb_lineno}" if place else ""
    return {"fault": record.exc_info[0].__name__, "where": where}


def configure(folder: Path) -> None:
    """Log to `folder`/server.log, rotated by size."""
    folder.mkdir(parents=True, exist_ok=True)
    handler = logging.handlers.RotatingFileHandler(
        folder / "server.log", maxBytes=LOG_BYTES, backupCount=LOG_FILES, encoding="utf-8"
    )
    handler.setFormatter(_Foreign())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    # Access lines hold query strings and addresses.
    logging.getLogger("uvicorn.access").disabled = True
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _only_listed,
            lambda _, __, event: ((event,), {}),
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
