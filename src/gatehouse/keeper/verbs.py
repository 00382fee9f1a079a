"""The remaining verbs, and the table from a request's type to the function that answers it."""

from collections.abc import Callable
from secrets import token_bytes
from typing import Any

from gatehouse.crypto.errors import TooLong
from gatehouse.crypto.keyring import derive
from gatehouse.crypto.merkle import sign_checkpoint
from gatehouse.crypto.sealing import KeyRef
from gatehouse.crypto.signing import public_seal_key, public_sign_key
from gatehouse.crypto.tokens import issue
from gatehouse.keeper import (
    bulk,
    certifying,
    doors,
    erasing,
    filling,
    honey_verbs,
    incidents,
    looks,
    plates,
    protocol,
    proving,
    recovering,
    signing_in,
    teams,
    visits,
)
from gatehouse.keeper.admission import admit
from gatehouse.keeper.cells import Gone, Opened, ref_of
from gatehouse.keeper.errors import LogFull
from gatehouse.keeper.log import Entry
from gatehouse.keeper.protocol import LABELS, Bytes, Done, Refused, Reply, Role, Sealed, Text, Welcome
from gatehouse.keeper.rules import PASS_DAYS, RECEIPT_DAYS, SECRETS, WRITTEN_HERE
from gatehouse.keeper.vault import Vault
from gatehouse.wire import (
    ASK_CLAIMS,
    ASK_KIND,
    ASK_WAIT_S,
    ASKED,
    PASS_CLAIMS,
    PASS_KIND,
    RECEIPT_CLAIMS,
    RECEIPT_KIND,
)

VERSION = 1
NOTE_LIMIT = 10_000
MINTED_BYTES = 32
_CLAIMS: dict[str, dict[str, type]] = {
    PASS_KIND: {name: int if name in ("nbf", "exp") else str for name in PASS_CLAIMS},
    RECEIPT_KIND: {name: int if name == "exp" else str for name in RECEIPT_CLAIMS},
    ASK_KIND: {name: int if name == "exp" else str for name in ASK_CLAIMS},
}


def answer(vault: Vault, request: protocol.Request) -> Reply:
    """The reply to one request. Raises only when the world failed."""
    try:
        tripped = honey_verbs.named(vault, request)
        if tripped is not None:
            return tripped
        return _TABLE[type(request)](vault, request)
    except LogFull:
        return Refused("log_full")


def hello(vault: Vault, request: protocol.Hello) -> Welcome:
    return Welcome(VERSION, public_seal_key(vault.seal_key), public_sign_key(vault.sign_key))


def secret(vault: Vault, request: protocol.Secret) -> Bytes | Refused:
    if request.name not in SECRETS:
        return Refused("not_allowed")
    return Bytes(derive(vault.store.own_key("secrets"), "server secret/1", request.name.encode()))


def seal(vault: Vault, request: protocol.Seal) -> Sealed | Refused:
    refs: list[KeyRef] = []
    for place, plain in enumerate(request.cells):
        label = LABELS.get(plain.label)
        ref = None if label is None else ref_of(label, plain.owner)
        if ref is None:
            return Refused("bad_request", {"cell": place})
        if plain.label in WRITTEN_HERE:
            return Refused("not_allowed", {"label": plain.label})
        refs.append(ref)
    vault.make_keys(refs)
    try:
        cells = [vault.cells.seal(plain, ref) for plain, ref in zip(request.cells, refs, strict=True)]
    except TooLong:
        return Refused("bad_request")
    whole = [cell for cell in cells if cell is not None]
    return Sealed(whole) if len(whole) == len(cells) else Refused("day_destroyed")


def mint(vault: Vault, request: protocol.Mint) -> Bytes | Refused:
    """Made here, so that no page and no browser ever chose it."""
    asker = vault.asker(request.by)
    if isinstance(asker, Refused):
        return asker
    if not asker.may("mint") or not request.site or not asker.reaches(request.site):
        return Refused("not_allowed")
    plain = protocol.Plain(
        label="hook.secret/1", owner=protocol.Owner(id=request.site), row=request.row, data=token_bytes(MINTED_BYTES)
    )
    made = seal(vault, protocol.Seal(cells=[plain]))
    if isinstance(made, Refused):
        return made
    vault.record("mint", asker, purpose="hook.secret")
    return Bytes(made.cells[0])


def index(vault: Vault, request: protocol.Index) -> Done | Refused:
    """Cells whose keys are gone are passed over; so are honey records, or a search would come upon one."""
    for place, cell in enumerate(request.cells):
        label, opened = LABELS.get(cell.label), vault.cells.open(cell)
        if label is None or not label.indexed or not isinstance(opened, Opened | Gone):
            return Refused("bad_request", {"cell": place})
        if isinstance(opened, Opened) and opened.subject in vault.honeys:
            continue
        if isinstance(opened, Opened) and label.key not in vault.holds.waiting(opened.subject):
            vault.index.put(cell.label, cell.row, opened.subject, opened.data.decode("utf-8", "replace"))
    return Done()


def sign(vault: Vault, request: protocol.Sign) -> Text | Refused:
    """A worker signs only passes of their own."""
    asker = vault.asker(request.by)
    if isinstance(asker, Refused):
        return asker
    shape, claims = _CLAIMS[request.kind], request.claims
    if claims.keys() != shape.keys() or any(type(claims[name]) is not kind for name, kind in shape.items()):
        return Refused("bad_request")
    if not claims["site"] or not _ends_in_time(request.kind, claims, vault.now().timestamp()):
        return Refused("bad_request")
    own = asker.role != Role.WORKER or (asker.ticket is not None and claims.get("sub") == asker.ticket.subject)
    allowed = asker.may(f"sign.{request.kind}") or visits.may_sign(vault, asker, request.kind, claims)
    if not allowed or not own or not asker.reaches(str(claims["site"])):
        return Refused("not_allowed")
    try:
        text = issue(request.kind, claims, vault.sign_key)
    except TooLong:
        return Refused("bad_request")
    purpose = f"ask.{claims['what']}" if request.kind == ASK_KIND else request.kind
    vault.record("sign", asker, purpose=purpose, subjects=(str(claims["sub"]),) if "sub" in claims else ())
    return Text(text)


def _ends_in_time(kind: str, claims: dict[str, str | int], now_s: float) -> bool:
    if kind == ASK_KIND:
        return claims["what"] in ASKED and 0 < int(claims["exp"]) <= now_s + ASK_WAIT_S
    if kind == RECEIPT_KIND:
        return 0 < int(claims["exp"]) <= now_s + RECEIPT_DAYS * 86_400
    starts, ends, longest = int(claims["nbf"]), int(claims["exp"]), PASS_DAYS * 86_400
    return 0 < ends - starts <= longest and starts <= now_s + longest


def note(vault: Vault, request: protocol.Note) -> Done | Refused:
    if len(request.hashes) > NOTE_LIMIT or any(len(one) != 32 for one in request.hashes):
        return Refused("bad_request")
    vault.log.append(Entry(at=vault.now(), kind="note", hashes=request.hashes, count=len(request.hashes)))
    return Done()


def checkpoint(vault: Vault, request: protocol.Checkpoint) -> Text:
    size, root = vault.remember_head()
    return Text(sign_checkpoint(vault.origin, size, root, vault.sign_key))


_TABLE: dict[type[protocol.Request], Callable[[Vault, Any], Reply]] = {
    protocol.Hello: hello,
    protocol.Secret: secret,
    protocol.Mint: mint,
    protocol.Seal: seal,
    protocol.Admit: admit,
    protocol.Tokens: looks.tokens,
    protocol.Who: looks.who,
    protocol.Locate: plates.locate,
    protocol.Retoken: plates.retoken,
    protocol.Resemble: plates.resemble,
    protocol.Claim: plates.claim,
    protocol.SecondPlate: plates.second_plate,
    protocol.Find: looks.find,
    protocol.Index: index,
    protocol.Reveal: looks.reveal,
    protocol.Reseal: looks.reseal,
    protocol.Sign: sign,
    protocol.Forget: erasing.forget,
    protocol.ForgetDays: erasing.forget_days,
    protocol.ForgetBooks: erasing.forget_books,
    protocol.Hold: erasing.hold,
    protocol.LiftHold: erasing.lift_hold,
    protocol.Held: erasing.held,
    protocol.Prove: proving.prove,
    protocol.Grant: filling.grant,
    protocol.Fill: filling.fill,
    protocol.EnrolRecipient: filling.enrol_recipient,
    protocol.Recipients: filling.recipients,
    protocol.Entrust: teams.entrust,
    protocol.Invite: doors.invite,
    protocol.SignIn: doors.sign_in,
    protocol.WhoAmI: doors.whoami,
    protocol.SignOut: doors.sign_out,
    protocol.EnrolEdge: doors.enrol_edge,
    protocol.Note: note,
    protocol.Checkpoint: checkpoint,
    protocol.Looks: looks.looks,
    protocol.Usage: looks.usage,
    protocol.AskBulk: bulk.ask,
    protocol.AnswerBulk: bulk.answer,
    protocol.EndBulk: bulk.end,
    protocol.Bulks: bulk.listed,
    protocol.LayHoneys: honey_verbs.lay,
    protocol.HoneyCells: honey_verbs.cells,
    protocol.AskIncidents: incidents.listed,
    protocol.AskKeys: recovering.keys,
    protocol.Roll: recovering.roll,
    protocol.KeepRecovery: recovering.keep_recovery,
    protocol.TakeSnapshot: recovering.take_snapshot,
    protocol.Rehearsed: recovering.rehearsed,
    protocol.Certify: certifying.certify,
    protocol.BeginPasskey: signing_in.begin_passkey,
    protocol.AddPasskey: signing_in.add_passkey,
    protocol.PasskeySignIn: signing_in.passkey_sign_in,
    protocol.BeginPassword: signing_in.begin_password,
    protocol.SetPassword: signing_in.set_password,
    protocol.PasswordSignIn: signing_in.password_sign_in,
    protocol.Ways: signing_in.ways,
    protocol.RemoveWay: signing_in.remove_way,
    protocol.SignOutEverywhere: signing_in.sign_out_everywhere,
    protocol.CloseAccount: signing_in.close_account,
}
