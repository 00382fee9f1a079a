"""Codes and tickets; edges; signatures; the keeper's small verbs."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest

from gatehouse.crypto.merkle import read_checkpoint
from gatehouse.crypto.sealing import KeyKind
from gatehouse.crypto.signing import new_device_keys
from gatehouse.crypto.tokens import Flaw, Token, check
from gatehouse.keeper import local
from gatehouse.keeper.locate import PER_SOURCE
from gatehouse.keeper.protocol import LABELS, Authority, Cell, KeyClass, Owner, Plain, Role
from gatehouse.keeper.rules import WRITTEN_HERE
from gatehouse.keeper.tickets import FAILURES

from .conftest import EDGE, SITE, TODAY, Desk

Refusal = Callable[[Callable[[], object]], str]


def test_a_code_signs_in_once(desk: Desk, refusal: Refusal) -> None:
    code = local.invite_operator(desk.home, "owner-1")
    entered = desk.client.sign_in(f" {code.lower()} ")
    assert (entered.ticket.actor, entered.ticket.role, entered.ticket.subject) == ("owner-1", Role.OWNER, None)
    assert desk.client.whoami(entered.token) == entered.ticket
    assert refusal(lambda: desk.client.sign_in(code)) == "bad_code"


def test_a_code_lives_a_day_and_a_ticket_eight_hours(desk: Desk, refusal: Refusal) -> None:
    code, late = (local.invite_operator(desk.home, "owner-1") for _ in range(2))
    entered = desk.client.sign_in(code)
    desk.clock.forward(timedelta(hours=8))
    assert refusal(lambda: desk.client.whoami(entered.token)) == "no_ticket"
    desk.clock.forward(timedelta(hours=16))
    assert refusal(lambda: desk.client.sign_in(late)) == "bad_code"


def test_signing_out_ends_the_ticket_for_good(desk: Desk, refusal: Refusal) -> None:
    token = desk.sign_in().ticket or ""
    assert desk.client.whoami(token).role is Role.OWNER
    desk.client.sign_out(token)
    assert refusal(lambda: desk.client.whoami(token)) == "no_ticket"
    desk.restart()
    assert refusal(lambda: desk.client.whoami(token)) == "no_ticket"


def test_a_ticket_survives_a_restart_of_the_keeper(desk: Desk) -> None:
    token = desk.sign_in().ticket or ""
    before = desk.client.whoami(token)
    desk.restart()
    assert desk.client.whoami(token) == before


def test_neither_codes_nor_tickets_are_stored(desk: Desk) -> None:
    code = local.invite_operator(desk.home, "owner-1")
    token = desk.client.sign_in(local.invite_operator(desk.home, "owner-2")).token
    desk.stop()
    stored = b"".join(path.read_bytes() for path in (desk.home / "keeper").rglob("*") if path.is_file())
    assert code.replace("-", "").encode() not in stored
    assert code.encode() not in stored
    assert token.encode() not in stored
    desk.start()


def test_many_wrong_codes_lock_signing_in_for_a_while(desk: Desk, refusal: Refusal) -> None:
    code = local.invite_operator(desk.home, "owner-1")
    for _ in range(FAILURES):
        assert refusal(lambda: desk.client.sign_in("WRONG")) == "bad_code"
    assert refusal(lambda: desk.client.sign_in(code)) == "locked"
    desk.restart()
    assert refusal(lambda: desk.client.sign_in(code)) == "locked"
    desk.clock.forward(timedelta(minutes=15))
    assert desk.client.sign_in(code).ticket.actor == "owner-1"


def test_owners_invite_operators_and_hr_invites_workers_only(desk: Desk, refusal: Refusal) -> None:
    owner, hr, guard = desk.sign_in(), desk.sign_in(Role.HR), desk.sign_in(Role.SECURITY)
    assert desk.client.invite("guard-2", Role.SECURITY, owner, sites=(SITE,))
    assert desk.client.invite("person-1", Role.WORKER, hr, subject="person-1")
    assert refusal(lambda: desk.client.invite("owner-2", Role.OWNER, hr)) == "not_allowed"
    assert refusal(lambda: desk.client.invite("person-1", Role.WORKER, guard, subject="person-1")) == "not_allowed"
    assert refusal(lambda: desk.client.invite("owner-2", Role.OWNER, Authority())) == "no_ticket"
    assert refusal(lambda: desk.client.invite("owner-2", Role.OWNER, Authority(job="feed"))) == "not_allowed"


def test_a_worker_is_invited_for_themselves_and_an_operator_for_nobody(desk: Desk, refusal: Refusal) -> None:
    owner = desk.sign_in()
    assert refusal(lambda: desk.client.invite("person-1", Role.WORKER, owner)) == "bad_request"
    assert refusal(lambda: desk.client.invite("hr-1", Role.HR, owner, subject="person-1")) == "bad_request"


def test_an_owner_of_one_site_lets_nobody_into_another(desk: Desk, refusal: Refusal) -> None:
    owner = desk.sign_in(sites=(SITE,))
    assert desk.client.invite("guard-2", Role.SECURITY, owner, sites=(SITE,))
    assert refusal(lambda: desk.client.invite("guard-3", Role.SECURITY, owner, sites=("site-2",))) == "not_allowed"
    assert refusal(lambda: desk.client.invite("guard-3", Role.SECURITY, owner)) == "not_allowed"


def test_only_an_owner_or_the_shell_enrols_an_edge(desk: Desk, refusal: Refusal) -> None:
    keys = new_device_keys().public()

    def enrol(by: Authority, zone: str = "UTC", sign_key: bytes = keys.sign_key) -> None:
        desk.client.enrol_edge("edge-2", SITE, zone, sign_key=sign_key, seal_key=keys.seal_key, by=by)

    enrol(desk.sign_in())
    enrol(local.shell_authority(desk.home))
    assert refusal(lambda: enrol(Authority())) == "no_ticket"
    assert refusal(lambda: enrol(Authority(job="feed"))) == "not_allowed"
    assert refusal(lambda: enrol(desk.sign_in(Role.SECURITY))) == "not_allowed"
    assert refusal(lambda: enrol(desk.sign_in(actor="elsewhere", sites=("site-2",)))) == "not_allowed"
    for zone in ("Nowhere/Here", "../../etc/passwd", ""):
        assert refusal(lambda zone=zone: enrol(desk.sign_in(), zone=zone)) == "bad_request"
    assert refusal(lambda: enrol(desk.sign_in(), sign_key=b"short")) == "bad_request"


@pytest.mark.parametrize(
    ("edge", "site", "seal_key"), [("e" * 256, SITE, b"k" * 32), ("e", "s" * 256, b"k" * 32), ("e", SITE, bytes(32))]
)
def test_an_edge_that_nothing_could_be_sealed_for_is_not_enrolled(
    desk: Desk, refusal: Refusal, edge: str, site: str, seal_key: bytes
) -> None:
    sign_key, by = new_device_keys().public().sign_key, desk.sign_in()
    enrol = lambda: desk.client.enrol_edge(edge, site, "UTC", sign_key=sign_key, seal_key=seal_key, by=by)  # noqa: E731
    assert refusal(enrol) == "bad_request"


def test_the_shells_right_is_new_at_every_start(desk: Desk, refusal: Refusal) -> None:
    old = local.shell_authority(desk.home)
    desk.restart()
    assert refusal(lambda: desk.client.invite("owner-2", Role.OWNER, old)) == "no_ticket"


def test_the_keepers_keys_stay_the_same_over_a_restart(desk: Desk) -> None:
    before = desk.client.hello(), desk.client.secret("django")
    desk.restart()
    assert (desk.client.hello(), desk.client.secret("django")) == before


def test_secrets_are_those_of_the_list_and_all_different(desk: Desk, refusal: Refusal) -> None:
    names = ("django", "sources", "provider.test", "edge-admin")
    assert len({desk.client.secret(name) for name in names}) == 4
    assert refusal(lambda: desk.client.secret("root")) == "not_allowed"


def test_a_pass_is_signed_for_those_who_may(desk: Desk, refusal: Refusal) -> None:
    ann = str(uuid4())
    claims: dict[str, str | int] = {"id": str(uuid4()), "sub": ann, "site": SITE, "nbf": 1, "exp": 100}
    key = desk.client.hello().verify_key
    for by in (desk.sign_in(Role.HR), desk.sign_in(Role.SECURITY), desk.worker(ann)):
        assert check(desk.client.sign("pass", claims, by), "pass", key, 50) == Token("pass", claims)
    for by in (desk.sign_in(Role.PARKING), desk.worker(str(uuid4())), Authority(job="feed"), Authority(job="passes")):
        assert refusal(lambda by=by: desk.client.sign("pass", claims, by)) == "not_allowed"
    elsewhere = desk.sign_in(Role.HR, actor="hr-2", sites=("site-2",))
    assert refusal(lambda: desk.client.sign("pass", claims, elsewhere)) == "not_allowed"


@pytest.mark.parametrize(
    "claims",
    [{}, {"id": "a", "sub": "b", "site": "c", "nbf": 1}, {"id": 1, "sub": "b", "site": "c", "nbf": 1, "exp": 2}],
)
def test_a_pass_has_exactly_its_claims(desk: Desk, refusal: Refusal, claims: dict[str, str | int]) -> None:
    assert refusal(lambda: desk.client.sign("pass", claims, desk.sign_in())) == "bad_request"


@pytest.mark.parametrize(("nbf", "exp"), [(0, 2**34), (2**33, 2**33 + 60), (60, 60), (60, 0), (-(2**62), 2**62)])
def test_a_pass_ends_some_day(desk: Desk, refusal: Refusal, nbf: int, exp: int) -> None:
    """Whoever owns the web process for an hour would else have doors opened for good."""
    claims: dict[str, str | int] = {"id": str(uuid4()), "sub": "ann", "site": SITE, "nbf": nbf, "exp": exp}
    assert refusal(lambda: desk.client.sign("pass", claims, desk.sign_in())) == "bad_request"


def _receipt(exp: int) -> dict[str, str | int]:
    return {"id": str(uuid4()), "stay": str(uuid4()), "site": SITE, "zone": str(uuid4()), "exp": exp}


@pytest.mark.parametrize("exp", [2**34, 0, -1])
def test_a_receipt_ends_soon(desk: Desk, refusal: Refusal, exp: int) -> None:
    """What a stolen web process had signed opens no barrier the week after."""
    assert refusal(lambda: desk.client.sign("receipt", _receipt(exp), Authority(job="receipts"))) == "bad_request"


def test_a_receipt_is_signed_for_the_payment_job_and_is_no_pass(desk: Desk) -> None:
    text = desk.client.sign("receipt", _receipt(exp=100), Authority(job="receipts"))
    key = desk.client.hello().verify_key
    assert isinstance(check(text, "receipt", key, 50), Token)
    assert check(text, "pass", key, 50) is Flaw.WRONG_KIND


def test_one_source_tries_so_many_plates_an_hour_and_no_more(desk: Desk, refusal: Refusal) -> None:
    for number in range(PER_SOURCE):
        desk.client.locate(SITE, TODAY, f"京A1000{number}", "source-1")
    assert desk.client.locate(SITE, TODAY, "京A10000", "source-1")  # the same again costs nothing
    assert refusal(lambda: desk.client.locate(SITE, TODAY, "京B99999", "source-1")) == "capped"
    assert desk.client.locate(SITE, TODAY, "京B99999", "source-2")
    desk.clock.forward(timedelta(hours=1))
    assert desk.client.locate(SITE, TODAY, "京B99999", "source-1")


def test_stays_are_found_under_another_days_token_after_the_day_changed(desk: Desk, refusal: Refusal) -> None:
    plate = desk.sealed("stay.plate/1", str(uuid4()), "京A12345")
    tomorrow = TODAY + timedelta(days=1)
    (tokens,) = desk.client.retoken(SITE, tomorrow, [plate])
    assert (
        tokens
        == desk.client.locate(SITE, tomorrow, "京A12345", "s")
        != desk.client.locate(SITE, TODAY, "京A12345", "s")
    )
    desk.client.forget_stay(plate.row, Authority(job="stays"))
    assert desk.client.retoken(SITE, tomorrow, [plate]) == [None]
    other = desk.sealed("vehicle.plate/1", "vehicle-1", "京A12345")
    assert refusal(lambda: desk.client.retoken(SITE, tomorrow, [other])) == "bad_request"


def test_no_plate_is_followed_through_the_days(desk: Desk, refusal: Refusal) -> None:
    plate = desk.sealed("stay.plate/1", str(uuid4()), "京A12345")
    for days in (-2, 2, -30, 30):
        day = TODAY + timedelta(days=days)
        assert refusal(lambda day=day: desk.client.retoken(SITE, day, [plate])) == "not_allowed"
    for days in (-8, 2):
        day = TODAY + timedelta(days=days)
        assert refusal(lambda day=day: desk.client.locate(SITE, day, "京A12345", "s")) == "not_allowed"
    assert desk.client.locate(SITE, TODAY - timedelta(days=7), "京A12345", "s")
    letter = desk.letter(desk.passage(plate="京A12345", direction="out"))
    for days in (-30, -8, 2, 30):
        day = TODAY + timedelta(days=days)
        assert refusal(lambda day=day: desk.client.admit([letter], {SITE: day})) == "not_allowed"


@pytest.mark.parametrize(
    "plain",
    [
        Plain("no.such/1", Owner("a"), "r", b""),
        Plain("person.name/1", Owner(""), "r", b""),
        Plain("person.name/1", Owner("a", day=TODAY), "r", b""),
        Plain("passage.facts/1", Owner(SITE), "r", b""),
        Plain("stay.books/1", Owner(SITE), "r", b""),
        Plain("stay.books/1", Owner(SITE, year=0), "r", b""),
    ],
)
def test_a_plaintext_whose_owner_does_not_fit_its_label_is_refused(desk: Desk, refusal: Refusal, plain: Plain) -> None:
    assert refusal(lambda: desk.client.seal([plain])) == "bad_request"


@pytest.mark.parametrize("label", sorted(WRITTEN_HERE))
def test_what_the_keeper_reads_out_of_letters_nobody_else_has_sealed(desk: Desk, refusal: Refusal, label: str) -> None:
    """A stay of any plate, and `retoken` would tell that plate's token."""
    day = TODAY if LABELS[label].key is KeyClass.SITE_DAY else None
    plain = Plain(label, Owner("stay-1", day=day), "stay-1", "京A12345".encode())
    assert refusal(lambda: desk.client.seal([plain])) == "not_allowed"
    assert desk.service.vault.store.owners(KeyKind.STAY) == []


def test_the_books_of_a_year_are_sealed_and_shown_to_parking(desk: Desk) -> None:
    (cell,) = desk.client.seal([Plain("stay.books/1", Owner(SITE, year=2026), "row-1", b"lines")])
    asked = [Cell("stay.books/1", "row-1", cell)]
    assert desk.client.reveal(asked, desk.sign_in(Role.PARKING, sites=(SITE,)), "books") == [b"lines"]


def test_the_servers_audit_hashes_are_leaves_under_the_checkpoint(desk: Desk, refusal: Refusal) -> None:
    size = read_checkpoint_size(desk)
    desk.client.note([b"h" * 32, b"i" * 32])
    assert read_checkpoint_size(desk) == size + 1
    (entry,) = [entry for entry in desk.service.vault.log.entries() if entry.kind == "note"]
    assert entry.hashes == [b"h" * 32, b"i" * 32]
    assert refusal(lambda: desk.client.note([b"short"])) == "bad_request"


def read_checkpoint_size(desk: Desk) -> int:
    text = desk.client.checkpoint()
    return read_checkpoint(text, text.split("\n")[0], desk.client.hello().verify_key).size


def test_enrolled_edges_survive_a_restart(desk: Desk) -> None:
    desk.restart()
    edge = desk.service.vault.store.edge(EDGE)
    assert edge is not None
    assert (edge.site, edge.zone) == (SITE, "Asia/Shanghai")
