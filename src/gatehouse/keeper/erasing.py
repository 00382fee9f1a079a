"""Destroying keys: what is sealed under them is unreadable from then on, in every backup of the data too. What a legal
hold covers stays until the hold is over, and then goes by itself."""

import re
from datetime import UTC, date, timedelta

from gatehouse.crypto.sealing import KeyKind, KeyRef
from gatehouse.keeper import visits
from gatehouse.keeper.certificate import Stays, certificate
from gatehouse.keeper.protocol import (
    LABELS,
    Done,
    Forget,
    ForgetBooks,
    ForgetDays,
    Forgotten,
    Held,
    HeldList,
    Hold,
    KeyClass,
    LiftHold,
    Refused,
    Role,
    Text,
    Tombstones,
)
from gatehouse.keeper.rules import BOOKS_YEARS, FORGETTABLE, HOLD_WHY, HOLD_YEARS, RETENTION_DAYS
from gatehouse.keeper.vault import Asker, Vault

KEEPER = Asker("keeper", "keeper")
REFERENCE = re.compile(r"[\w ./#-]{0,40}")
_DAY_KINDS: dict[str, tuple[KeyKind, ...]] = {
    "others": (KeyKind.SITE_DAY_OTHER,),
    "all": (KeyKind.SITE_DAY, KeyKind.SITE_DAY_OTHER),
}


def forget(vault: Vault, request: Forget) -> Forgotten | Done | Refused:
    asker = vault.asker(request.by)
    if isinstance(asker, Refused):
        return asker
    classes = set(request.classes)
    of_stay = classes == {KeyClass.STAY}
    own_face = _is_own(asker, request.subject) and classes == {KeyClass.FACE}
    of_visit = visits.may_forget(vault, asker, request.subject, classes)
    if not own_face and not of_visit and not _leavers_face(asker, classes) and not _may_forget(asker, of_stay):
        return Refused("not_allowed")
    if of_stay:
        vault.store.destroy_keys([KeyRef(KeyKind.STAY, request.subject)], vault.now())
        return Done()
    if not (classes and classes <= FORGETTABLE):
        return Refused("bad_request")
    return _forget(vault, asker, request.subject, classes)


def _forget(vault: Vault, asker: Asker, subject: str, classes: set[KeyClass]) -> Forgotten:
    """What is not held goes now, the rest when its hold is over."""
    holds = [hold for hold in vault.holds.on(subject, _today(vault)) if hold.key in classes]
    held = {hold.key for hold in holds}
    if held:
        vault.holds.wait(subject, held)
        place = vault.record("withheld", asker, purpose=_listed(held), subjects=(subject,))
    gone = classes - held
    destroyed: dict[KeyClass, int] = {}
    if gone:
        place, destroyed = _destroy(vault, asker, subject, gone)
    if held:
        _hide(vault, subject, held)
    stays = [Stays(hold.key, hold.why, hold.reference, hold.until, hold.actor) for hold in holds]
    made = certificate(vault, asker, subject, destroyed, stays, place)
    return Forgotten(made, sorted(gone), [hold.told() for hold in holds])


def _destroy(vault: Vault, asker: Asker, subject: str, classes: set[KeyClass]) -> tuple[int, dict[KeyClass, int]]:
    """The line comes first: a destroyed key without a line would be a hole in the log."""
    place = vault.record("tombstone", asker, purpose=_listed(classes), subjects=(subject,))
    gone = vault.store.destroy_keys([KeyRef(KeyKind[cls.name], subject) for cls in sorted(classes)], vault.now())
    vault.holds.done(subject, classes)
    _drop(vault, subject, classes)
    kinds = {ref.kind.name for ref in gone}
    return place, {cls: int(cls.name in kinds) for cls in classes}


def finish_waiting(vault: Vault) -> None:
    """Erasures whose holds are over are carried out, each with its line."""
    for subject, classes in vault.holds.due(_today(vault)).items():
        _destroy(vault, KEEPER, subject, classes)


def _listed(classes: set[KeyClass]) -> str:
    return ",".join(sorted(classes))


def _today(vault: Vault) -> date:
    """Of people, who belong to no site here."""
    return vault.now().astimezone(UTC).date()


def _is_own(asker: Asker, subject: str) -> bool:
    return asker.role == Role.WORKER and asker.ticket is not None and asker.ticket.subject == subject


def _leavers_face(asker: Asker, classes: set[KeyClass]) -> bool:
    """On somebody's last day the job that ends their access destroys the face as well, and no other key."""
    return asker.job is not None and asker.may("forget.face") and classes == {KeyClass.FACE}


def _may_forget(asker: Asker, of_stay: bool) -> bool:
    """A stay's keys go when it closes, by the job; a subject's by a person's word only."""
    if of_stay:
        return asker.job is not None and asker.may("forget.stay")
    return asker.ticket is not None and asker.may("forget")


def _drop(vault: Vault, subject: str, classes: set[KeyClass]) -> None:
    """Out of the keeper's memory as well."""
    _hide(vault, subject, classes)
    if KeyClass.ACCESS in classes:
        vault.people.drop(subject)
    if KeyClass.IDENTITY in classes:
        vault.tickets.revoke(subject)
        vault.accounts.drop(f"worker:{subject}")
        vault.teams.forget(subject)


def _hide(vault: Vault, subject: str, classes: set[KeyClass]) -> None:
    """No search finds them any more, also by what is kept for a hold."""
    vault.index.drop(subject, frozenset(name for name, label in LABELS.items() if label.key in classes))


# --- holds ---


def hold(vault: Vault, request: Hold) -> Text | Refused:
    asker = vault.asker(request.by)
    if isinstance(asker, Refused):
        return asker
    if asker.ticket is None or not asker.may("hold"):
        return Refused("not_allowed")
    if request.key not in FORGETTABLE or not request.subject:
        return Refused("bad_request", {"field": "key"})
    if request.why not in HOLD_WHY:
        return Refused("bad_request", {"field": "why"})
    if not REFERENCE.fullmatch(request.reference):
        return Refused("bad_request", {"field": "reference"})
    today = _today(vault)
    if not today < request.until <= today + timedelta(days=366 * HOLD_YEARS):
        return Refused("bad_request", {"field": "until"})
    said = f"{request.key}:{request.why}:{request.until.isoformat()}"
    vault.record("hold", asker, purpose=said, subjects=(request.subject,))
    return Text(
        vault.holds.lay(request.subject, request.key, request.until, request.why, request.reference, asker.actor)
    )


def lift_hold(vault: Vault, request: LiftHold) -> Done | Refused:
    """What had waited for it is destroyed at once."""
    asker = vault.asker(request.by)
    if isinstance(asker, Refused):
        return asker
    if asker.ticket is None or not asker.may("hold"):
        return Refused("not_allowed")
    found = vault.holds.find(request.id)
    if found is None or found.subject != request.subject:
        return Refused("bad_request", {"field": "id"})
    vault.record("lift", asker, purpose=f"{found.key}:{found.why}", subjects=(found.subject,))
    vault.holds.lift(found.id)
    finish_waiting(vault)
    return Done()


def held(vault: Vault, request: Held) -> HeldList | Refused:
    """What there is of a subject and what stands against erasing it. No personal data, so no budget."""
    asker = vault.asker(request.by)
    if isinstance(asker, Refused):
        return asker
    if not _is_own(asker, request.subject) and (asker.ticket is None or not asker.may("hold")):
        return Refused("not_allowed")
    there = [cls for cls in sorted(FORGETTABLE) if vault.store.key(KeyRef(KeyKind[cls.name], request.subject))]
    laid = [one.told() for one in vault.holds.on(request.subject, _today(vault))]
    return HeldList(there, laid, sorted(vault.holds.waiting(request.subject)))


# --- days and books ---


def forget_days(vault: Vault, request: ForgetDays) -> Tombstones | Refused:
    asker = vault.asker(request.by)
    if isinstance(asker, Refused):
        return asker
    if not asker.may("forget_days") or not asker.reaches(request.site):
        return Refused("not_allowed")
    today = vault.today(request.site)
    kept = timedelta(days=RETENTION_DAYS if asker.job is not None else 0)
    if request.before > today - kept:
        return Refused("bad_request", {"field": "before"})
    vault.days.close_before(request.site, request.before, _DAY_KINDS[request.which])
    refs = vault.days.before(request.site, request.before, _DAY_KINDS[request.which])
    if not refs:
        return Tombstones(0)
    word = "days" if request.which == "all" else "days.others"
    said = f"{word}:{request.site}:{request.before.isoformat()}:{len(refs)}"
    place = vault.record("tombstone", asker, purpose=said)
    keys = [vault.store.key(ref) for ref in refs if ref.kind is KeyKind.SITE_DAY]
    vault.store.destroy_keys(refs, vault.now())
    for key in keys:
        if key is not None:
            vault.people.forget_day(key)
    return Tombstones(len(refs), place)


def forget_books(vault: Vault, request: ForgetBooks) -> Tombstones | Refused:
    """The books of whole years; the law's least number of years is not the site's to shorten."""
    asker = vault.asker(request.by)
    if isinstance(asker, Refused):
        return asker
    if not asker.may("forget_books") or not asker.reaches(request.site):
        return Refused("not_allowed")
    if request.before > vault.today(request.site).year - BOOKS_YEARS:
        return Refused("bad_request", {"field": "before"})
    years = [n for n in vault.store.numbers(KeyKind.BOOKS, request.site) if n < request.before]
    if not years:
        return Tombstones(0)
    place = vault.record("tombstone", asker, purpose=f"books:{request.site}:{request.before}:{len(years)}")
    vault.store.destroy_keys([KeyRef(KeyKind.BOOKS, request.site, year) for year in years], vault.now())
    return Tombstones(len(years), place)
