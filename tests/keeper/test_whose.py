"""Whose tokens these are, whom a search finds, what goes to an edge, and who looked at somebody."""

from collections.abc import Callable
from datetime import date, timedelta
from uuid import uuid4

from gatehouse import wire
from gatehouse.crypto.letters import hpke_open
from gatehouse.keeper.protocol import (
    Admitted,
    Authority,
    Budget,
    Find,
    Refused,
    Role,
)

from .conftest import EDGE, SITE, TODAY, Desk
from .test_looks import entries

Refusal = Callable[[Callable[[], object]], str]


def test_a_job_asks_freely_for_three_days_and_only_people_ask_for_older_ones(desk: Desk, refusal: Refusal) -> None:
    ann, _ = desk.person()
    (result,) = desk.client.admit([desk.letter(desk.passage(subject=ann))], {})
    assert isinstance(result, Admitted)
    assert result.token is not None
    token, job, hr, guard = result.token, Authority(job="workdays"), desk.sign_in(Role.HR), desk.sign_in(Role.SECURITY)
    desk.clock.forward(timedelta(days=3))
    hr, guard = desk.sign_in(Role.HR), desk.sign_in(Role.SECURITY)
    assert desk.client.who(SITE, TODAY, [token], job) == [ann]
    desk.clock.forward(timedelta(days=1))
    hr, guard = desk.sign_in(Role.HR), desk.sign_in(Role.SECURITY)
    assert refusal(lambda: desk.client.who(SITE, TODAY, [token], job)) == "not_allowed"
    assert refusal(lambda: desk.client.who(SITE, TODAY, [token], guard)) == "not_allowed"
    assert desk.client.who(SITE, TODAY, [token], hr) == [ann]
    desk.clock.forward(timedelta(days=37))
    assert refusal(lambda: desk.client.who(SITE, TODAY, [token], desk.sign_in(Role.HR))) == "not_allowed"


def test_older_days_count_as_names_and_recent_ones_as_brief(desk: Desk) -> None:
    ann, _ = desk.person()
    (result,) = desk.client.admit([desk.letter(desk.passage(subject=ann))], {})
    assert isinstance(result, Admitted)
    assert result.token is not None
    desk.client.who(SITE, TODAY, [result.token], desk.sign_in(Role.HR))
    desk.clock.forward(timedelta(days=5))
    desk.client.who(SITE, TODAY, [result.token], desk.sign_in(Role.HR))
    assert [entry.budget for entry in entries(desk, "who")] == ["brief", "names"]


def test_a_token_of_nobody_is_nobodys(desk: Desk) -> None:
    assert desk.client.who(SITE, TODAY, [b"x" * 16, b""], Authority(job="workdays")) == ["", ""]


def test_a_persons_rows_of_a_day_are_found_by_their_token(desk: Desk, refusal: Refusal) -> None:
    ann, _ = desk.person()
    ben, _ = desk.person()
    (result,) = desk.client.admit([desk.letter(desk.passage(subject=ann))], {})
    assert isinstance(result, Admitted)
    hr = desk.sign_in(Role.HR)
    assert desk.client.tokens(SITE, TODAY, [ann, "nobody"], hr) == [result.token, b""]
    assert desk.client.tokens(SITE, TODAY, [ann], desk.worker(ann)) == [result.token]
    assert refusal(lambda: desk.client.tokens(SITE, TODAY, [ben], desk.worker(ann))) == "not_allowed"
    assert refusal(lambda: desk.client.tokens(SITE, TODAY, [ann], desk.sign_in(Role.PARKING))) == "not_allowed"
    assert refusal(lambda: desk.client.tokens(SITE, TODAY, [ann], Authority(job="workdays"))) == "not_allowed"
    assert refusal(lambda: desk.client.tokens(SITE, date(2020, 1, 1), [ann], hr)) == "day_destroyed"


def test_find_knows_names_staff_numbers_and_plates_whatever_the_case_and_width(desk: Desk) -> None:
    ann, name = desk.person("Ännchen Beispiel")
    brief = desk.sealed("person.brief/1", ann, "K-0042 ÄB")
    car = desk.sealed("vehicle.plate/1", "vehicle-1", "京A12345")
    desk.client.index([name, brief, car])
    token = desk.sign_in(Role.OWNER).ticket or ""
    assert desk.client.find("ännchen", token) == [ann]
    assert desk.client.find("BEISPIEL", token) == [ann]
    assert desk.client.find("0042", token) == [ann]
    assert desk.client.find("京 A·123", token) == ["vehicle-1"]
    assert desk.client.find("１２３", token) == ["vehicle-1"]
    assert desk.client.find("nobody", token) == []
    assert desk.client.find("  ", token) == []


def test_every_hit_counts_as_seen(desk: Desk, refusal: Refusal) -> None:
    cells = desk.people(61)
    desk.client.index(cells)
    token = desk.sign_in(Role.SECURITY).ticket or ""
    assert len(desk.client.find("somebody", token)) == 25
    assert len(desk.client.find("somebody", token, limit=61)) == 60
    assert refusal(lambda: desk.client.find("somebody", token)) == "over_budget"
    assert refusal(lambda: desk.client.find("somebody", token, limit=0)) == "not_allowed"
    assert refusal(lambda: desk.client.find("somebody", token, limit=101)) == "not_allowed"


def test_who_has_no_room_left_learns_nothing_by_searching(desk: Desk) -> None:
    """Neither that somebody bears a name nor that nobody does: a refusal for the one only would spell it out."""
    cells = [desk.sealed("person.name/1", f"person-{n}", f"Person {n:02d}") for n in range(64)]
    desk.client.index(cells)
    by = desk.sign_in(Role.SECURITY)
    desk.client.reveal(cells[:58], by, "x")
    assert len(desk.client.find("person 6", by.ticket or "")) == 2  # four are there, two have room
    replies = [desk.client.call(Find(text, by.ticket or "")) for text in ("person 63", "nobody", "person 01")]
    assert replies == [Refused("over_budget", {"budget": "names", "window": "hour", "cap": 60})] * 3


def test_only_operators_search(desk: Desk, refusal: Refusal) -> None:
    ann, cell = desk.person()
    desk.client.index([cell])
    assert refusal(lambda: desk.client.find("ann", "invented")) == "no_ticket"
    assert refusal(lambda: desk.client.find("ann", desk.worker(ann).ticket or "")) == "not_allowed"
    assert refusal(lambda: desk.client.find("ann", desk.sign_in(Role.AUDITOR).ticket or "")) == "not_allowed"


def test_only_indexed_labels_are_indexed(desk: Desk, refusal: Refusal) -> None:
    cell = desk.sealed("person.contact/1", "person-1", "text")
    assert refusal(lambda: desk.client.index([cell])) == "bad_request"


def test_a_gallery_is_readable_by_its_edge_alone_and_one_line_says_whose(desk: Desk) -> None:
    cells = [desk.sealed("face.template/1", f"person-{n}", f"template-{n}") for n in range(3)]
    answer = desk.client.reseal(EDGE, cells, [f"person-{n}" for n in range(3)])
    for number, sealed in enumerate(answer):
        assert sealed is not None
        aad = wire.feed_aad(EDGE, "face.template/1", f"person-{number}")
        opened = hpke_open(sealed, info=wire.FEED_INFO, aad=aad, private_key=desk.keys.seal_key)
        assert opened == f"template-{number}".encode()
    (entry,) = entries(desk, "reseal")
    assert (entry.actor, entry.count, entry.subjects) == (f"edge:{EDGE}", 3, sorted(entry.subjects))


def test_nothing_is_resealed_for_strangers_or_that_no_edge_needs(desk: Desk, refusal: Refusal) -> None:
    _, name = desk.person()
    plate = desk.sealed("vehicle.plate/1", "vehicle-1", "京A12345")
    foreign = desk.sealed("device.secret/1", "site-2", "secret", row="device-1")
    assert refusal(lambda: desk.client.reseal("edge-9", [plate], ["vehicle-1"])) == "unknown_edge"
    assert refusal(lambda: desk.client.reseal(EDGE, [name], [name.row])) == "bad_request"
    assert refusal(lambda: desk.client.reseal(EDGE, [plate], ["vehicle-2"])) == "bad_request"
    assert refusal(lambda: desk.client.reseal(EDGE, [plate], [])) == "bad_request"
    assert refusal(lambda: desk.client.reseal(EDGE, [foreign], ["device-1"])) == "bad_request"


def test_a_device_secret_goes_to_the_edge_of_its_site_under_its_rows_id(desk: Desk) -> None:
    cell = desk.sealed("device.secret/1", SITE, "secret", row="device-1")
    (sealed,) = desk.client.reseal(EDGE, [cell], ["device-1"])
    aad = wire.feed_aad(EDGE, "device.secret/1", "device-1")
    assert hpke_open(sealed or b"", info=wire.FEED_INFO, aad=aad, private_key=desk.keys.seal_key) == b"secret"


# --- who looked ---


def test_a_person_sees_who_looked_at_them_newest_first(desk: Desk) -> None:
    ann, cell = desk.person()
    _, other = desk.person()
    desk.client.reveal([cell, other], desk.sign_in(Role.HR, actor="hr-1"), "person.page")
    desk.clock.forward(timedelta(minutes=1))
    desk.client.reveal([cell], desk.sign_in(Role.SECURITY, actor="guard-1"), "watch")
    by = desk.worker(ann)
    looks = desk.client.looks(ann, by.ticket or "")
    assert [(look.actor, look.purpose, look.budget) for look in looks] == [
        ("operator-owner", "invite", Budget.SENSITIVE),  # who let Ann see this list
        ("guard-1", "watch", Budget.NAMES),
        ("hr-1", "person.page", Budget.NAMES),
    ]
    desk.restart()
    assert desk.client.looks(ann, by.ticket or "") == looks


def test_a_person_sees_who_had_a_code_made_for_them(desk: Desk) -> None:
    """Whoever hands it out could use it, and then all of their cells open."""
    ann, _ = desk.person()
    hr = desk.sign_in(Role.HR, actor="hr-1")
    code = desk.client.invite("worker-1", Role.WORKER, hr, subject=ann)
    (look,) = desk.client.looks(ann, desk.client.sign_in(code).token)
    assert (look.actor, look.purpose, look.budget) == ("hr-1", "invite", Budget.SENSITIVE)


def test_only_the_person_an_owner_or_an_auditor_sees_who_looked(desk: Desk, refusal: Refusal) -> None:
    ann, _ = desk.person()
    ben, _ = desk.person()
    for role in (Role.OWNER, Role.AUDITOR):
        assert desk.client.looks(ann, desk.sign_in(role).ticket or "") == []
    for other in (desk.sign_in(Role.HR), desk.sign_in(Role.SECURITY), desk.worker(ben)):
        assert refusal(lambda other=other: desk.client.looks(ann, other.ticket or "")) == "not_allowed"


def test_usage_shows_what_is_used_and_how_much_may_be(desk: Desk, refusal: Refusal) -> None:
    by = desk.sign_in(Role.SECURITY, actor="guard-1")
    desk.client.reveal(desk.people(7), by, "x")
    usage = desk.client.usage(by.ticket or "")
    rows = [(row.actor, row.budget, row.hour, row.day, row.hour_cap, row.day_cap) for row in usage.rows]
    assert rows == [("guard-1", Budget.NAMES, 7, 7, 60, 300), ("web", Budget.NAMES, 7, 7, 1000, 1000)]
    assert usage.log_size > 0
    assert refusal(lambda: desk.client.usage(desk.worker(str(uuid4())).ticket or "")) == "not_allowed"
