"""Who may answer whom: chains, delegates, vacancies, nobody their own, no circles."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatehouse.domain.approvals import (
    ApprovalError,
    Approver,
    Chart,
    Delegation,
    Department,
    Held,
    Span,
    delegated,
    left,
    moved,
)

DAY = date(2026, 3, 10)
LATER = date(2026, 4, 1)
LONG = Span(date(2026, 1, 1))


def held(*people: str, span: Span = LONG) -> tuple[Held, ...]:
    return tuple(Held(person, span) for person in people)


def works(**changes: Department) -> Chart:
    """The works: head office (Ada) over production (Ben, Cleo) over welding (Dan), and a store without a manager."""
    made = {
        "head": Department("head", None, held("ada"), held("ada")),
        "production": Department("production", "head", held("ben", "cleo"), held("ben")),
        "welding": Department("welding", "production", held("dan", "eve"), held("dan")),
        "store": Department("store", "head", held("finn")),
        "guests": Department("guests", None, held("gil")),
    }
    return Chart((made | changes).values())


def names(chart: Chart, person: str, on: date = DAY) -> list[str]:
    return [one.person for one in chart.approvers(person, on)]


@pytest.mark.parametrize(
    ("person", "who"),
    [
        ("eve", ["dan"]),
        ("cleo", ["ben"]),
        ("dan", ["ben"]),  # a manager's own goes one up
        ("ben", ["ada"]),
        ("ada", []),  # the top's own: HR
        ("finn", ["ada"]),  # a department without a manager: one up
        ("gil", []),  # nobody up to the top: HR
        ("nobody", []),
    ],
)
def test_a_request_goes_to_the_nearest_manager_who_is_not_the_asker(person: str, who: list[str]) -> None:
    assert names(works(), person) == who


def test_of_two_managers_the_other_answers_the_one() -> None:
    two = Department("welding", "production", held("dan", "eve"), held("dan", "eve"))
    assert (names(works(welding=two), "dan"), names(works(welding=two), "eve")) == (["eve"], ["dan"])


def test_a_delegate_answers_beside_the_manager_from_to_and_not_a_day_longer() -> None:
    away = Delegation("dan", "cleo", Span(DAY, DAY + timedelta(days=2)))
    chart = works(welding=Department("welding", "production", held("dan", "eve"), held("dan"), (away,)))
    assert chart.approvers("eve", DAY) == (Approver("dan", "welding"), Approver("cleo", "welding", "dan"))
    assert [names(chart, "eve", DAY + timedelta(days=n)) for n in (-1, 0, 1, 2)] == [
        ["dan"],
        ["dan", "cleo"],
        ["dan", "cleo"],
        ["dan"],
    ]


def test_a_delegate_answers_neither_their_own_nor_their_managers() -> None:
    away = Delegation("dan", "eve", LONG)
    chart = works(welding=Department("welding", "production", held("dan", "eve"), held("dan"), (away,)))
    assert names(chart, "eve") == ["dan"]
    assert names(chart, "dan") == ["ben"]


def test_a_delegate_of_somebody_who_manages_no_longer_answers_nothing() -> None:
    over = Span(date(2026, 1, 1), DAY)
    gone = Department("welding", "production", held("eve"), held("dan", span=over), (Delegation("dan", "cleo", LONG),))
    assert names(works(welding=gone), "eve") == ["ben"]


def test_delegates_name_no_delegates() -> None:
    chain = (Delegation("dan", "cleo", LONG), Delegation("cleo", "finn", LONG))
    chart = works(welding=Department("welding", "production", held("eve"), held("dan"), chain))
    assert names(chart, "eve") == ["dan", "cleo"]


def test_a_department_under_itself_or_under_nobody_known_is_refused() -> None:
    for parent, code in (("welding", "cycle"), ("production", "cycle"), ("gone", "unknown")):
        with pytest.raises(ApprovalError) as caught:
            works(production=Department("production", parent), welding=Department("welding", "production"))
        assert caught.value.code == code


def test_a_span_that_ends_before_it_begins_and_a_delegate_of_oneself_are_refused() -> None:
    with pytest.raises(ApprovalError):
        Span(DAY, DAY)
    with pytest.raises(ApprovalError):
        Delegation("dan", "dan", LONG)


def test_only_who_manages_all_the_while_names_a_delegate() -> None:
    welding = Department("welding", None, (), held("dan", span=Span(DAY, LATER)))
    assert delegated(welding, Delegation("dan", "eve", Span(DAY, LATER))).delegations
    for of, span in (("eve", Span(DAY, LATER)), ("dan", Span(DAY)), ("dan", Span(DAY - timedelta(days=1), LATER))):
        with pytest.raises(ApprovalError) as caught:
            delegated(welding, Delegation(of, "finn", span))
        assert caught.value.code == "not_manager"


def test_a_move_counts_from_its_date_and_said_twice_changes_nothing() -> None:
    before = [Department("a", None, held("eve"), held("dan")), Department("b", None, (), held("ben"))]
    once = moved(before, "eve", "b", LATER)
    assert moved(once, "eve", "b", LATER) == once
    chart = Chart(once)
    assert (chart.department_of("eve", LATER - timedelta(days=1)), chart.department_of("eve", LATER)) == ("a", "b")
    assert moved(once, "eve", "a", LATER) == before  # taken back: as it was


def test_who_leaves_is_in_no_department_and_answers_nobody() -> None:
    away = (Delegation("dan", "eve", LONG), Delegation("ben", "dan", LONG))
    gone = left([Department("a", None, held("dan", "eve"), held("dan", "ben"), away)], "dan", LATER)
    chart = Chart(gone)
    assert names(chart, "eve", LATER - timedelta(days=1)) == ["ben", "dan"]
    assert (names(chart, "eve", LATER), chart.department_of("dan", LATER)) == (["ben"], None)


def test_teams_say_the_same_as_asking_day_by_day() -> None:
    away = Delegation("dan", "cleo", Span(DAY, LATER))
    welding = Department("welding", "production", held("dan", "eve"), held("dan"), (away,))
    chart = works(welding=welding)
    spans = chart.teams(DAY)
    assert [(one.manager, one.span) for one in spans if one.person == "eve"] == [
        ("cleo", Span(DAY, LATER)),
        ("dan", Span(DAY)),
    ]


_everybody = ["ada", "ben", "cleo", "dan", "eve"]
_people = st.sampled_from(_everybody)
_dates = st.integers(0, 30).map(lambda n: DAY + timedelta(days=n))
_spans = st.tuples(_dates, st.none() | st.integers(1, 20)).map(
    lambda one: Span(one[0], None if one[1] is None else one[0] + timedelta(days=one[1]))
)
_held = st.lists(st.builds(Held, _people, _spans), max_size=4).map(tuple)
_delegations = st.lists(
    st.tuples(_people, _people, _spans).filter(lambda one: one[0] != one[1]).map(lambda one: Delegation(*one)),
    max_size=3,
).map(tuple)
_charts = st.tuples(*[st.tuples(_held, _held, _delegations) for _n in range(3)]).map(
    lambda parts: Chart(
        [Department(str(n), str(n - 1) if n else None, *part) for n, part in enumerate(parts)],
    )
)


@given(_charts, _people, _dates)
def test_nobody_ever_answers_their_own(chart: Chart, person: str, on: date) -> None:
    assert all(person not in (one.person, one.stands_in_for) for one in chart.approvers(person, on))


@given(_charts, _people, _dates)
def test_spans_and_single_days_never_differ(chart: Chart, person: str, on: date) -> None:
    by_span = {one.manager for one in chart.teams(DAY) if one.person == person and one.span.holds(on)}
    assert by_span == set(names(chart, person, on))
    assert by_span == {manager for manager in _everybody if person in chart.team(manager, on)}
    assert all(chart.leads(manager, on) for manager in by_span)
