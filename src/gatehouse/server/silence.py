"""Edges that are not heard from: every gate of theirs says so on the Watch page, and an alarm is raised once.

Waits are measured by the monotonic clock, since a shifted clock may jump hours between two requests.
"""

import structlog
from django.db import transaction

from gatehouse.clock import monotonic_s
from gatehouse.server import bus, moment
from gatehouse.server.gates import queries as gates
from gatehouse.server.gates.actions import raise_alarm
from gatehouse.server.gates.models import Edge
from gatehouse.server.people import queries as people

log = structlog.get_logger()

FAULT = "edge_silent"
SILENT_AFTER_S = 90.0  # a long poll lasts 30 seconds at most
_met_s: dict[str, float] = {}  # when an edge was first looked at: one that is enrolled later has its time, too
_silent: set[str] = set()


def look() -> int:
    """Compare all active edges with when they were last heard; how many are silent."""
    for edge in gates.edges(people.all_sites()).filter(active=True):
        quiet_s = monotonic_s() - (bus.heard_s(edge.pk) or _met_s.setdefault(edge.pk, monotonic_s()))
        if quiet_s > SILENT_AFTER_S and edge.pk not in _silent:
            _silent.add(edge.pk)
            _falls_silent(edge)
        elif quiet_s <= SILENT_AFTER_S and edge.pk in _silent:
            _silent.discard(edge.pk)
            _speaks_again(edge)
    return len(_silent)


def _falls_silent(edge: Edge) -> None:
    with transaction.atomic():
        raise_alarm(edge.site_id, "", FAULT, at=moment.now())
    for code in gates.gates_by_code(edge.site_id):
        bus.set_tile(edge.site_id, code, fault=FAULT)
    log.warning("edge.silent", edge=edge.pk)


def _speaks_again(edge: Edge) -> None:
    for code in gates.gates_by_code(edge.site_id):
        if bus.tile(edge.site_id, code).fault == FAULT:
            bus.set_tile(edge.site_id, code, fault="")
    log.info("edge.heard", edge=edge.pk)


def forget() -> None:
    """For tests."""
    _met_s.clear()
    _silent.clear()
