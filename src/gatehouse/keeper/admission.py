"""Letters in, facts without a person out: verified, opened, and sealed again for the database.

A letter that comes again yields the same token and the same stay id; only the nonces differ.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import msgspec

from gatehouse.crypto.errors import CryptoError
from gatehouse.crypto.keyring import plate_token
from gatehouse.crypto.letters import hpke_open, verify_letter
from gatehouse.crypto.sealing import KeyKind, KeyRef
from gatehouse.crypto.signing import read_request, verify_request
from gatehouse.domain.decisions import Reason
from gatehouse.domain.plates import normalise, vehicle_class
from gatehouse.domain.sightings import Means
from gatehouse.keeper.days import SPAN_DAYS, day_ref, local_date
from gatehouse.keeper.plates import tokens_of
from gatehouse.keeper.protocol import (
    Admissions,
    Admit,
    Admitted,
    FacePairFacts,
    Lane,
    Owner,
    PassageFacts,
    Plain,
    Refused,
    Sent,
    StayEntry,
    Unadmitted,
)
from gatehouse.keeper.rules import may_hold_stays
from gatehouse.keeper.store import Edge
from gatehouse.keeper.vault import Vault
from gatehouse.wire import (
    LETTER_INFO,
    LETTER_SIGNATURE,
    Attempt,
    Body,
    FacePair,
    GateEvent,
    Letter,
    Passage,
    WireError,
    decode_body,
    decode_letters,
    letter_aad,
)

PAPERS = frozenset({Reason.PAPER_MISSING, Reason.PAPER_NOT_YET, Reason.PAPER_ENDED})
_LEAST_YEAR, _LAST_YEAR = 1, 9999  # at these two some time zones have no date


@dataclass(frozen=True, slots=True)
class _Read:
    """A letter that its edge signed and that opened; `stay` where it opens one."""

    letter: Letter
    edge: Edge
    body: Body
    day: date
    stay: str | None


def admit(vault: Vault, request: Admit) -> Admissions | Refused:
    """One result per letter, in order; a letter that is refused never hinders another."""
    if not all(may_hold_stays(day, vault.today(site)) for site, day in request.stay_days.items()):
        return Refused("not_allowed")
    vouched = _vouched_for(vault, request.sent)
    reads = [_read(vault, letter, vouched) for letter in request.letters]
    good = [read for read in reads if isinstance(read, _Read)]
    stays = (KeyRef(KeyKind.STAY, read.stay) for read in good if read.stay is not None)
    vault.store.make_keys(ref for ref in stays if not vault.store.is_destroyed(ref))
    return Admissions([_admitted(vault, r, request.stay_days) if isinstance(r, _Read) else r for r in reads])


def _vouched_for(vault: Vault, sent: Sent | None) -> dict[int, Letter]:
    """The letters that an edge signed as a whole when it sent them: its own alone, each as it lies in that request. The
    device key that signs a letter signs the request, so nothing is believed that was not before; one signature is
    checked instead of up to two hundred."""
    proof = None if sent is None else read_request(sent.authorization)
    edge = None if proof is None else vault.store.edge(proof.edge)
    if sent is None or proof is None or edge is None:
        return {}
    if not verify_request(edge.sign_key, proof, method="POST", target=sent.target, body=sent.body):
        return {}
    try:
        letters = decode_letters(sent.body)
    except WireError:
        return {}
    return {letter.seq: letter for letter in letters if letter.edge == edge.edge}


def _read(vault: Vault, letter: Letter, vouched: Mapping[int, Letter]) -> _Read | Unadmitted:
    edge = vault.store.edge(letter.edge)
    if edge is None:
        return _refuse(letter, "unknown_edge")
    aad = letter_aad(letter.edge, letter.seq)
    if vouched.get(letter.seq) != letter and not _is_signed(letter, aad, edge):
        return _refuse(letter, "bad_signature")
    try:
        body = decode_body(hpke_open(letter.body, info=LETTER_INFO, aad=aad, private_key=vault.seal_key))
    except (CryptoError, WireError):
        return _refuse(letter, "unreadable")
    if body.at.tzinfo is None or not _LEAST_YEAR < body.at.year < _LAST_YEAR:
        return _refuse(letter, "unreadable")
    day, today = local_date(body.at, edge.zone), local_date(vault.now(), edge.zone)
    vault.days.make_ahead(edge.site, today)
    if vault.days.key_or_new(edge.site, day, today) is None:
        return _refuse(letter, "wrong_day" if (day - today).days > SPAN_DAYS else "day_destroyed")
    vault.days.make_other(edge.site, day)
    enters = isinstance(body, Passage) and body.plate is not None and body.direction == "in"
    return _Read(letter, edge, body, day, vault.stay_id(edge.edge, body.id) if enters else None)


def _is_signed(letter: Letter, aad: bytes, edge: Edge) -> bool:
    return verify_letter(letter.body, letter.signature, aad=aad, context=LETTER_SIGNATURE, verify_key=edge.sign_key)


def _refuse(letter: Letter, code: str) -> Unadmitted:
    return Unadmitted(edge=letter.edge, seq=letter.seq, code=code)


def _admitted(vault: Vault, read: _Read, stay_days: dict[str, date]) -> Admitted | Unadmitted:
    letter, body, site = read.letter, read.body, read.edge.site
    if isinstance(body, GateEvent):
        return Admitted(
            edge=letter.edge, seq=letter.seq, site=site, kind="event", id=body.id, gate=body.gate, at=body.at,
            day=read.day, direction="", granted=False, reason=body.kind, means="", attempt=body.attempt,
        )  # fmt: skip
    if isinstance(body, FacePair):
        return _pair(vault, read, body)
    day_key = vault.days.key(site, read.day)
    if day_key is None:  # destroyed since it was read
        return _refuse(letter, "day_destroyed")
    plate = None if body.plate is None else normalise(body.plate)
    if plate is not None:
        token: bytes | None = plate_token(day_key, plate)
    else:
        token = None if body.subject is None else vault.people.token(day_key, body.subject)
    cell = _facts_cell(vault, read, body, plate)
    if cell is None:  # the key of that day's strangers went before the day's own
        return _refuse(letter, "day_destroyed")
    passed = isinstance(body, Passage)
    return Admitted(
        edge=letter.edge, seq=letter.seq, site=site, kind="passage" if passed else "attempt", id=body.id,
        gate=body.gate, at=body.at, day=read.day, direction=body.direction,
        granted=True if isinstance(body, Passage) else body.granted, reason=body.reason, means=body.means,
        sensed=body.sensed if isinstance(body, Passage) else False,
        attempt=body.attempt if isinstance(body, Passage) else None, token=token,
        cell=cell,
        lane=None if plate is None else _lane(vault, read, body, plate, stay_days),
        stay=body.subject if passed and body.means == Means.RECEIPT else None,
        about=_about(body),
    )  # fmt: skip


def _about(body: Attempt | Passage) -> str:
    """Which paper was lacking, and from or until when: of nothing else the rule is told."""
    return body.rule or "" if isinstance(body, Attempt) and body.reason in PAPERS else ""


def _pair(vault: Vault, read: _Read, body: FacePair) -> Admitted | Unadmitted:
    """Who they are is sealed under the site's key, and nothing in it tells of a day."""
    letter, site = read.letter, read.edge.site
    ref = KeyRef(KeyKind.SITE, site)
    vault.store.make_keys([ref])
    facts = FacePairFacts(one=body.one, other=body.other, how=body.how)
    cell = vault.cells.seal(Plain("face.pair/1", Owner(site), body.id, msgspec.json.encode(facts)), ref)
    if cell is None:
        return _refuse(letter, "unreadable")
    return Admitted(
        edge=letter.edge, seq=letter.seq, site=site, kind="faces", id=body.id, gate="", at=body.at, day=read.day,
        direction="", granted=False, reason="", means="", cell=cell,
    )  # fmt: skip


def _facts_cell(vault: Vault, read: _Read, body: Attempt | Passage, plate: str | None) -> bytes | None:
    rule = body.rule if isinstance(body, Attempt) else None
    facts = PassageFacts(subject=body.subject, plate=plate, means=body.means, reason=body.reason, rule=rule)
    if isinstance(body, Attempt):
        facts = msgspec.structs.replace(
            facts, policy=body.policy, groups=body.groups, was_in=body.was_in, inside=body.inside
        )
    label = "passage.facts/1" if isinstance(body, Passage) else "attempt.facts/1"
    person = body.subject if plate is None else None
    day = day_ref(read.edge.site, read.day)
    return vault.cells.seal_passage(label, body.id, day, person, msgspec.msgpack.encode(facts))


def _lane(vault: Vault, read: _Read, body: Attempt | Passage, plate: str, stay_days: dict[str, date]) -> Lane | None:
    """The stay's token under the site's stay day; on the way in the stay's two cells as well. None when that day's key
    is gone. A stay that was closed and forgotten before this letter came again keeps no cells."""
    site = read.edge.site
    stay_day = stay_days.get(site, read.day)
    day_key = vault.days.key_or_new(site, stay_day, local_date(vault.now(), read.edge.zone))
    if day_key is None:
        return None
    tokens = tokens_of(day_key, plate)
    ref = None if read.stay is None else KeyRef(KeyKind.STAY, read.stay)
    if ref is None or vault.store.key(ref) is None:
        return Lane(token=tokens.exact, folded=tokens.folded)
    owner = Owner(ref.owner)
    entry = StayEntry(
        entered_at=body.at,
        reason=body.reason,
        passage=body.id,
        vehicle_class=vehicle_class(plate),
        vehicle=body.subject,
    )
    return Lane(
        token=tokens.exact,
        folded=tokens.folded,
        stay=ref.owner,
        plate_cell=vault.cells.seal(Plain("stay.plate/1", owner, ref.owner, plate.encode()), ref),
        entry_cell=vault.cells.seal(Plain("stay.entry/1", owner, ref.owner, msgspec.msgpack.encode(entry)), ref),
    )
