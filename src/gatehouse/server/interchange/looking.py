"""The job `photos`: pictures of a hand-over are looked at, a slice at a time; then its preview is there.

Only pictures of people who agreed are looked at. What is written down of a picture is why it is not taken, or how good
it is; the template is made anew when the import is taken in, so that none lies in between.
"""

import msgspec
import structlog
from django.db import transaction

from gatehouse.clock import monotonic_s
from gatehouse.domain.photo_files import NoBundle
from gatehouse.domain.photo_rows import Fate
from gatehouse.domain.portraits import Fault
from gatehouse.keeper.protocol import Refused
from gatehouse.server import keeping
from gatehouse.server.interchange import bundles, cells, queries
from gatehouse.server.interchange.bundles import Bundle
from gatehouse.server.interchange.models import Import, ImportRow, ImportState
from gatehouse.server.interchange.notes import SLICE_S
from gatehouse.server.interchange.sealed_file import IMPORTS
from gatehouse.vision.portraits import Portrait, read_portrait

log = structlog.get_logger()

BATCH = 8


def look_due() -> int:
    """A slice of every hand-over whose pictures wait; how many were looked at. Raises KeeperAway, ModelMissing."""
    done, ends = 0, monotonic_s() + SLICE_S
    for task in queries.looking():
        try:
            with bundles.opened(task) as bundle:
                while some := look_at_some(task, bundle):
                    done += some
                    if monotonic_s() >= ends:
                        return done
        except NoBundle:  # the disk lost it
            log.warning("import.file_lost", site=str(task.site_id))
            _none_can_be_read(task)
    return done


def look_at_some(task: Import, bundle: Bundle, batch: int = BATCH) -> int:
    """The next pictures; 0 when none is left, and then there is a preview. Raises KeeperAway, ModelMissing."""
    rows = list(queries.unseen(task)[:batch])
    if not rows:
        Import.objects.filter(pk=task.pk, state=ImportState.LOOKING).update(state=ImportState.CHECKED)
        return 0
    facts = cells.opened(rows, IMPORTS.authority, "imports")
    if isinstance(facts, Refused):
        raise keeping.KeeperRefused(facts.code, facts.facts)
    plains = []
    for row, one in zip(rows, facts, strict=True):
        found = portrait_of(bundle, one.photo)
        row.face = found.value if isinstance(found, Fault) else Fate.READY.value
        score = found.quality.score if isinstance(found, Portrait) else -1
        plains.append(cells.plain(task, row.pk, msgspec.structs.replace(one, quality=score)))
    sealed = cells.sealed(plains)
    with transaction.atomic():
        if Import.objects.select_for_update().filter(pk=task.pk, state=ImportState.LOOKING).exists():
            for row, cell in zip(rows, sealed, strict=True):
                ImportRow.objects.filter(pk=row.pk, face=Fate.WAITS).update(face=row.face, cell=cell)
    return len(rows)


def portrait_of(bundle: Bundle | None, photo: str) -> Portrait | Fault:
    """Raises ModelMissing."""
    data = Fault.NO_IMAGE if bundle is None else bundle.photo(photo)
    return data if isinstance(data, Fault) else read_portrait(data)


def _none_can_be_read(task: Import) -> None:
    with transaction.atomic():
        if Import.objects.filter(pk=task.pk, state=ImportState.LOOKING).update(state=ImportState.CHECKED):
            ImportRow.objects.filter(task=task, face=Fate.WAITS).update(face=Fault.NO_IMAGE.value)
