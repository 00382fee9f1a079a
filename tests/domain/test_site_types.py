"""What comes with each type of site can be written down as it is."""

import pytest

from gatehouse.domain.policy import GateKind
from gatehouse.domain.retention import BOUNDS
from gatehouse.domain.sightings import Means
from gatehouse.domain.site_types import KITS, OPTIONAL_PAGES


@pytest.mark.parametrize("kind", KITS)
def test_every_type_has_a_gate_a_zone_and_pages_that_there_are(kind):
    kit = KITS[kind]
    assert kit.gates
    assert kit.zones
    assert set(kit.hidden) < set(OPTIONAL_PAGES)
    assert kit.first_group in kit.groups
    assert all(bounds.allow(kit.retention.of(kept)) for kept, bounds in BOUNDS.items())
    assert len({one.code for one in kit.gates}) == len(kit.gates)


@pytest.mark.parametrize("kind", KITS)
def test_lanes_read_plates_and_doors_never_do(kind):
    for one in KITS[kind].gates:
        gate = one.gate("g", has_sensor=True)
        assert (gate.kind is GateKind.LANE) == (Means.PLATE in gate.means)
        assert gate.has_sensor
        assert not (gate.admits_unknown and gate.collects)


def test_a_school_is_offered_a_door_without_faces_first_and_keeps_least():
    assert Means.FACE not in KITS["school"].gates[0].means
    assert all(KITS["school"].retention.staff <= KITS[kind].retention.staff for kind in KITS)


def test_each_type_differs_from_the_others():
    assert len({(kit.groups, kit.gates, kit.hidden) for kit in KITS.values()}) == len(KITS)
