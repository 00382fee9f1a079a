"""`gatehouse audit certificate`, `proof` and `breach`: what a data officer types, and what the command ends with."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from gatehouse.cli import app
from gatehouse.keeper.inspect import Inspector
from gatehouse.keeper.protocol import KeyClass, Role

from .conftest import START, Desk

NOBODYS_KEY = "00" * 32


def audit(*words: object) -> Result:
    """The output without the breaks that a narrow terminal makes."""
    return CliRunner().invoke(app, ["audit", *map(str, words)], env={"COLUMNS": "400"})


def own_key(desk: Desk) -> str:
    with Inspector(desk.home) as inspector:
        return inspector.verify_key().hex()


@pytest.fixture
def certificate(desk: Desk, tmp_path: Path) -> tuple[str, Path]:
    """Of somebody whose identity went and whose pay stays for the law."""
    ann, _ = desk.person()
    desk.sealed("contract.terms/1", ann, b"terms")
    by = desk.sign_in(Role.HR)
    desk.client.hold(ann, KeyClass.WORK, date(2029, 3, 10), "law.pay", by, "A/17")
    file = tmp_path / "certificate.json"
    file.write_bytes(desk.client.forget(ann, [KeyClass.IDENTITY, KeyClass.WORK], by).certificate)
    return ann, file


@pytest.fixture
def proof(desk: Desk, tmp_path: Path) -> tuple[str, Path]:
    """Of a look at somebody, as they take it from their own page."""
    ann, name = desk.person()
    desk.client.reveal([name], desk.sign_in(Role.HR, actor="operator-7"), "person.page")
    own = desk.worker(ann).ticket or ""
    look = next(one for one in desk.client.looks(ann, own) if one.purpose == "person.page")
    file = tmp_path / "proof.json"
    file.write_bytes(desk.client.prove(look.place, own))
    return ann, file


# --- certificate ------------------------------------------------------------------------------------------------------


def test_a_certificate_is_read_out_and_its_key_is_known_at_home(desk: Desk, certificate: tuple[str, Path]) -> None:
    ann, file = certificate
    told = audit("certificate", file, "--home", desk.home)
    assert told.exit_code == 0, told.output
    assert f"Subject {ann}, asked by operator-hr (hr)" in told.output
    assert "destroyed: identity" in told.output
    assert "stays: work until 2029-03-10, law.pay A/17, laid by operator-hr" in told.output
    assert "The key is the expected one." in told.output


def test_elsewhere_the_key_must_be_said_or_is_shown_to_be_compared(
    desk: Desk, certificate: tuple[str, Path], tmp_path: Path
) -> None:
    _, file = certificate
    elsewhere = tmp_path / "elsewhere"
    unknown = audit("certificate", file, "--home", elsewhere)
    assert unknown.exit_code == 0
    assert f"Nobody says yet whose key this is. Compare it with the one that you were given: {own_key(desk)}" in (
        unknown.output
    )
    known = audit("certificate", file, "--home", elsewhere, "--key", own_key(desk))
    assert (known.exit_code, "The key is the expected one." in known.output) == (0, True)


def test_a_certificate_for_a_program_has_the_same_facts(desk: Desk, certificate: tuple[str, Path]) -> None:
    ann, file = certificate
    told = audit("certificate", file, "--home", desk.home, "--json")
    found = json.loads(told.stdout)
    assert (told.exit_code, found["ok"], found["trusted"]) == (0, True, True)
    assert found["facts"]["subject"] == ann
    assert [one["key"] for one in found["facts"]["destroyed"]] == ["identity"]


def _somebody_else(text: str) -> str:
    whole = json.loads(text)
    whole["facts"]["subject"] = "somebody-else"
    return json.dumps(whole)


def _no_holds(text: str) -> str:
    whole = json.loads(text)
    whole["facts"]["stays"] = []
    return json.dumps(whole)


@pytest.mark.parametrize("spoil", [_somebody_else, _no_holds, lambda text: text[:-40], lambda text: "{}"])
def test_a_certificate_that_was_changed_ends_with_1_and_says_so(
    desk: Desk, certificate: tuple[str, Path], spoil: Callable[[str], str]
) -> None:
    _, file = certificate
    file.write_text(spoil(file.read_text()))
    told = audit("certificate", file, "--home", desk.home)
    assert (told.exit_code, "not genuine" in told.output) == (1, True), told.output
    machine = audit("certificate", file, "--home", desk.home, "--json")
    assert (machine.exit_code, json.loads(machine.stdout)["ok"]) == (1, False)


def test_a_certificate_of_another_keeper_is_none_of_this_one(desk: Desk, certificate: tuple[str, Path]) -> None:
    _, file = certificate
    told = audit("certificate", file, "--home", desk.home, "--key", NOBODYS_KEY)
    assert told.exit_code == 1
    assert "another keeper signed it" in told.output


@pytest.mark.parametrize("command", ["certificate", "proof"])
def test_what_was_typed_wrongly_ends_with_2(desk: Desk, certificate: tuple[str, Path], command: str) -> None:
    missing = audit(command, desk.home / "no-such-file", "--home", desk.home)
    assert (missing.exit_code, "cannot be read" in missing.output) == (2, True)


def test_a_key_that_is_none_ends_with_2(desk: Desk, certificate: tuple[str, Path]) -> None:
    told = audit("certificate", certificate[1], "--home", desk.home, "--key", "abc")
    assert (told.exit_code, "64 hexadecimal digits" in told.output) == (2, True)


# --- proof ------------------------------------------------------------------------------------------------------------


def test_a_proof_says_who_looked_for_what_and_when(desk: Desk, proof: tuple[str, Path]) -> None:
    _, file = proof
    told = audit("proof", file, "--home", desk.home)
    assert told.exit_code == 0, told.output
    assert "reveal by operator-7 (hr), person.page" in told.output
    assert START.isoformat(timespec="seconds") in told.output
    found = json.loads(audit("proof", file, "--home", desk.home, "--json").stdout)
    assert (found["ok"], found["trusted"], found["entry"]["actor"]) == (True, True, "operator-7")


def test_a_proof_of_another_line_is_refused(desk: Desk, proof: tuple[str, Path]) -> None:
    _, file = proof
    whole = json.loads(file.read_text())
    whole["place"] += 1
    file.write_text(json.dumps(whole))
    told = audit("proof", file, "--home", desk.home)
    assert (told.exit_code, "not genuine" in told.output) == (1, True)


def test_a_certificate_is_no_proof_and_a_proof_no_certificate(
    desk: Desk, certificate: tuple[str, Path], proof: tuple[str, Path]
) -> None:
    assert audit("proof", certificate[1], "--home", desk.home).exit_code == 1
    assert audit("certificate", proof[1], "--home", desk.home).exit_code == 1


# --- breach -----------------------------------------------------------------------------------------------------------


def breach(desk: Desk, *words: str, since: timedelta = timedelta(), until: timedelta = timedelta(days=1)) -> Result:
    span = ("--from", (START + since).isoformat(), "--to", (START + until).isoformat())
    return audit("breach", "--home", desk.home, *span, *words)


def test_after_a_stolen_login_it_says_whom_that_login_saw_and_what(desk: Desk) -> None:
    (ann, name), (ben, other) = desk.person("Ann Example"), desk.person("Ben Example")
    contact = desk.sealed("person.contact/1", ann, "somebody@example.org")
    stolen, honest = desk.sign_in(Role.HR, actor="stolen"), desk.sign_in(Role.HR, actor="honest")
    desk.client.reveal([name, contact], stolen, "person.page")
    desk.client.reveal([other], honest, "person.page")
    told = breach(desk, "--actor", "stolen")
    assert told.exit_code == 0, told.output
    assert "1 people and vehicles are affected" in told.output
    assert ann in told.output
    assert ben not in told.output
    assert "contact, identity number, bank account" in told.output
    assert "Ann Example" not in told.output
    everybody = json.loads(breach(desk, "--json").stdout)
    assert {one["id"] for one in everybody["affected"]} == {ann, ben}
    assert {one["actor"] for one in everybody["readers"]} >= {"stolen", "honest"}


def test_who_was_erased_since_is_still_known_to_be_affected(desk: Desk) -> None:
    ann, name = desk.person("Ann Example")
    desk.client.reveal([name], desk.sign_in(Role.HR, actor="stolen"), "person.page")
    desk.forget(ann, KeyClass.IDENTITY, KeyClass.ACCESS)
    assert ann in breach(desk, "--actor", "stolen").output


def test_a_span_in_which_nobody_looked_says_so(desk: Desk) -> None:
    told = breach(desk, since=timedelta(days=40), until=timedelta(days=41))
    assert (told.exit_code, "Nobody looked at anybody." in told.output) == (0, True)


@pytest.mark.parametrize(
    ("since", "until", "said"),
    [("yesterday", "2026-03-11", "is no moment"), ("2026-03-11", "2026-03-10", "--to lies before --from")],
)
def test_a_span_that_is_none_ends_with_2(desk: Desk, since: str, until: str, said: str) -> None:
    told = audit("breach", "--home", desk.home, "--from", since, "--to", until)
    assert (told.exit_code, said in told.output) == (2, True), told.output
