"""Two records that may be one person: from an edge's letter to HR's word, once, and without a day."""

import pytest
from tests.server.photo_zips import hopper, jpeg
from tests.server.world import SETUP

from gatehouse.keeper.protocol import Refused, Role
from gatehouse.server import keeping
from gatehouse.server.people import looks, pairs
from gatehouse.server.people.cells import ConsentFacts
from gatehouse.server.people.credential_actions import add_card, enrol_face, give_consent
from gatehouse.server.people.models import Credential, FacePair, PairState, Person, Purpose
from gatehouse.wire import FacePair as Told
from gatehouse.wire import new_id


@pytest.fixture
def twins(world):
    """Two people with the same face."""
    found = [world.hire("T-1", "Lin Moss"), world.hire("T-2", "Lin Moss")]
    for person in found:
        facts = ConsentFacts(on=world.now().date(), wording="demo/1", taken_by="hr")
        give_consent(person, Purpose.FACE, facts, by=SETUP, at=world.now())
        enrol_face(person, jpeg(hopper()), by=SETUP, at=world.now())
    return found


def told(world, twins, how="same"):
    one, other = sorted(str(person.pk) for person in twins)
    letter = Told(id=new_id(world.now()), at=world.now(), one=one, other=other, how=how)
    world.tell(letter)
    return letter


def opened(world, by, state=PairState.OPEN):
    found = pairs.pairs([world.site], state, by.authority)
    assert not isinstance(found, Refused)
    return [({named.brief.number for named in one.people}, one.how, set(one.spare)) for one in found]


def test_hr_sees_who_they_are_and_a_row_tells_nobody_and_no_day(world, twins):
    told(world, twins)
    hr = world.operator(Role.HR)
    assert opened(world, hr) == [({"T-1", "T-2"}, "same", {False})]
    row = FacePair.objects.get()
    assert {field.name for field in FacePair._meta.fields} == {"id", "site", "state", "cell"}
    assert not any(str(person.pk).encode() in bytes(row.cell) for person in twins)


def test_the_same_pair_again_is_no_second_task_and_keeps_its_answer(world, twins):
    letter = told(world, twins)
    hr = world.operator(Role.HR)
    assert pairs.answer(FacePair.objects.get(), "two", None, by=hr, at=world.now()) is True
    world.tell(letter)
    assert (FacePair.objects.count(), opened(world, hr)) == (1, [])
    assert opened(world, hr, PairState.TWO) == [({"T-1", "T-2"}, "same", {False})]
    add_card(twins[0], "04AA", by=SETUP, at=world.now())
    assert opened(world, hr, PairState.TWO)[0][2] == {True, False}


def test_one_person_with_two_records_keeps_one_and_its_face(world, twins):
    told(world, twins)
    hr = world.operator(Role.HR)
    row, (keeps, closes) = FacePair.objects.get(), twins
    assert pairs.is_of(row, closes, hr.authority)
    assert not pairs.is_of(row, world.hire("X-9"), hr.authority)
    assert pairs.answer(row, "one", closes, by=hr, at=world.now()) is True
    assert pairs.answer(row, "two", None, by=hr, at=world.now()) is False  # somebody was faster
    assert {person.pk: person.state for person in Person.objects.filter(pk__in=[keeps.pk, closes.pk])} == {
        keeps.pk: "active",
        closes.pk: "left",
    }
    assert list(Credential.objects.filter(kind="face", state="active").values_list("person", flat=True)) == [keeps.pk]


def test_a_pair_of_somebody_who_has_left_is_nobodys_task(world, twins):
    told(world, twins)
    Person.objects.filter(pk=twins[0].pk).update(state="left")
    assert opened(world, world.operator(Role.HR)) == []


@pytest.mark.parametrize("role", [Role.SECURITY, Role.PARKING, Role.AUDITOR])
def test_who_looks_like_whom_is_for_hr_and_owners(world, twins, role):
    told(world, twins)
    assert isinstance(pairs.pairs([world.site], PairState.OPEN, world.operator(role).authority), Refused)


def test_nobody_but_the_keeper_writes_such_a_cell(world, twins):
    with pytest.raises(keeping.KeeperRefused):
        keeping.seal_one("face.pair/1", world.site.pk, twins[0].pk, b"{}")


def test_the_worst_pictures_are_listed_first(world, twins):
    small = jpeg(hopper().resize((180, 210)))
    enrol_face(twins[1], small, by=SETUP, at=world.now())
    hr = world.operator(Role.HR)
    shots = pairs.worst_shots([world.site], hr.authority, 10)
    numbers = [one.brief.number for one in looks.briefs([shot.person for shot in shots], hr.authority)]
    assert numbers == ["T-2", "T-1"]
    assert shots[0].score < shots[1].score


def test_a_face_of_another_model_is_counted(world, twins):
    assert pairs.outdated([world.site], "faces-dlib-resnet-v1") == 0
    Credential.objects.filter(person=twins[0]).update(model="faces-older")
    assert pairs.outdated([world.site], "faces-dlib-resnet-v1") == 1
