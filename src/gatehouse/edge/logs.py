"""What an edge says about itself: one JSON object a line, ids and counts only.

The list of keys is closed, so that a careless call can put no plate, name, reason or score into a log.
"""

import sys
import threading
from collections.abc import MutableMapping
from typing import Any

import structlog

KEYS = frozenset(
    {
        "event", "level", "timestamp", "edge", "gate", "device", "attempt", "opening", "kind", "outcome", "count",
        "seq", "through", "roster", "clearances", "unopened", "fault", "status", "pause_s", "thread",
    }
)  # fmt: skip


def _listed_only(_: object, __: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: value for key, value in entry.items() if key in KEYS}


def configure(edge: str) -> None:
    """Log to stdout from now on; an exception that ends a thread or the process is logged by its type alone."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _listed_only,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger("info"),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
        cache_logger_on_first_use=False,
    )
    log = structlog.get_logger(edge=edge)

    def died(args: threading.ExceptHookArgs) -> None:
        # A traceback may hold what was read at a gate.
        name = args.thread.name if args.thread is not None else ""
        log.error("thread.died", thread=name, fault=args.exc_type.__name__)

    threading.excepthook = died
    sys.excepthook = lambda kind, fault, trace: log.error("edge.died", fault=kind.__name__)
