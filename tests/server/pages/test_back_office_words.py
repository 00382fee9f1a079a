"""The back office in Chinese is Chinese throughout: heads, labels, choices, help, messages, and what codes mean."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.apps import apps
from django.urls import reverse
from tests.server.pages.test_back_office import DEVICE, LISTS
from tests.server.world import SETUP

from gatehouse.domain.shifts import DayClass
from gatehouse.keeper.protocol import Role
from gatehouse.server.attendance import actions as work
from gatehouse.server.attendance.models import NoteState
from gatehouse.server.attendance.notes import LeaveNote
from gatehouse.server.backoffice.wording_log import OBJECTS, VERBS
from gatehouse.server.gates.actions import add_rule, add_schedule
from gatehouse.server.gates.models import Gate, GateMode
from gatehouse.server.interchange.exporting import TABLES
from gatehouse.server.parking.actions import add_permit
from gatehouse.server.parking.lane_answers import Answer
from gatehouse.server.parking.models import ClosedStay, ExceptionKind, LaneException, ListKind, Payment, PaymentState
from gatehouse.server.people.actions import add_department
from gatehouse.server.people.models import VehicleState
from gatehouse.server.people.vehicle_actions import register_vehicle

SERVER = Path(__file__).parents[3] / "src" / "gatehouse" / "server"
LATIN = re.compile(r"[A-Za-z]{2,}")
# Names that are not words: ours, products, protocols, keys of the keyboard, the units and codes of the field.
NAMES = {
    "Gatehouse", "RTSP", "HTTP", "Shelly", "Gen2", "OSDP", "esc", "desk-1", "night-2", "PIN", "QR", "English",
    "docs/recipes", "null", "S-104", "Lin", "Moss",
}  # fmt: skip
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|~[0-9a-f]+", re.IGNORECASE)


class _Words(HTMLParser):
    """All that a reader sees or hears of a page; what lies in scripts and the names of icons are none."""

    SILENT = {"script", "style", "template"}
    VOID = {"input", "meta", "link", "img", "br", "hr", "path", "circle", "rect", "line", "polyline", "polygon"}

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.found += [given[name] for name in ("title", "placeholder", "aria-label", "alt") if given.get(name)]
        if tag not in self.VOID:
            self._open.append((tag, tag in self.SILENT or "material-symbols" in given.get("class", "")))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if data.strip() and not any(silent for _tag, silent in self._open):
            self.found.append(data.strip())


@pytest.fixture
def full(house):
    """A row in every list that the actions or the tables can give one."""
    world, at = house.world, house.world.now()
    day = at.date()
    gate = Gate.objects.get(pk=world.door.pk)
    schedule = add_schedule(
        world.site, "Hours", [{"weekdays": [0], "start": "08:00", "end": "18:00"}], [], by=SETUP, at=at
    )
    add_rule(world.site, [world.group], [gate], schedule=schedule, deny=True, by=SETUP, at=at)
    house.browser(Role.OWNER).post(reverse("admin:gates_device_add"), DEVICE | {"gate": gate.pk})
    vehicle = register_vehicle(world.site, "B1234", owner=None, by=SETUP, at=at)
    add_permit(vehicle, world.garage, starts=day, ends=None, by=SETUP, at=at)
    add_department(world.site, "Yard", by=SETUP, at=at)
    work.add_pattern(world.site, "day", "Day", {"start": "09:00:00", "end": "18:00:00"}, by=SETUP, at=at)
    work.set_calendar_day(world.site, day, DayClass.HOLIDAY, by=SETUP, at=at)
    for state in NoteState:
        note = LeaveNote(date=day, part="whole", reason="...")
        work.add_note(house.person, note, state=state, by=SETUP, at=at)
    for kind in ExceptionKind:
        LaneException.objects.create(garage=world.garage, kind=kind, at=at)
    money = {"garage": world.garage, "amount_minor": 500, "currency": "CNY"}
    for state in PaymentState:
        ref = f"ref-{state}"
        Payment.objects.create(stay=vehicle.pk, state=state, provider="test", provider_ref=ref, at=at, **money)
    for place, (state, _label) in enumerate(ClosedStay._meta.get_field("state").choices):
        row = {"id": f"00000000-0000-4000-8000-00000000000{place}", "left_on": day, "paid_minor": 0, "cell": b""}
        ClosedStay.objects.create(state=state, **row, **money)
    return house


def _addresses() -> list[str]:
    found = [reverse("admin:index")]
    for name in LISTS:
        model = apps.get_model(*name.split("_", 1))
        found += [reverse(f"admin:{name}_{kind}") for kind in ("changelist", "add")]
        rows = model.objects.all()
        assert rows, f"{name} has no row to look at"
        found += [reverse(f"admin:{name}_change", args=[row.pk]) for row in rows[:4]]
    return found


def _stored() -> set[str]:
    """What people and installations named themselves: every text in the database."""
    found: set[str] = set()
    for model in apps.get_models():
        texts = [f.name for f in model._meta.concrete_fields if f.get_internal_type() in {"CharField", "SlugField"}]
        plain = [f for f in texts if not model._meta.get_field(f).choices and f not in {"verb", "object_type", "actor"}]
        plain = [f for f in plain if f not in {"kind", "direction", "state", "role", "day_class"}]
        found |= {str(value) for row in model.objects.values_list(*plain) for value in row} if plain else set()
    return found


def test_the_back_office_in_chinese_holds_no_english_word(full) -> None:
    browser = full.browser(Role.OWNER)
    browser.post(reverse("set_language"), {"language": "zh-hans", "next": "/"})
    own = {word.lower() for text in _stored() for word in re.findall(r"[\w.-]+", text)} | {"lm", "setup"}
    own |= {word.lower() for word in NAMES}
    left: dict[str, str] = {}
    for address in _addresses():
        page = browser.get(address)
        if page.status_code == 403:
            continue
        assert page.status_code == 200, address
        reader = _Words()
        reader.feed(page.content.decode())
        for text in reader.found:
            if text.startswith(("{", "[", '"')) or re.fullmatch(r"[A-Z]{3}|[A-Z]\w+(/[\w+-]+)+|(https?:/)?/\S+", text):
                continue  # rules as data, a currency, a time zone, an address
            words = [w for w in re.findall(r"[\w./-]+", ID.sub("", text)) if LATIN.search(w)]
            if any(word.lower().strip("./") not in own for word in words):
                left.setdefault(text, address)
    assert left == {}, sorted(left.items())


def test_every_verb_of_the_log_has_words() -> None:
    text = "\n".join(path.read_text("utf-8") for path in SERVER.rglob("*.py"))
    said = set(re.findall(r'record\(\s*"([^"]+)", "(\w+)"', text))
    assert len(said) > 40
    said |= {(f"note.{state}", "person") for state in NoteState} | {(f"gate.{mode}", "gate") for mode in GateMode}
    said |= {(f"vehicle.{state}", "vehicle") for state in VehicleState}
    made = set(re.findall(r'record\(\s*f"(\w+\.)\{', text))
    said |= {(f"lane.{answer}", "exception") for answer in Answer}
    said |= {(f"list.{kind}_added", "site") for kind in ListKind}
    said |= {(f"export.{table}", "site") for table in TABLES}
    said |= {(f"person.{kind}_{step}", "person") for kind in ("leave", "move") for step in ("planned", "done")}
    assert made == {"note.", "gate.", "vehicle.", "list.", "lane.", "export.", "person.", "site."}
    assert {verb for verb, _ in said} - set(VERBS) == set()
    assert {kind for _, kind in said} - set(OBJECTS) == set()
