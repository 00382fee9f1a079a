"""Somebody who may read a little reads as much as they can: a stolen ticket, then one after another, then for days."""

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from datetime import timedelta
from typing import TypeVar

import pytest
from tests.attacks.site import Attacked, refused

from gatehouse.keeper.client import Client
from gatehouse.keeper.local import invite_operator
from gatehouse.keeper.protocol import Authority, Cell, Claim, Claimed, Owner, Plain, Role

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

T = TypeVar("T")
PEOPLE = 1100
# docs/specs/keeper.md: different people an hour and a day, and for the whole web process a day.
HOUR = {Role.SECURITY: 60, Role.PARKING: 60, Role.AUDITOR: 60, Role.HR: 500, Role.OWNER: 500}
SENSITIVE_HOUR, SENSITIVE_DAY = 20, 100
GUARD_DAY, WEB_DAY = 300, 1000
PLATES_A_SOURCE, PLATES_A_SITE = 30, 2000
CLAIMS_A_PLATE, CLAIMS_A_GARAGE, CLAIMS_A_SITE = 6, 120, 1200


@pytest.fixture
def keeper(empty: Attacked) -> Iterator[Client]:
    with closing(empty.keeper()) as client:
        yield client


@pytest.fixture
def people(keeper: Client) -> list[str]:
    return [str(uuid.uuid4()) for _ in range(PEOPLE)]


def sealed(keeper: Client, people: Sequence[str], label: str = "person.name/1") -> list[Cell]:
    plains = [Plain(label, Owner(one), one, b"Somebody") for one in people]
    return [Cell(label, one, cell) for one, cell in zip(people, keeper.seal(plains), strict=True)]


def until(code: str, act: Callable[[T], object], each: Iterable[T]) -> int:
    """How many times `act` is answered before the keeper refuses with `code`; other refusals are none."""
    done = 0
    for one in each:
        said = refused(lambda one=one: act(one))  # type: ignore[misc]
        if said:
            assert said == code
            return done
        done += 1
    return done


def greedily(keeper: Client, cells: Sequence[Cell], by: Authority) -> int:
    """Reads one cell after another until the keeper refuses; how many it opened."""
    return until("over_budget", lambda cell: keeper.reveal([cell], by, "person.page"), cells)


@pytest.mark.parametrize("role", [Role.SECURITY, Role.AUDITOR])
def test_a_greedy_clerk_sees_as_many_names_as_are_published(
    empty: Attacked, keeper: Client, people: list[str], role: Role
) -> None:
    """And not one more by asking in lists, by searching, or by signing in anew."""
    cells, actor = sealed(keeper, people[:100]), str(uuid.uuid4())
    by = _as(empty, keeper, actor, role)
    assert greedily(keeper, cells, by) == HOUR[role]
    again = _as(empty, keeper, actor, role)
    for some in (cells[HOUR[role] :], cells[-1:], cells):
        assert refused(lambda some=some: keeper.reveal(some, again, "person.page")) == "over_budget"
    assert len(keeper.reveal(cells[: HOUR[role]], again, "person.page")) == HOUR[role]  # the same people, once more


def _as(empty: Attacked, keeper: Client, actor: str, role: Role) -> Authority:
    return Authority(ticket=keeper.sign_in(invite_operator(empty.box.home, actor, role)).token)


def test_a_patient_clerk_sees_no_more_in_a_day_than_is_published(
    empty: Attacked, keeper: Client, people: list[str]
) -> None:
    """Hour after hour, under new tickets of her own."""
    cells, actor, seen = sealed(keeper, people[:500]), str(uuid.uuid4()), 0
    for _ in range(8):
        by = _as(empty, keeper, actor, Role.SECURITY)
        seen += greedily(keeper, cells[seen:], by)
        empty.clock.advance(timedelta(minutes=61))
    assert seen == GUARD_DAY


def test_a_restart_of_the_keeper_forgives_nobody(empty: Attacked, keeper: Client, people: list[str]) -> None:
    cells, actor = sealed(keeper, people[:100]), str(uuid.uuid4())
    assert greedily(keeper, cells, _as(empty, keeper, actor, Role.SECURITY)) == HOUR[Role.SECURITY]
    empty.box.keeper.kill()
    empty.box.start_keeper()
    assert greedily(keeper, cells[HOUR[Role.SECURITY] :], _as(empty, keeper, actor, Role.SECURITY)) == 0


def test_a_stolen_owner_who_invents_operators_stops_at_the_cap_of_the_whole_process(
    empty: Attacked, keeper: Client, people: list[str]
) -> None:
    """Every invented owner has budgets of their own; together they see what one web process may."""
    cells, stolen, seen = sealed(keeper, people), empty.sign_in(Role.OWNER), 0
    for _ in range(8):
        code = keeper.invite(str(uuid.uuid4()), Role.OWNER, stolen)
        by = Authority(ticket=keeper.sign_in(code).token)
        lists = [cells[start : start + 50] for start in range(seen, PEOPLE, 50)]
        opened = 50 * until("over_budget", lambda some, by=by: keeper.reveal(some, by, "person.page"), lists)
        assert opened <= HOUR[Role.OWNER]
        seen += opened
    assert seen == WEB_DAY


@pytest.mark.parametrize("role", [Role.HR, Role.OWNER])
def test_inviting_everybody_as_a_worker_opens_no_more_than_looking_at_them(
    empty: Attacked, keeper: Client, people: list[str], role: Role
) -> None:
    """A worker's ticket shows everything of one person, so who hands it out to themselves is counted as having seen."""
    cells, by = sealed(keeper, people[:50], "person.contact/1"), empty.sign_in(role)

    def as_themselves(cell: Cell) -> bytes | None:
        code = keeper.invite(str(uuid.uuid4()), Role.WORKER, by, subject=cell.row)
        worker = Authority(ticket=keeper.sign_in(code).token)
        return keeper.reveal([cell], worker, "me.page")[0]

    assert until("over_budget", as_themselves, cells) == SENSITIVE_HOUR
    assert greedily(keeper, cells[SENSITIVE_HOUR:], by) == 0  # both ways together, too


def test_whoever_searches_letter_by_letter_sees_no_more_than_is_published(empty: Attacked, keeper: Client) -> None:
    """A search answers with people; each hit is a look."""
    people = [str(uuid.uuid4()) for _ in range(200)]
    plains = [Plain("person.name/1", Owner(own), own, f"Person {n:03d}".encode()) for n, own in enumerate(people)]
    cells = [Cell("person.name/1", own, cell) for own, cell in zip(people, keeper.seal(plains), strict=True)]
    keeper.index(cells)
    ticket = empty.sign_in(Role.SECURITY).ticket or ""
    found: set[str] = set()
    until("over_budget", lambda n: found.update(keeper.find(f"person {n:03d}", ticket)), range(200))
    assert len(found) == HOUR[Role.SECURITY]


def test_plates_are_guessed_no_further_than_a_source_and_a_site_may(empty: Attacked, keeper: Client) -> None:
    """Who owns the web process invents a source for every guess: then the site's cap stands."""
    today = empty.clock.now().date()

    def guess(number: int, source: str) -> None:
        keeper.locate("site-1", today, f"京G{number:05d}", source)

    assert until("capped", lambda number: guess(number, "one"), range(100)) == PLATES_A_SOURCE
    # The same plates again count once, whoever asks.
    assert until("capped", lambda number: guess(number, str(uuid.uuid4())), range(3000)) == PLATES_A_SITE


def test_who_knows_a_plate_does_not_learn_by_trying_when_it_came_in(empty: Attacked, keeper: Client) -> None:
    """A day has 48 half hours; from whatever sources they are tried, six an hour are answered, present or absent."""
    now = empty.clock.now()

    def tries(plate: str, garage: str, number: int) -> None:
        said = now - timedelta(minutes=31 * number)
        asked = Claim("site-1", garage, now.date(), said, [], str(uuid.uuid4()), plate=plate)
        assert keeper.claim(asked) == Claimed()

    assert until("capped", lambda number: tries("京G00001", "garage", number), range(48)) == CLAIMS_A_PLATE
    # Nor does another garage's name help, nor another plate that looks the same.
    assert until("capped", lambda number: tries("京G00O01", str(uuid.uuid4()), number), range(48, 96)) == 0
    # Who owns the web process invents sources and plates: then the garage's cap stands, and behind it the site's.
    assert until("capped", lambda n: tries(f"京H{n:05d}", "lot", n), range(300)) == CLAIMS_A_GARAGE
    spent = CLAIMS_A_PLATE + CLAIMS_A_GARAGE
    assert until("capped", lambda n: tries(f"京K{n:05d}", f"lot-{n}", n), range(2000)) == CLAIMS_A_SITE - spent


def test_a_plate_is_located_on_no_day_but_where_a_stay_may_be_open(empty: Attacked, keeper: Client) -> None:
    """Otherwise a stolen copy of old days could be asked where a car was."""
    today = empty.clock.now().date()
    for days in (-3, 9, 30, 400):
        day = today - timedelta(days=days)
        assert refused(lambda day=day: keeper.locate("site-1", day, "京G00001", "source")) == "not_allowed", days
