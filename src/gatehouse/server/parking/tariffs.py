"""Tariffs that are in use: the next version, taking it back, a copy. Nobody who is inside is priced anew.

Whoever changes one says which state of it he saw; if somebody else was faster, nothing is written.
"""

import json
from datetime import datetime
from hashlib import sha256

from django.db import transaction

from gatehouse.domain import tariffs
from gatehouse.domain.tariff_json import tariff_from_dict, tariff_to_dict
from gatehouse.domain.tariff_probe import check_never_falls
from gatehouse.domain.tariff_rules import TariffError
from gatehouse.domain.tariff_versions import check_history, with_version, without_version
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.parking import queries
from gatehouse.server.parking.locks import lock_site
from gatehouse.server.parking.models import Tariff
from gatehouse.server.people.models import Site


class ChangedMeanwhile(Exception):
    """Somebody else has changed the tariff since it was looked at."""


def seen_mark(tariff: Tariff) -> str:
    """Names the state of the tariff that a page was made from."""
    return sha256(json.dumps(tariff.versions, sort_keys=True).encode()).hexdigest()[:16]


def plan_version(
    tariff: Tariff, version: tariffs.TariffVersion, starts: datetime, *, seen: str, by: By, at: datetime
) -> Tariff:
    """`version` from the wall time `starts` on (see `domain.tariff_versions.with_version`). Raises TariffError,
    ChangedMeanwhile."""
    changed = with_version(tariff_from_dict(tariff.versions), version, starts, at)
    return put_versions(tariff, changed, seen=seen, by=by, at=at)


def take_back_version(tariff: Tariff, starts: datetime, *, seen: str, by: By, at: datetime) -> Tariff:
    """The planned version that would begin at `starts` never was. Raises TariffError, ChangedMeanwhile."""
    changed = without_version(tariff_from_dict(tariff.versions), starts, at)
    return put_versions(tariff, changed, seen=seen, by=by, at=at)


def put_versions(tariff: Tariff, changed: tariffs.Tariff, *, seen: str, by: By, at: datetime) -> Tariff:
    """The whole tariff, checked (see `check_change`). Raises TariffError, ChangedMeanwhile."""
    check_change(tariff, changed, at)
    with transaction.atomic():
        lock_site(tariff.site_id)
        held = queries.tariff(tariff.pk, [tariff.site])
        if held is None or seen_mark(held) != seen:
            raise ChangedMeanwhile
        Tariff.objects.filter(pk=held.pk).update(versions=tariff_to_dict(changed))
        record("tariff.changed", "tariff", held.pk, by=by, at=at)
        held.refresh_from_db()
    return held


@transaction.atomic
def copy_tariff(tariff: Tariff, code: str, *, by: By, at: datetime) -> Tariff:
    """The same versions under another code; the code is free at the site. Raises TariffError."""
    copied = Tariff.objects.create(site=tariff.site, code=code, versions={**tariff.versions, "name": code})
    tariff_from_dict(copied.versions)
    record("tariff.added", "tariff", copied.pk, by=by, at=at)
    return copied


def check_tariff(site: Site, tariff: tariffs.Tariff) -> None:
    """Raises TariffError with `other_currency` or `other_zone` than the site's."""
    if tariff.currency != site.currency:
        raise TariffError("other_currency", "currency", f"write the site's own, {site.currency}")
    if tariff.zone.key != site.zone:
        raise TariffError("other_zone", "zone", f"write the site's own, {site.zone}")


def check_new(site: Site, tariff: tariffs.Tariff, at: datetime) -> None:
    """Raises TariffError as `check_tariff`, and `falls`."""
    check_tariff(site, tariff)
    check_never_falls(tariff, at.date())


def check_change(tariff: Tariff, changed: tariffs.Tariff, at: datetime) -> None:
    """As `check_new`; and while a garage uses the tariff, what has begun stays as it was. Raises TariffError."""
    check_new(tariff.site, changed, at)
    if queries.garages_using(tariff):
        check_history(tariff_from_dict(tariff.versions), changed, at)
