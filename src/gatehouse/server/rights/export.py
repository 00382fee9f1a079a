"""Everything that a person may read of themself, as one machine-readable file; by their own ticket, so that every part
is a look of theirs and counts against the cap of their own data.

`SOURCES` says where each label lies. A test holds it against the keeper's labels: a new personal label without a line
here, or a reason in `LEFT_OUT`, fails.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from django.db.models import Model

from gatehouse.domain.periods import local_date
from gatehouse.keeper.protocol import Cell, LookList, Looks, PassageFacts, Refused
from gatehouse.server import keeping
from gatehouse.server.attendance.models import AnswerBook, LeaveBook, NoteAnswer, RegisterEntry, Workday, WorkNote
from gatehouse.server.audit.by import By
from gatehouse.server.gates.models import Attempt, Passage
from gatehouse.server.payroll.models import Contract, PayInput, Payslip, RunSlip
from gatehouse.server.people.models import Consent, Credential, CredentialKind, Person, RosterEntry
from gatehouse.server.performance.models import Contest, ContestWord, Goal, Review
from gatehouse.server.pickup.models import Collector, PickupBook
from gatehouse.server.rights import queries
from gatehouse.server.rights.models import SubjectRequest

PURPOSE = "me.export"
FORMAT = "gatehouse personal data/1"
BATCH = 200  # cells a request; a worker makes 600 an hour
PASSAGE_DAYS = 40  # as far back as somebody's passages may be asked for


@dataclass(frozen=True, slots=True)
class Source:
    """The rows of a person that hold a label, and in which column. The row's id is the cell's."""

    label: str
    model: type[Model]
    column: str = "cell"
    path: str = "person"
    beside: tuple[str, ...] = ()  # clear columns that say of what date or kind it is

    def rows(self, person: Person) -> Iterator[Any]:
        found = self.model._base_manager.filter(**{self.path: person.pk}).order_by("pk")
        return (row for row in found if getattr(row, self.column) is not None)


def _of_person(*names: str) -> tuple[Source, ...]:
    return tuple(Source(f"person.{name}/1", Person, f"{name}_cell", "pk") for name in names)


SOURCES: tuple[Source, ...] = (
    *_of_person("brief", "name", "contact", "identity", "bank", "file"),
    Source("person.consent/1", Consent, beside=("purpose", "state")),
    Source("credential.card/1", Credential, beside=("kind", "state")),
    Source("credential.pass/1", Credential, beside=("kind", "state")),
    Source("credential.day_card/1", Credential, beside=("kind", "state")),
    Source("person.roster/1", RosterEntry),
    Source("pupil.pickup/1", PickupBook),
    Source("collector.children/1", Collector),
    Source("guardian.mail/1", Collector, "mail_cell"),
    Source("workday.facts/1", Workday, beside=("date",)),
    Source("workday.beside/1", Workday, "beside_cell", beside=("date",)),
    Source("work.note/1", WorkNote, beside=("kind", "state")),
    Source("note.answer/1", NoteAnswer, path="note__person"),
    Source("leave.book/1", LeaveBook),
    Source("work.answers/1", AnswerBook, beside=("month",)),
    Source("register.marks/1", RegisterEntry, beside=("date",)),
    Source("contract.terms/1", Contract),
    Source("contract.extras/1", Contract, "extras_cell"),
    Source("pay.input/1", PayInput, beside=("month", "kind")),
    Source("payslip.lines/1", Payslip, beside=("month", "state")),
    Source("payslip.run/1", RunSlip),
    Source("goal.facts/1", Goal),
    Source("review.text/1", Review),
    Source("review.reply/1", Review, "reply_cell"),
    Source("contest.about/1", Contest, beside=("state",)),
    Source("contest.words/1", ContestWord, path="contest__person", beside=("place", "side")),
    Source("subject.request/1", SubjectRequest, beside=("kind", "state")),
)
LEFT_OUT: dict[str, str] = {
    "face.template/1": "nobody is shown a template: a face can be rebuilt from it",
    "credential.pin/1": "nobody is shown a PIN",
    "face.quality/1": "how sharp and how lit a picture was; it says nothing of anybody",
    "face.photo/1": "no picture is kept",
    "staff.change/1": "a change of work that waits is told by HR when it is settled",
}
_ONE_KIND = {"credential.card/1": CredentialKind.CARD, "credential.pass/1": CredentialKind.QR}
_ONE_KIND["credential.day_card/1"] = CredentialKind.DAY_CARD


def export(person: Person, *, by: By, at: datetime) -> dict[str, object] | Refused:
    """Plain values for JSON. A refusal of the keeper's refuses the whole file. Raises KeeperAway."""
    parts: dict[str, list[dict[str, object]]] = {}
    for source in SOURCES:
        found = _read(source, person, by)
        if isinstance(found, Refused):
            return found
        parts[source.label] = found
    passages = _passages(person, by, at)
    if isinstance(passages, Refused):
        return passages
    looks = keeping.ask(Looks(subject=str(person.pk), ticket=by.authority.ticket or ""), LookList)
    if isinstance(looks, Refused):
        return looks
    return {
        "format": FORMAT,
        "person": str(person.pk),
        "made_at": at.isoformat(),
        "site": {"name": person.site.name, "zone": person.site.zone},
        "groups": sorted(person.memberships.values_list("group__name", flat=True)),
        "plan": [
            {"date": shift.date.isoformat(), "shift": shift.pattern.name}
            for shift in person.plan.select_related("pattern").order_by("date", "pattern__name")
        ],
        "vehicles": person.vehicles.count(),
        "data": parts,
        "passages": passages,
        "looks": [
            {"at": one.at.isoformat(), "by": one.actor, "role": one.role, "purpose": one.purpose, "class": one.budget,
             "place": one.place}
            for one in looks.looks
        ],
        "not_in_this_file": LEFT_OUT,
    }  # fmt: skip


def to_json(made: dict[str, object]) -> bytes:
    return json.dumps(made, ensure_ascii=False, indent=2).encode()


def _read(source: Source, person: Person, by: By) -> list[dict[str, object]] | Refused:
    rows = [row for row in source.rows(person) if _fits(source, row)]
    texts = _opened([keeping.cell(source.label, row.pk, getattr(row, source.column)) for row in rows], by)
    if isinstance(texts, Refused):
        return texts
    return [
        {"row": str(row.pk)} | {name: str(getattr(row, name)) for name in source.beside} | {"data": _plain(text)}
        for row, text in zip(rows, texts, strict=True)
        if text is not None
    ]


def _fits(source: Source, row: Any) -> bool:
    """One table holds every kind of way in; dead ones are empty."""
    kind = _ONE_KIND.get(source.label)
    return bool(getattr(row, source.column)) and (kind is None or row.kind == kind)


def _opened(cells: list[Cell], by: By) -> list[bytes | None] | Refused:
    texts: list[bytes | None] = []
    for start in range(0, len(cells), BATCH):
        part = keeping.reveal(cells[start : start + BATCH], by.authority, PURPOSE)
        if isinstance(part, Refused):
            return part
        texts += part
    return texts


def _plain(text: bytes) -> object:
    """JSON as it is; else the text."""
    try:
        return json.loads(text)
    except ValueError:
        return text.decode("utf-8", "replace")


def _passages(person: Person, by: By, at: datetime) -> list[dict[str, object]] | Refused:
    """Day by day, as far back as the site keeps them, found by the person's own tokens."""
    today = local_date(at, ZoneInfo(person.site.zone))
    back = min(queries.retention_of(person.site).staff, PASSAGE_DAYS)
    found: list[dict[str, object]] = []
    for n in range(back, -1, -1):
        tokens = keeping.tokens(person.site_id, today - timedelta(days=n), [person.pk], by.authority)
        if isinstance(tokens, Refused):
            if tokens.code == "day_destroyed":
                continue
            return tokens
        for model, label in ((Attempt, "attempt.facts/1"), (Passage, "passage.facts/1")):
            stops = _stops(model, label, [one for one in tokens if one], by)
            if isinstance(stops, Refused):
                return stops
            found += stops
    return sorted(found, key=lambda one: str(one["at"]))


def _stops(
    model: type[Attempt] | type[Passage], label: str, tokens: Iterable[bytes], by: By
) -> list[dict[str, object]] | Refused:
    rows = [row for row in model.objects.filter(token__in=list(tokens)).order_by("at") if row.cell]
    texts = _opened([keeping.cell(label, row.pk, row.cell or b"", bytes(row.token or b"")) for row in rows], by)
    if isinstance(texts, Refused):
        return texts
    read: Callable[[bytes], PassageFacts] = msgspec.msgpack.Decoder(PassageFacts).decode
    return [
        {"at": row.at.isoformat(), "gate": row.gate, "direction": row.direction, "what": label.partition(".")[0],
         "means": read(text).means, "reason": read(text).reason}
        for row, text in zip(rows, texts, strict=True)
        if text is not None
    ]  # fmt: skip
