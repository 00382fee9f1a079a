"""Destroying keys: what is sealed under them is unreadable from then on, in every backup of the data too."""

from datetime import timedelta

from gatehouse.crypto.sealing import KeyKind, KeyRef
from gatehouse.keeper.protocol import LABELS, Done, Forget, ForgetDays, KeyClass, Refused, Role
from gatehouse.keeper.rules import FORGETTABLE, RETENTION_DAYS
from gatehouse.keeper.vault import Asker, Vault


def forget(vault: Vault, request: Forget) -> Done | Refused:
    asker = vault.asker(request.by)
    if isinstance(asker, Refused):
        return asker
    classes = set(request.classes)
    of_stay = classes == {KeyClass.STAY}
    own_face = _is_own(asker, request.subject) and classes == {KeyClass.FACE}
    if not own_face and not _leavers_face(asker, classes) and not _may_forget(asker, of_stay):
        return Refused("not_allowed")
    if not of_stay and not (classes and classes <= FORGETTABLE):
        return Refused("bad_request")
    if not of_stay:
        # The line comes first: a destroyed key without a line would be a hole in the log.
        vault.record("tombstone", asker, purpose=",".join(sorted(classes)), subjects=(request.subject,))
    vault.store.destroy_keys([KeyRef(KeyKind[cls.name], request.subject) for cls in classes], vault.now())
    _drop(vault, request.subject, classes)
    return Done()


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
    vault.index.drop(subject, frozenset(name for name, label in LABELS.items() if label.key in classes))
    if KeyClass.ACCESS in classes:
        vault.people.drop(subject)
    if KeyClass.IDENTITY in classes:
        vault.tickets.revoke(subject)
        vault.accounts.drop(f"worker:{subject}")
        vault.teams.forget(subject)


def forget_days(vault: Vault, request: ForgetDays) -> Done | Refused:
    asker = vault.asker(request.by)
    if isinstance(asker, Refused):
        return asker
    if not asker.may("forget_days") or not asker.reaches(request.site):
        return Refused("not_allowed")
    today = vault.today(request.site)
    kept = timedelta(days=RETENTION_DAYS if asker.job is not None else 0)
    if request.before > today - kept:
        return Refused("bad_request", {"field": "before"})
    refs = vault.days.before(request.site, request.before)
    if refs:
        vault.record("tombstone", asker, purpose=f"days:{request.site}:{request.before.isoformat()}:{len(refs)}")
        keys = [vault.store.key(ref) for ref in refs]
        vault.store.destroy_keys(refs, vault.now())
        for key in keys:
            if key is not None:
                vault.people.forget_day(key)
    return Done()
