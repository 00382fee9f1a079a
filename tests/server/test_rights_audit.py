"""The server's own entries against the hashes in the keeper's log: whatever was changed since is refused."""

import pytest
from tests.server.world import SETUP

from gatehouse.box.auditing import CannotAudit, compare_entries, moment_of, verify_key_of
from gatehouse.keeper.certificate import NotProved
from gatehouse.server.audit.actions import note_entries
from gatehouse.server.audit.models import Entry
from gatehouse.server.audit.queries import hashes_told
from gatehouse.server.people.actions import add_group


@pytest.fixture
def told(world):
    """What the keeper was told of the world's entries."""
    add_group(world.site, "Visitors", by=SETUP, at=world.now())
    note_entries()
    return hashes_told()


def test_untouched_entries_are_those_that_the_keeper_was_told(told) -> None:
    assert compare_entries(told).startswith(f"{len(told)} entries")
    assert compare_entries([*told, told[-1]]).startswith(f"{len(told)} entries")  # told twice is told


def test_entries_that_the_keeper_was_not_told_yet_are_not_asked_for(told, world) -> None:
    add_group(world.site, "Later", by=SETUP, at=world.now())
    assert compare_entries(told).startswith(f"{len(told)} entries")


def test_an_entry_that_was_changed_is_named(told) -> None:
    row = Entry.objects.order_by("pk")[2]
    Entry.objects.filter(pk=row.pk).update(verb="nothing.happened")
    with pytest.raises(NotProved, match=f"entry {row.pk} was changed"):
        compare_entries(told)


def test_an_end_that_was_cut_off_is_missed(told) -> None:
    Entry.objects.order_by("-pk")[:1].get().delete()
    with pytest.raises(NotProved, match="1 of the server's entries"):
        compare_entries(told)


def test_a_chain_that_was_forged_anew_is_not_the_one_that_was_told(told) -> None:
    with pytest.raises(NotProved, match="are not those"):
        compare_entries([b"x" * 32, *told[1:]])


@pytest.mark.parametrize("typed", ["", "yesterday", "2026-13-01"])
def test_what_is_no_moment_and_no_key_is_explained(typed) -> None:
    with pytest.raises(CannotAudit, match="no moment"):
        moment_of(typed)
    with pytest.raises(CannotAudit, match="64 hexadecimal digits"):
        verify_key_of(typed or "zz")
