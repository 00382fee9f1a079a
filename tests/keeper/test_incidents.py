"""Whoever watches is told of everything, once, however much happens and however long they were away."""

import threading

import pytest

from gatehouse.keeper import incidents
from gatehouse.keeper.protocol import Authority, Incident, Reveal, Role

from .conftest import Desk

WATCH = Authority(job="incidents")


def cross(desk: Desk, actor: str, times: int = 1) -> None:
    """Ask for more names than a guard's hour allows."""
    by, cells = desk.sign_in(Role.SECURITY, actor=actor), desk.people(61)
    for _ in range(times):
        desk.client.call(Reveal(cells, by, "x"))


def heard(desk: Desk, after: int = 0) -> list[Incident]:
    """Everything, asked for as a watcher does."""
    found: list[Incident] = []
    while True:
        told = desk.client.incidents(after, 0, WATCH)
        found += told.incidents
        if told.through == told.size:
            return found
        assert told.through > after
        after = told.through


def test_what_is_more_than_one_answer_comes_in_the_next_ones(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    cross(desk, "guard", 5)
    whole = heard(desk)
    assert len(whole) == 5
    monkeypatch.setattr(incidents, "AT_ONCE", 2)
    assert len(desk.client.incidents(0, 0, WATCH).incidents) == 2
    assert heard(desk) == whole


def test_a_flood_of_others_drowns_none(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only so many are at hand; the rest is in the log, and whoever was away reads it from there."""
    monkeypatch.setattr(incidents, "AT_HAND", 3)
    cross(desk, "thief")
    cross(desk, "noise", 6)
    assert desk.service.vault.told.after(0) is None
    assert [one.actor for one in heard(desk)] == ["thief", *["noise"] * 6]
    monkeypatch.setattr(incidents, "READ_AT_ONCE", 2)
    assert [one.actor for one in heard(desk)] == ["thief", *["noise"] * 6]
    assert heard(desk, after=-5) == heard(desk)


def test_nothing_is_passed_over_while_many_write_at_once(desk: Desk) -> None:
    cells = desk.people(61)
    tickets = [desk.sign_in(Role.SECURITY, actor=f"guard-{n}") for n in range(4)]
    threads = [
        threading.Thread(target=lambda by=by: [desk.client.call(Reveal(cells, by, "x")) for _ in range(10)])
        for by in tickets
    ]
    for one in threads:
        one.start()
    found: list[Incident] = []
    after = 0
    while any(one.is_alive() for one in threads):
        told = desk.client.incidents(after, 0, WATCH)
        found, after = found + told.incidents, told.through
    found += heard(desk, after)
    assert len(found) == 40
    assert [one.place for one in found] == sorted({one.place for one in found})


def test_a_place_behind_the_end_leads_back_to_the_end(desk: Desk) -> None:
    told = desk.client.incidents(10**6, 0, WATCH)
    assert (told.incidents, told.through) == ([], told.size)
