"""Looks at people: what cells say, by somebody's authority and for a named purpose. Each is counted and logged by the
keeper before it answers; a refusal (`over_budget`, `not_allowed`) is an answer."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from gatehouse.keeper.protocol import Authority, Refused
from gatehouse.server import keeping
from gatehouse.server.people.actions import Facts
from gatehouse.server.people.cells import Bank, Brief, Contact, File, Identity, unpack
from gatehouse.server.people.models import Person, Vehicle

NO_BRIEF = Brief("", "")


@dataclass(frozen=True, slots=True)
class Named:
    """One person of a list. Empty texts where the keys are gone."""

    person: Person
    brief: Brief = field(repr=False)
    name: str = field(default="", repr=False)


def briefs(people: Sequence[Person], by: Authority, purpose: str = "people.list") -> list[Named] | Refused:
    """Staff numbers and initials, for lists."""
    cells = [keeping.cell("person.brief/1", person.pk, person.brief_cell) for person in people]
    data = keeping.reveal(cells, by, purpose)
    if isinstance(data, Refused):
        return data
    pairs = zip(people, data, strict=True)
    return [Named(person, Brief.from_bytes(text) if text else NO_BRIEF) for person, text in pairs]


def names(people: Sequence[Person], by: Authority, purpose: str) -> list[Named] | Refused:
    """Names as well; at most 25 at a time are meant to be asked for."""
    cells = [keeping.cell("person.brief/1", person.pk, person.brief_cell) for person in people]
    cells += [keeping.cell("person.name/1", person.pk, person.name_cell) for person in people]
    data = keeping.reveal(cells, by, purpose)
    if isinstance(data, Refused):
        return data
    half = len(people)
    return [
        Named(person, Brief.from_bytes(brief) if brief else NO_BRIEF, name.decode() if name else "")
        for person, brief, name in zip(people, data[:half], data[half:], strict=True)
    ]


def facts(person: Person, by: Authority, purpose: str = "person.edit") -> Facts | Refused:
    """Everything about one person, for the form that edits it. Counts as names, sensitive and work."""
    columns = ("brief", "name", "contact", "identity", "bank", "file")
    held = {name: getattr(person, f"{name}_cell") for name in columns}
    asked = [name for name in columns if held[name] is not None]
    cells = [keeping.cell(f"person.{name}/1", person.pk, held[name]) for name in asked]
    data = keeping.reveal(cells, by, purpose)
    if isinstance(data, Refused):
        return data
    texts = dict(zip(asked, data, strict=True))
    brief, name = texts.get("brief"), texts.get("name")
    contact, identity, bank, file = (texts.get(key) for key in ("contact", "identity", "bank", "file"))
    return Facts(
        number=Brief.from_bytes(brief).number if brief else "",
        name=name.decode() if name else "",
        contact=unpack(contact, Contact) if contact else Contact(),
        identity=unpack(identity, Identity) if identity else Identity(),
        bank=unpack(bank, Bank) if bank else Bank(),
        file=unpack(file, File) if file else File(),
    )


def plate(vehicle: Vehicle, by: Authority, purpose: str) -> str | Refused:
    """The vehicle's plate, empty where its key is gone."""
    data = keeping.reveal([keeping.cell("vehicle.plate/1", vehicle.pk, vehicle.plate_cell)], by, purpose)
    if isinstance(data, Refused):
        return data
    return data[0].decode() if data[0] else ""
