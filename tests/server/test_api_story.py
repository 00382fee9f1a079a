"""A site from nothing through the API alone, as an owner's script would set it up."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from tests.server.callers import Caller, caller
from tests.server.world import SETUP, TARIFF

from gatehouse.crypto.signing import new_device_keys
from gatehouse.domain.pay_facts import Month
from gatehouse.keeper.local import invite_operator
from gatehouse.keeper.protocol import Role
from gatehouse.server import bus, keeping
from gatehouse.server.accounts.models import Operator
from gatehouse.server.audit.models import Entry
from gatehouse.server.gates.models import Opening
from gatehouse.server.performance.actions import say_seen
from gatehouse.vision.packs import asset_path

SHIFT = {"start": "09:00", "end": "18:00", "break_min": 60, "break_over_min": 360}


@pytest.fixture
def owner(world):
    return caller(world, Role.OWNER)


@pytest.fixture
def at(world):
    return f"sites/{world.site.pk}"


def test_the_first_owner_comes_to_an_empty_machine_with_a_code_of_the_keepers_shell(world):
    actor = str(uuid4())
    status, entered = Caller().call("POST", "sign-in", {"code": invite_operator(world.home, actor)})
    assert (status, entered["role"]) == (200, "owner")
    assert Caller(entered["token"]).got("me")["actor"] == actor
    operator = Operator.objects.get(pk=actor)
    assert (operator.role, operator.sites, operator.handle.startswith("owner-")) == ("owner", [], True)
    assert Entry.objects.filter(verb="operator.first_came", object_id=actor).count() == 1


def test_an_operator_who_was_stopped_stays_out(world):
    actor = str(uuid4())
    Operator.objects.create(pk=actor, handle="gone", role="owner", active=False)
    status, answer = Caller().call("POST", "sign-in", {"code": invite_operator(world.home, actor)})
    assert (status, answer["type"]) == (403, "urn:gatehouse:not_active")


def test_a_code_for_somebody_whose_id_is_none_of_ours_lets_nobody_in(world):
    status, answer = Caller().call("POST", "sign-in", {"code": invite_operator(world.home, "not-a-uuid")})
    assert (status, answer["type"]) == (403, "urn:gatehouse:not_active")


def test_a_code_signs_in_once(world):
    code = invite_operator(world.home, str(uuid4()))
    assert Caller().call("POST", "sign-in", {"code": code})[0] == 200
    status, answer = Caller().call("POST", "sign-in", {"code": code})
    assert (status, answer["type"]) == (401, "urn:gatehouse:bad_code")


def test_after_signing_out_the_ticket_is_worth_nothing(owner):
    assert owner.call("POST", "sign-out") == (204, None)
    assert owner.call("GET", "me")[0] == 401


def test_a_site_is_set_up_from_nothing(owner):
    site = owner.made("sites", code="yard", name="Yard", type="construction", zone="Europe/Berlin", currency="EUR")
    path = f"sites/{site['id']}"
    zone = owner.made(f"{path}/zones", code="inner", name="Inner yard")["id"]
    group = owner.made(f"{path}/groups", name="Masons")["id"]
    owner.made(f"{path}/departments", name="Bricks")
    windows = [{"weekdays": [0, 1, 2, 3, 4], "start": "06:00", "end": "20:00"}]
    schedule = owner.made(f"{path}/schedules", name="Weekdays", windows=windows, closed_on=["2026-12-25"])["id"]
    gate = owner.made(
        f"{path}/gates", code="front", name="Front", kind="door", direction="both", means=["card", "face"], zone=zone
    )["id"]
    owner.made(f"{path}/rules", groups=[group], gates=[gate], schedule=schedule, ends="2030-01-01T00:00:00+01:00")
    owner.made(f"gates/{gate}/devices", kind="relay", driver="shelly", address="http://10.0.0.5", secret="s3cret")
    assert [row["code"] for row in owner.got("sites")] == ["works", "yard"]
    assert [(row["code"], row["zone"]) for row in owner.got(f"{path}/gates")] == [("front", zone)]
    assert [row["name"] for row in owner.got(f"{path}/groups")] == ["Masons"]


def test_an_edge_is_enrolled_and_learns_the_keepers_keys(world, owner, at):
    import base64

    keys = new_device_keys().public()
    made = owner.made(
        f"{at}/edges",
        edge="edge-new",
        sign_key=base64.b64encode(keys.sign_key).decode(),
        seal_key=base64.b64encode(keys.seal_key).decode(),
    )
    welcome = world.keeper.hello()
    assert base64.b64decode(made["keeper_seal_key"]) == welcome.seal_key
    assert base64.b64decode(made["keeper_verify_key"]) == welcome.verify_key
    assert "edge-new" in {row["edge"] for row in owner.got(f"{at}/edges")}


def test_an_edge_of_one_site_is_not_taken_over_by_another(world, owner):
    other = owner.made("sites", code="yard", name="Yard", type="garage", zone="Europe/Berlin", currency="EUR")["id"]
    key = "A" * 43 + "="
    body = {"edge": world.edge.pk, "sign_key": key, "seal_key": key}
    status, answer = owner.call("POST", f"sites/{other}/edges", body)
    assert (status, answer["type"]) == (409, "urn:gatehouse:exists")


def test_a_gate_shows_what_it_did_last_and_its_alarms(world, owner, at):
    bus.set_tile(world.site.pk, "door", at=world.now(), outcome="refused", reason="no_rule", means="face")
    door = next(row for row in owner.got(f"{at}/gates") if row["code"] == "door")
    assert (door["last"]["outcome"], door["last"]["reason"]) == ("refused", "no_rule")


def test_an_opening_by_hand_is_ordered_with_its_reason_sealed(world, owner):
    made = owner.made(f"gates/{world.door.pk}/open", reason="Delivery of glass")
    order = Opening.objects.get(pk=made["id"])
    assert order.gate == world.door
    assert b"glass" not in bytes(order.reason_cell)


def test_a_person_gets_every_way_in_and_leaves(world, owner, at):
    person = owner.made(f"{at}/people", number="S-77", name="Ada Brook", groups=[str(world.group.pk)])["id"]
    path = f"people/{person}"
    listed = owner.got(f"{at}/people")
    assert listed == {
        "people": [{"id": person, "number": "S-77", "initials": "AB", "state": "active"}],
        "total": 1,
    }
    picture = asset_path("astronaut.png").read_bytes()
    assert owner.upload(f"{path}/face", picture)[1]["type"] == "urn:gatehouse:no_consent"
    owner.made(f"{path}/consents", purpose="face", wording="face-at-gates/1")
    assert owner.upload(f"{path}/face", picture)[0] == 201
    assert owner.upload(f"{path}/face", b"no picture")[1]["type"] == "urn:gatehouse:no_image"
    owner.made(f"{path}/cards", number="04AB7788")
    owner.made(f"{path}/pin", digits="4711")
    today = world.now().date()
    span = {"starts": today.isoformat(), "ends": (today + timedelta(days=7)).isoformat()}
    assert owner.made(f"{path}/passes", **span)["text"]
    assert owner.call("DELETE", f"{path}/consents") == (204, None)
    assert owner.upload(f"{path}/face", picture)[1]["type"] == "urn:gatehouse:no_consent"
    assert owner.call("POST", f"{path}/leave") == (200, {"state": "left", "file": "dated"})
    assert owner.call("POST", f"{path}/pin", {"digits": "4711"})[1]["type"] == "urn:gatehouse:left"


def test_a_worker_signs_in_with_the_code_that_personnel_gave_and_reads_only_their_own(world, owner):
    mine, other = world.hire("S-1", "Lin Moss"), world.hire("S-2", "Ole Reed")
    code = owner.made(f"people/{mine.pk}/invite")["code"]
    _, entered = Caller().call("POST", "sign-in", {"code": code})
    worker = Caller(entered["token"])
    assert worker.got("me")["subject"] == str(mine.pk)
    assert worker.got(f"people/{mine.pk}/workdays?from=2026-11-01&to=2026-11-30") == []
    assert worker.call("GET", f"people/{other.pk}/workdays?from=2026-11-01&to=2026-11-30")[0] == 404


def test_a_garage_is_set_up_and_its_stays_tell_amounts_and_never_plates(world, owner, at):
    zone = owner.made(f"{at}/zones", code="north", name="North")["id"]
    tariff = owner.made(f"{at}/tariffs", code="second", versions=TARIFF)["id"]
    made = owner.made(f"{at}/garages", code="north", name="North", zone=zone, tariff=tariff, leave_min=10)
    assert made["pay_code"]
    assert {row["code"] for row in owner.got(f"{at}/garages")} == {"main", "north"}
    world.tell(world.enters("京N8P367", at=world.ago(minutes=100)))
    stays = owner.got(f"garages/{world.garage.pk}/stays")
    assert stays["total"] == 1
    assert stays["stays"][0]["due_minor"] == 1000
    assert "8P367" not in str(stays)
    world.tell(world.leaves("京N8P367"))
    today = world.now().date()
    span = f"from={today - timedelta(days=2)}&to={today + timedelta(days=2)}"
    closed = owner.got(f"garages/{world.garage.pk}/stays/closed?{span}")
    assert [(row["state"], row["amount_minor"]) for row in closed["stays"]] == [("unpaid", 1000)]


def test_a_page_of_stays_asks_the_keeper_once(world, owner, monkeypatch):
    world.tell(*(world.enters(f"京B{n:05}", at=world.ago(minutes=100)) for n in range(3)))
    asked, inner = [], keeping.reveal
    monkeypatch.setattr(keeping, "reveal", lambda *args: asked.append(args) or inner(*args))
    stays = owner.got(f"garages/{world.garage.pk}/stays")
    assert [stay["due_minor"] for stay in stays["stays"]] == [1000] * 3
    assert len(asked) == 1


def test_a_bad_tariff_is_refused_with_the_path_of_its_field(owner, at):
    broken = TARIFF | {"versions": [{"blocks": {"length_min": 0, "rules": []}}]}
    status, answer = owner.call("POST", f"{at}/tariffs", {"code": "bad", "versions": broken})
    assert status == 422
    assert answer["errors"][0]["field"].startswith("versions.versions[0].blocks")


def test_a_vehicle_and_its_permit(world, owner, at):
    person = str(world.hire().pk)
    vehicle = owner.made(f"{at}/vehicles", plate="川A 5K286", owner=person)["id"]
    owner.made(f"vehicles/{vehicle}/permits", garage=str(world.garage.pk), starts="2026-11-01")
    assert owner.call("POST", f"{at}/vehicles", {"plate": "--"})[1]["errors"][0]["field"] == "plate"


def test_shifts_contract_workdays_figures_and_a_draft_payslip(world, owner, at):
    person = world.hire()
    path, today = f"people/{person.pk}", world.now().astimezone().date()
    yesterday = today - timedelta(days=1)
    owner.made(f"{at}/patterns", code="day", name="Day", rules=SHIFT)
    assert owner.made(f"{path}/shifts", pattern="day", dates=[yesterday.isoformat()]) == {"planned": 1}
    first = date(today.year - 1, 1, 1).isoformat()
    owner.made(f"{path}/contracts", kind="monthly", wage_minor=900_000, currency="CNY", starts=first)
    body = {"site": str(world.site.pk), "day": yesterday.isoformat()}
    assert owner.call("POST", "jobs/workdays/run", body) == (200, {"written": 1, "without": []})
    days = owner.got(f"{path}/workdays?from={yesterday}&to={today}")
    assert [(day["shift"], day["flags"]) for day in days] == [("day", ["absent"])]
    status, alone = owner.call("GET", f"{path}/performance?from={yesterday}&to={today}")
    assert (status, alone["type"]) == (409, "urn:gatehouse:not_seen_yet")
    say_seen(person, Month.of(yesterday), by=SETUP, at=world.now())
    figures = {row["measure"]: row for row in owner.got(f"{path}/performance?from={yesterday}&to={today}")}
    assert (figures["absence_days"]["over"], figures["absence_days"]["contested"]) == (1, False)
    month = f"{yesterday:%Y-%m}"
    assert owner.call("GET", f"{path}/payslip?month={month}")[0] == 404
    drafted = owner.made(f"{path}/payslip", month=month)
    assert drafted["lines"][0]["code"] == "basic"
    assert drafted["net_minor"] == sum(line["minor"] for line in drafted["lines"])
    assert owner.got(f"{path}/payslip?month={month}") == drafted


def test_a_later_term_of_the_contract_ends_the_one_before(world, owner):
    path = f"people/{world.hire().pk}/contracts"
    owner.made(path, kind="monthly", wage_minor=900_000, currency="CNY", starts="2026-01-01")
    owner.made(path, kind="monthly", wage_minor=950_000, currency="CNY", starts="2026-07-01")
    body = {"kind": "hourly", "wage_minor": 1, "currency": "CNY", "starts": "2026-03-01"}
    status, refused = owner.call("POST", path, body)
    assert (status, refused["type"], refused["day"]) == (409, "urn:gatehouse:overlap", "2026-03-01")
    assert "may not overlap" in refused["title"]
    same_day = body | {"starts": "2026-07-01"}
    assert owner.call("POST", path, same_day)[1]["type"] == "urn:gatehouse:overlap"


def test_the_job_payslips_says_who_got_no_draft_and_why(world, owner):
    """Two currencies within one month are this person's trouble, and said as such; the other one is paid."""
    paid, mixed = world.hire("S-1"), world.hire("S-2")
    term = {"kind": "monthly", "wage_minor": 900_000}
    owner.made(f"people/{paid.pk}/contracts", **term, currency="CNY", starts="2026-01-01")
    owner.made(f"people/{mixed.pk}/contracts", **term, currency="CNY", starts="2026-01-01")
    today = world.now().date()
    owner.made(f"people/{mixed.pk}/contracts", **term, currency="EUR", starts=f"{today:%Y-%m}-15")
    body = {"site": str(world.site.pk), "day": today.isoformat()}
    status, ran = owner.call("POST", "jobs/payslips/run", body)
    assert (status, ran["written"]) == (200, 1)
    (line,) = ran["without"]
    assert (line["person"], line["code"]) == (str(mixed.pk), "mixed_currencies")
    assert "currency" in line["title"]


def test_an_owner_invites_an_operator_of_one_site(world, owner):
    made = owner.made("operators", handle="guard-1", role="security", sites=[str(world.site.pk)])
    _, entered = Caller().call("POST", "sign-in", {"code": made["code"]})
    guard = Caller(entered["token"])
    assert guard.got("me")["sites"] == [str(world.site.pk)]
    assert guard.call("POST", "operators", {"handle": "x", "role": "owner"})[0] == 403
