"""After a restore: an edge goes on although the server has forgotten what it had confirmed; rows forget the erased."""

from uuid import uuid4

import pytest
from tests.server.world import World

from gatehouse.keeper.protocol import KeyClass
from gatehouse.server import intake
from gatehouse.server.backups.replaying import settle
from gatehouse.server.gates.models import Edge, Passage
from gatehouse.server.people.models import Credential, CredentialKind, CredentialState, Person, PersonState

pytestmark = pytest.mark.django_db


def told(world: World, *numbers: int) -> int:
    letters = []
    for number in numbers:
        world.sim.seq = number - 1
        letters.append(world.sim.letter(world.passage()))
    return intake.receive(Edge.objects.get(pk=world.sim.id), letters, now=world.now()).through


def test_the_next_letter_counts_whatever_its_number_and_then_the_order_holds_again(world: World) -> None:
    assert told(world, 1, 2) == 2
    assert told(world, 41, 42) == 2, "nobody has restored anything"
    settle({}, "", world.now())
    assert told(world, 41, 42, 44) == 42
    assert told(world, 46) == 42, "once only"
    assert told(world, 43, 44) == 44
    assert Passage.objects.count() == 6


def test_a_letter_that_follows_on_ends_the_exception_as_well(world: World) -> None:
    told(world, 1)
    settle({}, "", world.now())
    assert told(world, 2) == 2
    assert told(world, 9) == 2


def test_letters_of_old_numbers_count_by_their_facts_and_end_nothing(world: World) -> None:
    told(world, 1, 2, 3)
    settle({}, "", world.now())
    assert told(world, 2) == 3  # an edge of an old copy, numbering anew
    assert Passage.objects.count() == 4
    assert told(world, 17) == 17


def test_rows_forget_whom_the_keeper_forgot_and_no_other(world: World) -> None:
    gone, stays, faceless = world.hire(), world.hire("S-2", "Ada Reed"), world.hire("S-3", "Ken Field")
    for person in (gone, stays, faceless):
        for kind in (CredentialKind.FACE, CredentialKind.CARD):
            Credential.objects.create(id=uuid4(), person=person, kind=kind, cell=b"cell")
    destroyed = {KeyClass.IDENTITY: {str(gone.pk)}, KeyClass.FACE: {str(gone.pk), str(faceless.pk)}}
    assert settle(destroyed, world.sim.id, world.now()) == 4
    alive = {(one.person_id, one.kind) for one in Credential.objects.filter(state=CredentialState.ACTIVE)}
    assert alive == {(stays.pk, "face"), (stays.pk, "card"), (faceless.pk, "card")}
    assert Credential.objects.filter(state=CredentialState.DEAD).exclude(cell=None).count() == 0
    assert [one.pk for one in Person.objects.filter(state=PersonState.LEFT)] == [gone.pk]
    assert Edge.objects.get(pk=world.sim.id).active is False
    assert settle(destroyed, "", world.now()) == 0
