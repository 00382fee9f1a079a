"""What is still missing until the first one is let in."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatehouse.domain.setting_up import Facts, GateFacts, Stand, Step, checklist, missing, next_of

DOOR = GateFacts("door", cameras=1, seen=1, relays=1, moved=1, ruled=True)
READY = Facts(site=True, own_way=True, recovery=True, edge=True, gates=(DOOR,), people=True, let_in=True)


def stands(facts):
    return {(line.step, line.gate): line.stand for line in checklist(facts)}


def test_an_empty_machine_is_asked_for_a_site_first():
    lines = checklist(Facts(own_way=True))
    assert next_of(lines).step is Step.SITE
    assert {line.stand for line in lines if line.step in (Step.GATE, Step.EDGE, Step.PEOPLE)} == {Stand.WAITS}
    assert {line.waits_for for line in lines if line.step is Step.GATE} == {Step.SITE}


def test_a_site_that_is_ready_misses_nothing():
    assert missing(checklist(READY)) == []
    assert next_of(checklist(READY)) is None


@pytest.mark.parametrize(
    ("change", "step"),
    [
        ({"own_way": False}, Step.OWNER),
        ({"edge": False}, Step.EDGE),
        ({"people": False}, Step.PEOPLE),
        ({"let_in": False}, Step.FIRST),
    ],
)
def test_each_fact_that_lacks_is_told_by_its_own_step(change, step):
    left = missing(checklist(replace(READY, **change)))
    assert step in {line.step for line in left}


@pytest.mark.parametrize(
    ("change", "step"),
    [
        ({"cameras": 0, "seen": 0}, Step.EYES),
        ({"seen": 0}, Step.SEEN),
        ({"relays": 0, "moved": 0}, Step.RELAY),
        ({"moved": 0}, Step.MOVED),
        ({"ruled": False}, Step.RULE),
    ],
)
def test_so_is_what_a_second_gate_lacks(change, step):
    second = replace(DOOR, code="yard", **change)
    left = missing(checklist(replace(READY, gates=(DOOR, second))))
    assert step in {line.step for line in left}
    assert {line.gate for line in left} <= {"yard", ""}


def test_the_last_step_waits_for_those_that_it_needs():
    facts = replace(READY, let_in=False, gates=(replace(DOOR, moved=0),))
    (line,) = [line for line in checklist(facts) if line.step is Step.FIRST]
    assert (line.stand, line.waits_for) == (Stand.WAITS, Step.MOVED)
    done = replace(READY, let_in=False)
    assert stands(done)[Step.FIRST, ""] is Stand.NOW


def test_a_gate_with_a_tablet_alone_has_no_picture_to_look_at():
    facts = replace(READY, gates=(replace(DOOR, cameras=0, seen=0, readers=1),))
    assert Step.SEEN not in {line.step for line in checklist(facts)}
    assert missing(checklist(facts)) == []


def test_a_garage_is_asked_for_a_tariff_and_for_nobody():
    lane = GateFacts("in", 1, 1, relays=1, moved=1, open_to_all=True, charges=True)
    facts = replace(READY, gates=(lane,), people=False, let_in=False)
    steps = {line.step for line in checklist(facts)}
    assert steps.isdisjoint({Step.PEOPLE, Step.RULE})
    assert next_of(checklist(facts)).step is Step.TARIFF
    assert next_of(checklist(replace(facts, gates=(replace(lane, priced=True),)))).step is Step.FIRST


def test_without_a_recovery_key_the_door_works_and_the_list_goes_on_saying_so():
    lines = checklist(replace(READY, recovery=False))
    assert missing(lines) == []
    assert next_of(lines).step is Step.KEPT


counts = st.integers(0, 3)
gates = st.builds(GateFacts, st.sampled_from(["a", "b"]), counts, counts, counts, counts, counts, *[st.booleans()] * 4)
anything = st.builds(Facts, *[st.booleans()] * 4, st.lists(gates, max_size=3).map(tuple), st.booleans(), st.booleans())


@given(anything)
def test_whatever_lacks_there_is_something_to_do_or_the_edge_to_wait_for(facts):
    lines = checklist(facts)
    assert all((line.waits_for is not None) == (line.stand is Stand.WAITS) for line in lines)
    left = missing(lines)
    waits_for_edge = any(line.step is Step.EDGE and line.stand is Stand.NOW for line in lines)
    assert not left or next_of(lines) is not None or waits_for_edge
