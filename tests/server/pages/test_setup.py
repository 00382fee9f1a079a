"""Set-up's pages: what comes with a site, gates and what stands at them, for owners alone, and no garbage."""

import pytest
from django.urls import reverse
from tests.server.pages.conftest import SETUP
from tests.server.test_asking import answer

from gatehouse import wire
from gatehouse.domain.site_types import KITS
from gatehouse.keeper.protocol import Role
from gatehouse.server import asking, bus
from gatehouse.server.audit.models import Entry
from gatehouse.server.gates import policies, policy_actions, queries
from gatehouse.server.gates.actions import add_device
from gatehouse.server.gates.models import Device, DeviceKind, Gate, Opening, Rule
from gatehouse.server.people.credential_actions import add_card
from gatehouse.server.people.models import Site
from gatehouse.server.rights.queries import retention_of

NEW = {"kind": "school", "name": "Hillside", "zone": "Europe/Berlin", "holidays": "on"}


@pytest.fixture
def owner(house):
    return house.browser(Role.OWNER)


def text(response):
    return response.content.decode()


def camera(house, address="rtsp://192.0.2.1/a"):
    return add_device(house.world.door, DeviceKind.CAMERA, "stream", address, by=SETUP, at=house.world.now())


def relay(house):
    return add_device(house.world.door, DeviceKind.RELAY, "shelly", "http://192.0.2.2", by=SETUP, at=house.world.now())


@pytest.fixture
def heard(house):
    """The edge of the world was heard a moment ago."""
    bus.hear(house.world.sim.id)


# --- the site ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KITS)
def test_a_site_comes_with_what_its_type_has(owner, kind):
    made = owner.post(reverse("setup-site"), NEW | {"kind": kind})
    site = Site.objects.get(name="Hillside")
    assert made["Location"] == reverse("setup-pages", args=[site.pk])
    kit = KITS[kind]
    assert (site.groups.count(), site.zones.count()) == (len(kit.groups), len(kit.zones))
    assert [
        queries.schedule_fact(row).windows for row in queries.schedules(site).order_by("name")
    ] != [] or not kit.hours
    assert site.currency == "EUR"
    assert retention_of(site) == kit.retention
    assert site.hidden_pages == sorted(kit.hidden)
    page = owner.get(made["Location"])
    assert page.status_code == 200
    assert owner.get(reverse("setup-at", args=[site.pk])).status_code == 200


def test_the_country_s_holidays_close_the_hours(owner, house):
    year = house.world.now().year
    owner.post(reverse("setup-site"), NEW)
    (hours,) = queries.schedules(Site.objects.get(name="Hillside"))
    assert (f"{year}-10-03" in hours.closed_on) == (year == 2026)


def test_pressed_twice_it_is_one_site(owner):
    for _ in range(2):
        owner.post(reverse("setup-site"), NEW)
    assert Site.objects.filter(name="Hillside").count() == 1


def test_a_name_in_chinese_makes_a_code_of_its_type(owner):
    owner.post(reverse("setup-site"), NEW | {"name": "山坡小学"})
    owner.post(reverse("setup-site"), NEW | {"name": "山坡中学"})
    assert set(Site.objects.filter(type="school").values_list("code", flat=True)) == {"school", "school-2"}


@pytest.mark.parametrize("change", [{"kind": "castle"}, {"zone": "Mars/Base"}, {"name": ""}, {"currency": "XXX"},
                                    {"name": "a\u202eb"}, {"zone": ""}])  # fmt: skip
def test_an_answer_that_is_none_makes_no_site(owner, change):
    before = Site.objects.count()
    assert owner.post(reverse("setup-site"), NEW | change).status_code == 422
    assert Site.objects.count() == before


def test_pages_that_every_site_does_without_are_left_out_at_the_top_and_work(house, owner):
    site = house.world.site
    assert ">Lanes</a>" in text(owner.get("/watch/"))
    owner.post(reverse("setup-pages", args=[site.pk]), {"shown": ["people", "month"]})
    shown = text(owner.get("/watch/"))
    assert ">Lanes</a>" not in shown
    assert ">People</a>" in shown
    assert owner.get("/lanes/").status_code == 200
    owner.post(reverse("setup-site"), NEW | {"kind": "garage"})
    assert ">Lanes</a>" in text(owner.get("/watch/"))


# --- the list ----------------------------------------------------------------------------------------------------


def test_an_owner_of_nothing_begins_at_set_up(house, owner):
    assert owner.get("/")["Location"] == "/watch/"
    for gate in Gate.objects.all():
        Opening.objects.filter(gate=gate).delete()
    page = text(owner.get(reverse("setup")))
    assert "Northgate" in page


def test_watch_tells_an_owner_what_is_left_until_somebody_was_let_in(house, owner):
    assert "is not set up yet" in text(owner.get("/watch/"))
    assert "is not set up yet" not in text(house.browser(Role.SECURITY).get("/watch/"))
    house.world.tell(house.world.attempt(subject=str(house.person.pk)))
    assert "is not set up yet" not in text(owner.get("/watch/"))


def test_the_list_ticks_itself_off(house, owner, heard):
    world = house.world
    address = reverse("setup-at", args=[world.site.pk])
    before = owner.get(address).context["left"]
    device, opener = camera(house), relay(house)
    owner.post(reverse("setup-opened", args=[opener.pk]), {"answer": "yes"})
    owner.post(
        reverse("setup-seen", args=[device.pk]), {"answer": "yes", "left": 0, "top": 0, "right": 100, "bottom": 100}
    )
    assert owner.get(address).context["left"] == before - 4


# --- gates -------------------------------------------------------------------------------------------------------


def test_a_gate_is_made_from_what_its_type_offers(house, owner):
    site = house.world.site
    made = owner.post(reverse("setup-gate-new", args=[site.pk]), {"name": "Front door", "kit": "punch_door"})
    gate = Gate.objects.get(name="Front door")
    assert made["Location"] == reverse("setup-gate", args=[gate.pk])
    assert (gate.code, gate.counts_attendance, "face" in gate.means) == ("front-door", True, True)
    assert owner.get(made["Location"]).status_code == 200


def test_a_second_gate_is_like_the_first_and_so_are_its_rules(house, owner):
    world = house.world
    fields = policy_actions.RuleFields((world.group,), (world.door,))
    Gate.objects.filter(pk=world.door.pk).update(open_s=7.5, has_sensor=True)
    owner.post(reverse("setup-rule", args=[world.site.pk]), {"groups": [world.group.pk], "gates": [world.door.pk]})
    owner.post(reverse("setup-gate-new", args=[world.site.pk]), {"name": "后门", "kit": "door", "like": world.door.pk})
    gate = Gate.objects.get(name="后门")
    assert (gate.code, gate.open_s, gate.has_sensor, gate.counts_attendance) == ("door-2", 7.5, True, True)
    assert {tuple(sorted(g.code for g in rule.gates.all())) for rule in Rule.objects.all()} == {("door",), ("door-2",)}
    policy_actions.save_rule(world.site, None, fields, by=SETUP, at=world.now())
    owner.post(reverse("setup-gate-new", args=[world.site.pk]), {"name": "Third", "kit": "door", "like": world.door.pk})
    _number, held = policies.in_force(world.site)
    assert "third" not in {code for rule in held.rules for code in rule.gates}  # others publish their own draft


def test_a_gate_goes_while_nobody_was_let_in_there(house, owner):
    world = house.world
    world.tell(world.attempt(subject=str(house.person.pk)))
    assert owner.post(reverse("setup-gate-remove", args=[world.door.pk])).status_code == 302
    assert Gate.objects.filter(pk=world.door.pk).exists()
    owner.post(reverse("setup-gate-new", args=[world.site.pk]), {"name": "Yard", "kit": "door"})
    yard = Gate.objects.get(name="Yard")
    assert owner.post(reverse("setup-gate-remove", args=[yard.pk]))["Location"] == reverse(
        "setup-at", args=[world.site.pk]
    )
    assert not Gate.objects.filter(name="Yard").exists()


# --- devices -----------------------------------------------------------------------------------------------------


def test_a_camera_is_written_by_its_make_and_its_password_is_sealed(house, owner):
    form = {"make": "hikvision", "host": "192.168.1.20", "address": "", "user": "admin", "password": "geheim-4711"}
    made = owner.post(reverse("setup-camera", args=[house.world.door.pk]), form)
    device = Device.objects.get()
    assert made["Location"] == reverse("setup-picture", args=[device.pk])
    assert device.address == "rtsp://192.168.1.20:554/Streaming/Channels/101"
    assert b"geheim" not in bytes(device.secret_cell)
    change = reverse("setup-camera-change", args=[house.world.door.pk, device.pk])
    assert "geheim" not in text(owner.get(change))
    owner.post(change, {"make": "", "host": "", "address": "rtsp://192.168.1.21/x", "user": "", "password": ""})
    device.refresh_from_db()
    assert device.address == "rtsp://192.168.1.21/x"
    assert device.secret_cell is not None


@pytest.mark.parametrize(
    "change",
    [
        {"address": "rtsp://admin:pw@192.0.2.1/"},
        {"address": "passwd"},
        {"address": "javascript:alert(1)"},
        {"address": "rtsp://"},
        {"address": ""},
        {"make": "hikvision", "host": ""},
        {"make": "hikvision", "host": "a b"},
        {"make": "hikvision", "host": "http://[::1"},
        {"make": "nobody", "host": "192.0.2.1"},
        {"address": "rtsp://192.0.2.1/", "password": "x"},
        {"address": "rtsp://192.0.2.1:99999/"},
        {"address": "rtsp://" + "a" * 300},
    ],
)
def test_an_address_that_is_none_is_said_and_makes_no_camera(house, owner, change):
    form = {"make": "", "host": "", "address": "", "user": "", "password": ""} | change
    answer = owner.post(reverse("setup-camera", args=[house.world.door.pk]), form)
    assert (answer.status_code, 'class="wrong"' in text(answer)) == (422, True)
    assert not Device.objects.exists()


@pytest.mark.parametrize("host", ["", "a b", "http://x:pw@192.0.2.1", "http://[", "192.0.2.1:99999"])
def test_a_relay_that_is_none(house, owner, host):
    assert owner.post(reverse("setup-relay", args=[house.world.door.pk]), {"host": host}).status_code == 422
    assert not Device.objects.exists()


def test_a_gate_has_one_relay_which_is_changed(house, owner):
    address = reverse("setup-relay", args=[house.world.door.pk])
    Gate.objects.filter(pk=house.world.door.pk).update(has_sensor=True)
    owner.post(address, {"host": "192.0.2.9", "password": "abc"})
    owner.post(address, {"host": "192.0.2.10", "password": ""})
    device = Device.objects.get()
    assert (device.address, device.tried) == ("http://192.0.2.10?inputs=0", False)
    assert device.secret_cell is not None


def asked(owner, house, device, name="setup-look"):
    """The question's page, and what the edge is told."""
    response = owner.post(reverse(name, args=[device]))
    assert response.status_code == 302, text(response)
    (question,) = asking._questions.values()
    return response["Location"], question


def test_a_picture_is_shown_once_and_that_it_was_looked_at_is_logged(house, owner, heard):
    device = camera(house)
    page, question = asked(owner, house, device.pk)
    assert "is asked" in text(owner.get(page))
    jpeg = b"\xff\xd8 a picture"
    asking.take(house.world.sim.id, house.world.site.pk,
                answer(house.world, question.token, wire.encode(wire.Picture(jpeg=jpeg))))  # fmt: skip
    shown = text(owner.get(page))
    picture = reverse("setup-shown", args=[question.id])
    assert picture in shown
    first = owner.get(picture)
    assert (first.content, first["Content-Type"], "no-store" in first["Cache-Control"]) == (jpeg, "image/jpeg", True)
    assert owner.get(picture).status_code == 404
    assert Entry.objects.filter(verb="device.looked_through", object_id=str(device.pk)).count() == 1


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (wire.NoPicture(why="password"), "another name or password"),
        (wire.NoPicture(why="<script>"), "Nothing answers at this address"),
        (
            wire.FoundCameras(cameras=[wire.FoundCamera(host="192.0.2.4", name="<b>Yard", model="AXIS")]),
            "&lt;b&gt;Yard",
        ),
        (wire.FoundCameras(cameras=[]), "No camera answered"),
    ],
)
def test_what_an_edge_says_is_worded_and_escaped(house, owner, heard, told, said):
    page, question = asked(owner, house, camera(house).pk)
    asking.take(house.world.sim.id, house.world.site.pk, answer(house.world, question.token, wire.encode(told)))
    assert said in text(owner.get(page))


def test_nobody_else_sees_the_answer(house, owner, heard):
    page, _question = asked(owner, house, camera(house).pk)
    with_other = house.world.operator(Role.OWNER)
    browser = house.browser()
    browser.cookies["gatehouse_ticket"] = with_other.authority.ticket
    assert "No answer came" in text(browser.get(page))


def test_without_an_edge_it_is_said_and_nothing_is_asked(house, owner):
    device, opener = camera(house), relay(house)
    for name, row in (("setup-look", device.pk), ("setup-test", opener.pk), ("setup-find", house.world.door.pk)):
        response = owner.post(reverse(name, args=[row]))
        assert (response.status_code, "does not answer" in text(response)) == (409, True)
    assert not asking._questions
    assert not Opening.objects.exists()


def test_trying_a_relay_is_an_opening_by_hand_like_any_other(house, owner, heard):
    opener = relay(house)
    page, question = asked(owner, house, opener.pk, "setup-test")
    assert [row.pk for row in Opening.objects.all()] == [question.id]
    assert Entry.objects.filter(verb="gate.opened_by_hand").exists()
    told = wire.Moved(answered=True, went_on=True, changed=[], inputs=1)
    asking.take(house.world.sim.id, house.world.site.pk, answer(house.world, question.token, wire.encode(told)))
    shown = text(owner.get(page))
    assert "It switched on." in shown
    assert "No contact felt it" in shown
    owner.post(reverse("setup-opened", args=[opener.pk]), {"answer": "no"})
    assert not Device.objects.get().tried
    owner.post(reverse("setup-opened", args=[opener.pk]), {"answer": "yes"})
    assert Device.objects.get().tried
    owner.post(reverse("setup-device-remove", args=[opener.pk]))
    assert not Device.objects.exists()


@pytest.mark.parametrize(
    "corners",
    [("", 0, 100, 100), (0, 0, 4, 100), (60, 0, 50, 100), (0, -1, 100, 100), (0, 0, 101, 100), ("x", 0, 100, 100)],
)
def test_a_region_that_is_none_is_not_kept(house, owner, corners):
    device = camera(house)
    form = dict(zip(("left", "top", "right", "bottom"), corners, strict=True)) | {"answer": "yes"}
    assert owner.post(reverse("setup-seen", args=[device.pk]), form).status_code == 302
    device.refresh_from_db()
    assert (device.region, device.tried) == ([], False)


def test_a_part_of_the_picture_is_kept(house, owner):
    device = camera(house)
    form = {"answer": "yes", "left": 10, "top": 0, "right": 60, "bottom": 100}
    owner.post(reverse("setup-seen", args=[device.pk]), form)
    device.refresh_from_db()
    assert (device.region, device.tried) == ([100, 0, 600, 1000], True)
    assert "a part of the picture" in text(owner.get(reverse("setup-gate", args=[house.world.door.pk])))


# --- the rule ----------------------------------------------------------------------------------------------------


def test_the_first_rule_is_in_force_at_once_and_offers_who_has_a_way_in(house, owner):
    world = house.world
    world.hire("S-9", "Ada Byron")
    add_card(world.hire("S-10", "Ines Vale"), "04aabb12", by=SETUP, at=world.now())
    page = reverse("setup-rule", args=[world.site.pk])
    assert owner.get(page).context["form"].initial == {"groups": [world.group.pk], "gates": [world.door.pk]}
    owner.post(page, {"groups": [world.group.pk], "gates": [world.door.pk]})
    number, held = policies.in_force(world.site)
    assert (number, [rule.gates for rule in held.rules]) == (0, [frozenset({"door"})])


def test_a_site_that_publishes_keeps_its_draft(house, owner):
    world = house.world
    policy_actions.publish(world.site, "", by=SETUP, at=world.now())
    owner.post(reverse("setup-rule", args=[world.site.pk]), {"groups": [world.group.pk], "gates": [world.door.pk]})
    assert policies.in_force(world.site)[1].rules == []
    assert len(policies.draft(world.site).rules) == 1


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.OWNER])
def test_nobody_but_an_owner_sets_anything_up(house, heard, role):
    device, browser = camera(house), house.browser(role)
    for name, own in (
        ("setup-look", device.pk),
        ("setup-device-remove", device.pk),
        ("setup-gate", house.world.door.pk),
    ):
        assert browser.post(reverse(name, args=[own])).status_code == 403
    assert browser.post(reverse("setup-site"), NEW).status_code == 403
    assert Device.objects.count() == 1
    assert not asking._questions
