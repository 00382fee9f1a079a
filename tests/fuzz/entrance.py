"""Requests through the server's own entrance, as a process that serves it would call it."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.signals import request_finished, request_started
from django.db import close_old_connections


@contextmanager
def connection_kept() -> Iterator[None]:
    """A request closes the connection by which alone a test's rows are seen; not in here. Django's test client sees to
    it in the same way, and undoes it after every request of its own."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)
