"""A garage takes another tariff. It gets a tariff of its own that holds both: the one so far, and a copy of the other
from a moment on. So a stay is priced by what was in force when it entered, and letters that come late are too."""

import json
from datetime import datetime
from hashlib import sha256
from itertools import count

from django.db import transaction

from gatehouse.domain.tariff_json import tariff_from_dict, tariff_to_dict
from gatehouse.domain.tariff_versions import switched
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.parking import queries
from gatehouse.server.parking.locks import lock_site
from gatehouse.server.parking.models import Garage, Tariff
from gatehouse.server.parking.tariffs import ChangedMeanwhile, check_new

__all__ = ["ChangedMeanwhile", "seen_mark", "switch_tariff"]
LONGEST_CODE = 32


def seen_mark(garage: Garage) -> str:
    """Names the tariff that a page was made from, and its state."""
    text = json.dumps([str(garage.tariff_id), garage.tariff.versions], sort_keys=True)
    return sha256(text.encode()).hexdigest()[:16]


def switch_tariff(garage: Garage, chosen: Tariff, starts: datetime, *, seen: str, by: By, at: datetime) -> Tariff:
    """The garage is priced by `chosen` from the wall time `starts` on. Raises TariffError, ChangedMeanwhile."""
    with transaction.atomic():
        lock_site(garage.site_id)
        held = Garage.objects.select_related("site", "tariff").get(pk=garage.pk)
        if seen_mark(held) != seen:
            raise ChangedMeanwhile
        code = _free_code(held, chosen)
        both = switched(tariff_from_dict(held.tariff.versions), tariff_from_dict(chosen.versions), starts, code, at)
        check_new(held.site, both, at)
        own = Tariff.objects.create(site=held.site, code=code, versions=tariff_to_dict(both))
        record("tariff.added", "tariff", own.pk, by=by, at=at)
        Garage.objects.filter(pk=held.pk).update(tariff=own)
        record("garage.tariff_switched", "garage", held.pk, by=by, at=at)
    return own


def _free_code(garage: Garage, chosen: Tariff) -> str:
    """The chosen one's and the garage's, and a number where there is such a one."""
    for number in count(1):
        tail = f"-{garage.code}"[:16] + (f"-{number}" if number > 1 else "")
        code = chosen.code[: LONGEST_CODE - len(tail)] + tail
        if queries.tariff_with_code(garage.site, code) is None:
            return code
    raise AssertionError  # there is no last number
