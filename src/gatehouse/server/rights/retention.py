"""Keeping no longer than a site says: keys of days and books are destroyed, rows deleted, and what was done is written
down. A day whose key is gone is never made again, so a letter that comes later is refused.
"""

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Literal
from zoneinfo import ZoneInfo

import structlog
from django.db import models, transaction

from gatehouse.crypto.errors import Malformed
from gatehouse.crypto.sealing import KeyKind, read_ref
from gatehouse.domain.periods import at_local, local_date
from gatehouse.domain.retention import Kept, Retention, books_before, days_before
from gatehouse.keeper.protocol import Refused, Tombstones
from gatehouse.server import keeping
from gatehouse.server.attendance.models import Punch
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.databases import fold
from gatehouse.server.gates.models import Attempt, GateAlarm, Passage, Quarantine
from gatehouse.server.parking.models import ClosedStay
from gatehouse.server.people.models import Site
from gatehouse.server.rights import queries
from gatehouse.server.rights.models import Destruction, RetentionSetup

log = structlog.get_logger()
RETENTION = By.job("retention")
CHUNK = 2000
_KNOWN = (
    KeyKind.SITE_DAY_PERSON
)  # the cell of somebody with an access key; every other one is a stranger's or vehicle's


@transaction.atomic
def set_retention(site: Site, kept: Retention, *, by: By, at: datetime) -> None:
    """In force from the next night on."""
    values = {"others": kept.others, "staff": kept.staff, "work": kept.work, "books": kept.books}
    RetentionSetup.objects.update_or_create(site=site, defaults=values)
    record("retention.set", "site", site.pk, by=by, at=at)


def destroy_due(site: Site, *, at: datetime) -> list[Destruction]:
    """What is due by now. Done again it changes nothing. Raises KeeperAway, KeeperRefused."""
    kept, today = queries.retention_of(site), local_date(at, ZoneInfo(site.zone))
    done = [
        _days(site, Kept.OTHERS, days_before(kept, Kept.OTHERS, today), at),
        _days(site, Kept.STAFF, days_before(kept, Kept.STAFF, today), at),
        _books(site, books_before(kept, today), at),
    ]
    _refused_letters(site)
    found = [one for one in done if one is not None]
    if found:
        fold()
        log.info("retention.done", site=str(site.pk), count=sum(one.rows for one in found))
    return found


def _days(site: Site, kept: Kept, before: date, at: datetime) -> Destruction | None:
    """The keys first: a row without its key is noise, and goes the next night if it must."""
    which: Literal["others", "all"] = "others" if kept is Kept.OTHERS else "all"
    told = _destroyed(keeping.forget_days(site.pk, before, which, RETENTION.authority))
    ends = at_local(before, time(0), ZoneInfo(site.zone))
    rows = _strangers(site, ends) if kept is Kept.OTHERS else _everything(site, ends)
    return _written(site, kept, before, told, rows, at)


def _strangers(site: Site, ends: datetime) -> int:
    """Rows of nobody with a key. What an earlier night has looked through is not looked at again."""
    last = queries.destructions(site).filter(kept=Kept.OTHERS).order_by("-before").first()
    begins = None if last is None else at_local(last.before, time(0), ZoneInfo(site.zone))
    count = 0
    for model in (Attempt, Passage):
        rows = model.objects.filter(site=site, at__lt=ends)
        if begins is not None and begins < ends:
            rows = rows.filter(at__gte=begins)
        found = rows.order_by().values_list("pk", "cell").iterator(chunk_size=CHUNK)
        count += _delete(model, [pk for pk, cell in found if not _is_known(cell)])
    count += GateAlarm.objects.filter(site=site, at__lt=ends).delete()[0]
    return count + Quarantine.objects.filter(edge__in=_edges(site), at__lt=ends).delete()[0]


def _everything(site: Site, ends: datetime) -> int:
    return sum(model.objects.filter(site=site, at__lt=ends).delete()[0] for model in (Attempt, Passage, Punch))


def _delete(model: type[models.Model], ids: list[object]) -> int:
    parts = [ids[start : start + 500] for start in range(0, len(ids), 500)]
    return sum(model._base_manager.filter(pk__in=part).delete()[0] for part in parts)


def _is_known(cell: bytes | memoryview | None) -> bool:
    try:
        return cell is not None and read_ref(bytes(cell)).kind is _KNOWN
    except Malformed:
        return False


def _refused_letters(site: Site) -> None:
    """A letter about a destroyed day lies in quarantine as received, sealed to the keeper: it goes the same night."""
    Quarantine.objects.filter(edge__in=_edges(site), code="day_destroyed").delete()


def _edges(site: Site) -> list[str]:
    return list(site.edges.values_list("pk", flat=True))


def _books(site: Site, before: int, at: datetime) -> Destruction | None:
    """Finished stays go with their year; payments and receipts stay as sums without a readable word."""
    told = _destroyed(keeping.forget_books(site.pk, before, RETENTION.authority))
    rows = ClosedStay.objects.filter(garage__site=site, left_on__lt=date(before, 1, 1)).delete()[0]
    return _written(site, Kept.BOOKS, date(before, 1, 1), told, rows, at)


def _destroyed(told: Tombstones | Refused) -> Tombstones:
    if isinstance(told, Refused):
        raise keeping.KeeperRefused(told.code, told.facts)
    return told


def _written(site: Site, kept: Kept, before: date, told: Tombstones, rows: int, at: datetime) -> Destruction | None:
    if not told.keys and not rows:
        return None
    with transaction.atomic():
        record("retention.destroyed", "site", site.pk, by=RETENTION, at=at)
        return Destruction.objects.create(
            site=site, kept=kept, before=before, at=at, keys=told.keys, rows=rows, place=told.place
        )


def lately(sites: Iterable[Site], limit: int = 30) -> list[Destruction]:
    return list(Destruction.objects.filter(site__in=list(sites)).select_related("site").order_by("-at", "id")[:limit])
