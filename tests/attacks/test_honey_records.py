"""A thief reads out of a stolen copy and meets a record of nobody: honey read -> locked and alerted. Whoever works at
the site, and the site's own drill, never meet one."""

import uuid
from contextlib import closing

import pytest
from tests.attacks.site import Attacked, refused
from tests.demo_run import Told

from gatehouse.drill import here, loot
from gatehouse.drill.run import drill
from gatehouse.keeper.client import Client, KeeperRefused
from gatehouse.keeper.inspect import Inspector
from gatehouse.keeper.local import invite_operator
from gatehouse.keeper.protocol import Authority, Cell, Incident, Refused, Role, WhoAmI

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


def alerts(keeper: Client) -> list[Incident]:
    """What whoever watches is alerted of."""
    found = keeper.incidents(0, 0, Authority(job="incidents")).incidents
    return [one for one in found if one.kind == "honey"]


def stolen(site: Attacked, own: str, column: str = "name") -> Cell:
    """One cell of a person, out of the copied table."""
    data = site.one(f"SELECT {column}_cell FROM people_person WHERE id = ?", uuid.UUID(own).hex)
    return Cell(f"person.{column}/1", own, data)


@pytest.fixture
def people(site: Attacked) -> list[str]:
    """Those that are people, and lie in the database."""
    rows = {str(uuid.UUID(row[0])) for row in site.rows("SELECT id FROM people_person")}
    return sorted(site.honeys & rows)


@pytest.fixture
def clerk(site: Attacked, keeper: Client) -> tuple[str, Authority]:
    """Somebody of the personnel office, whose ticket a thief has."""
    actor = str(uuid.uuid4())
    code = invite_operator(site.box.home, actor, Role.HR)
    return actor, Authority(ticket=keeper.sign_in(code).token)


def test_the_story_of_the_demo_touched_none(site: Attacked, keeper: Client, people: list[str]) -> None:
    """Enrolment, gates, workdays, pay, parking, erasing: all of it went by twenty rows of nobody."""
    vehicles = {str(uuid.UUID(row[0])) for row in site.rows("SELECT id FROM people_vehicle")}
    assert (len(people), len(site.honeys & vehicles)) == (16, 4)
    assert alerts(keeper) == []


def test_neither_does_the_drill_of_the_installation(site: Attacked, keeper: Client, tmp_path_factory) -> None:
    """It asks the running keeper about the first rows of every table, and counts whom the keeper knows."""
    before, folder = len(alerts(keeper)), tmp_path_factory.mktemp("drilled")
    with Inspector(site.box.home) as inspector:
        loot.copy_home(site.box.home, folder)
        checks = list(here.run(site.box.home, folder, inspector))
        assert sum(check.tried for check in checks if check.code in ("no_ticket", "forged_gallery")) > 100
    assert len(alerts(keeper)) == before
    assert drill(site.box.home).needles["names"] <= len(site.ids("people_person"))


def test_honey_read_locked_and_alerted(
    site: Attacked, keeper: Client, people: list[str], clerk: tuple[str, Authority]
) -> None:
    """A clerk's ticket reads out of the copy, as many as come before the first of them; then nothing any more, with
    this ticket and with every other of the account, nor with a code that somebody had made for it."""
    (actor, by), before = clerk, len(alerts(keeper))
    other = Authority(ticket=keeper.sign_in(invite_operator(site.box.home, actor, Role.HR)).token)
    waiting = invite_operator(site.box.home, actor, Role.HR)
    real = [cell for cell in site.cells() if cell.label == "person.name/1"][:3]
    assert all(keeper.reveal([cell], by, "person.page")[0] for cell in real)

    assert refused(lambda: keeper.reveal([stolen(site, people[0])], by, "person.page")) == "no_ticket"

    for ticket in (by, other):
        assert refused(lambda ticket=ticket: keeper.reveal(real, ticket, "person.page")) == "no_ticket"
        assert keeper.call(WhoAmI(ticket.ticket or "")) == Refused("no_ticket")
    with pytest.raises(KeeperRefused):
        keeper.sign_in(waiting)
    assert [(one.kind, one.actor) for one in alerts(keeper)[before:]] == [("honey", actor)]


@pytest.mark.parametrize("column", ["brief", "contact", "bank", "file"])
def test_whatever_of_it_is_read(
    site: Attacked, keeper: Client, people: list[str], clerk: tuple[str, Authority], column: str
) -> None:
    by, before = clerk[1], len(alerts(keeper))
    assert refused(lambda: keeper.reveal([stolen(site, people[1], column)], by, "person.page")) == "no_ticket"
    assert len(alerts(keeper)) == before + 1


def test_a_record_in_a_list_of_many_shows_none_of_them(
    site: Attacked, keeper: Client, people: list[str], clerk: tuple[str, Authority]
) -> None:
    cells = [cell for cell in site.cells() if cell.label == "person.name/1"]
    assert len(cells) >= 2
    assert refused(lambda: keeper.reveal([*cells, stolen(site, people[2])], clerk[1], "export")) == "no_ticket"


def test_a_thief_with_a_clerks_cookie_asks_the_server_who_is_real(
    site: Attacked, keeper: Client, people: list[str]
) -> None:
    """The page of a real leaver opens and that of a record does not: asking is enough to be out."""
    clerk, before = site.browser(Role.HR), len(alerts(keeper))
    assert clerk.get("/people/").status_code == 200
    assert clerk.get(f"/people/{site.ids('people_person')[0]}/").status_code == 200
    answer = clerk.get(f"/people/{people[3]}/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/enter/")
    assert clerk.get("/people/").status_code == 302
    assert len(alerts(keeper)) == before + 1


def test_a_thief_of_the_copy_cannot_tell_one_from_somebody_who_left(site: Attacked, people: list[str]) -> None:
    """In the demo nobody has left, so they lie there as its people would: as many bytes in each column, and nothing
    beside them in any table that holds nothing of others."""
    names = {uuid.UUID(one).hex for one in people}
    columns = "brief_cell, name_cell, contact_cell, identity_cell, bank_cell, file_cell"
    lengths = {own: tuple(map(len, cells)) for own, *cells in site.rows(f"SELECT id, {columns} FROM people_person")}
    assert {lengths[own] for own in names} <= {shape for own, shape in lengths.items() if own not in names}
    assert {state for own, state in site.rows("SELECT id, state FROM people_person") if own in names} == {"left"}
    marks = {own.encode() for own in names}
    tables = {table for table, _, values in loot.rows(site.database) if any(value in marks for value in values)}
    assert tables <= {"people_person", "people_membership", "people_credential", "people_consent", "people_vehicle"}


def test_restored_data_from_before_there_were_any_gets_them_at_the_next_start(
    told: Told, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """As of an installation that is older than honey records, too."""
    older = Attacked(told.copy_to(tmp_path_factory.mktemp("older")))
    honeys = older.honeys
    for table, column in (("membership", "person_id"), ("credential", "person_id"), ("consent", "person_id"),
                          ("vehicle", "id"), ("person", "id")):  # fmt: skip
        for one in honeys:
            older.rows(f"DELETE FROM people_{table} WHERE {column} = ?", uuid.UUID(one).hex)
    try:
        older.box.start_keeper()
        older.box.start_server()
        both = older.rows("SELECT id FROM people_person UNION SELECT id FROM people_vehicle")
        assert honeys <= {str(uuid.UUID(row[0])) for row in both}
        with closing(older.keeper()) as keeper:
            again = keeper.lay_honeys([older.site_id], Authority(job="honeys"))
            assert {one.id for one in again} == honeys
            assert alerts(keeper) == []
    finally:
        older.close()
