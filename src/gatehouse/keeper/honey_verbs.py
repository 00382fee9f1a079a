"""Laying honey records, and noticing whoever names one."""

from gatehouse.crypto.sealing import KeyRef
from gatehouse.keeper import protocol
from gatehouse.keeper.cells import ref_of
from gatehouse.keeper.protocol import LABELS, Authority, Honey, HoneyCells, HoneyList, LayHoneys, Owner, Plain, Refused
from gatehouse.keeper.vault import Asker, Vault

NOBODY = Asker("", "")


def lay(vault: Vault, request: LayHoneys) -> HoneyList | Refused:
    """Never more than twenty, whoever asks how often."""
    asker = vault.asker(request.by)
    if isinstance(asker, Refused):
        return asker
    if not asker.may_job("honeys") or not request.sites:
        return Refused("not_allowed")
    vault.honeys.lay(request.sites)
    return HoneyList([Honey(*one) for one in vault.honeys.all()])


def cells(vault: Vault, request: HoneyCells) -> HoneyList | Refused:
    """Sealed as anybody's: a row that the database lost, or never had, is written anew."""
    asker = vault.asker(request.by)
    if isinstance(asker, Refused):
        return asker
    if not asker.may_job("honeys") or any(one not in vault.honeys for one in request.ids):
        return Refused("not_allowed")
    rows = {own: (kind, site) for own, kind, site in vault.honeys.all()}
    return HoneyList([Honey(own, *rows[own], _sealed(vault, own)) for own in request.ids])


def _sealed(vault: Vault, own: str) -> dict[str, bytes]:
    sealed: dict[str, bytes] = {}
    for name, text in vault.honeys.texts(own, vault.now().date()).items():
        ref = ref_of(LABELS[name], Owner(own))
        assert isinstance(ref, KeyRef)
        vault.make_keys([ref])
        cell = vault.cells.seal(Plain(name, Owner(own), own, text), ref)
        assert cell is not None
        sealed[name] = cell
    return sealed


def named(vault: Vault, request: protocol.Request) -> Refused | None:
    """Whoever names a honey record in a request is caught, whatever they ask: no page of ours knows its id. Cells name
    theirs only when they are opened, and `Vault.look` sees that. None where nobody is named."""
    found = vault.honeys.among(_subjects(request))
    if isinstance(request, protocol.Locate) and vault.honeys.is_plate(request.plate):
        vault.caught(NOBODY, "locate")  # anybody may type any plate: it is answered as a car that is not there
    if not found:
        return None
    by = getattr(request, "by", None)
    token = getattr(request, "ticket", None)
    authority = by if isinstance(by, Authority) else Authority(ticket=token if isinstance(token, str) else None)
    asker = vault.asker(authority)
    return vault.caught(NOBODY if isinstance(asker, Refused) else asker, type(request).__name__.lower(), found)


def _subjects(request: protocol.Request) -> list[str]:
    match request:
        case protocol.Tokens():
            return request.subjects
        case protocol.Find(among=list() as among):
            return among
        case protocol.Sign():
            return [str(request.claims.get("sub", ""))]
        case protocol.Entrust():
            return [one.subject for team in request.teams.values() for one in team] + list(request.teams)
        case protocol.Invite(subject=str() as subject):
            return [subject]
        case protocol.Forget() | protocol.Hold() | protocol.LiftHold() | protocol.Held() | protocol.Looks():
            return [request.subject]
    return []
