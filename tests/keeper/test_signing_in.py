"""Ways to sign in again: the keeper verifies each itself, and nobody waits for a stranger's mistakes."""

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from gatehouse.address import origin
from gatehouse.crypto import passwords
from gatehouse.keeper import lockout, pending, signing_in
from gatehouse.keeper import protocol as say
from gatehouse.keeper.challenges import LIVES
from gatehouse.keeper.client import Client
from gatehouse.keeper.local import invite_operator, shell_authority, socket_path
from gatehouse.keeper.protocol import Entered, Refused, Role, WayList
from gatehouse.keeper.service import Service

from .authenticator import PRESENT, Phone
from .conftest import Desk

PASSWORD = "correct horse battery"


def fresh(desk: Desk, actor: str = "owner-1", role: Role = Role.OWNER, sites: tuple[str, ...] = ()) -> str:
    return desk.sign_in(role, actor=actor, sites=sites).ticket or ""


def challenge(desk: Desk, ticket: str | None = None) -> bytes:
    asked = desk.client.call(say.BeginPasskey(ticket))
    assert isinstance(asked, say.PasskeyAsked), asked
    return asked.challenge


def enrolled(desk: Desk, ticket: str, phone: Phone | None = None) -> Phone:
    phone = phone or Phone()
    assert isinstance(desk.client.call(phone.make(challenge(desk, ticket), ticket)), WayList)
    return phone


def code(secret: bytes, desk: Desk, later: int = 0) -> str:
    return passwords.totp(secret, int(desk.clock.now().timestamp()) // passwords.STEP_S + later)


def with_password(desk: Desk, ticket: str) -> tuple[str, bytes]:
    """A handle and the secret of its app."""
    import base64

    asked = desk.client.call(say.BeginPassword(ticket))
    assert isinstance(asked, say.PasswordAsked), asked
    secret = base64.b32decode(asked.secret)
    assert isinstance(desk.client.call(say.SetPassword(ticket, PASSWORD, code(secret, desk))), WayList)
    desk.clock.forward(timedelta(seconds=90))
    return asked.handle, secret


# --- passkeys ---


def test_a_passkey_signs_in_as_the_code_said_after_a_restart_too(desk: Desk) -> None:
    phone = enrolled(desk, fresh(desk, "guard-7", Role.SECURITY, ("site-1",)))
    desk.restart()
    entered = desk.client.call(phone.use(challenge(desk)))
    assert isinstance(entered, Entered)
    assert (entered.ticket.actor, entered.ticket.role, entered.ticket.sites) == ("guard-7", Role.SECURITY, ("site-1",))
    assert entered.ticket.ends - desk.clock.now() == timedelta(hours=8)
    assert desk.client.whoami(entered.token) == entered.ticket


def test_a_worker_signs_in_to_their_own_page_only(desk: Desk) -> None:
    ticket = desk.worker("person-1").ticket or ""
    entered = desk.client.call(enrolled(desk, ticket).use(challenge(desk)))
    assert isinstance(entered, Entered)
    assert (entered.ticket.role, entered.ticket.subject) == (Role.WORKER, "person-1")


def test_an_assertion_counts_once(desk: Desk) -> None:
    phone = enrolled(desk, fresh(desk))
    use = phone.use(challenge(desk))
    assert isinstance(desk.client.call(use), Entered)
    assert desk.client.call(use) == Refused("bad_passkey")
    desk.restart()  # which forgets the used ones
    assert desk.client.call(use) == Refused("bad_passkey")


def test_a_challenge_ends_and_is_for_one_purpose(desk: Desk) -> None:
    ticket = fresh(desk)
    phone = enrolled(desk, ticket)
    late = challenge(desk)
    desk.clock.forward(LIVES + timedelta(seconds=1))
    assert desk.client.call(phone.use(late)) == Refused("bad_passkey")
    assert desk.client.call(phone.use(challenge(desk, ticket))) == Refused("bad_passkey")
    assert desk.client.call(phone.use(b"x" * 56)) == Refused("bad_passkey")
    other = Phone()
    assert desk.client.call(other.make(challenge(desk), ticket)) == Refused("bad_passkey")
    elsewhere = fresh(desk, "owner-2")
    assert desk.client.call(other.make(challenge(desk, elsewhere), ticket)) == Refused("bad_passkey")


@pytest.mark.parametrize(
    "changed",
    [
        {"origin": "https://localhost.evil.example"},
        {"origin": "http://evil.example:8000"},
        {"origin": "http://localhost:8000@evil.example"},
        {"rp_id": "evil.example"},
        {"flags": PRESENT},
        {"flags": 0x04},
    ],
    ids=str,
)
def test_another_origin_or_an_unproved_hand_is_refused(desk: Desk, changed: dict[str, object]) -> None:
    ticket = fresh(desk)
    phone = enrolled(desk, ticket)
    assert desk.client.call(phone.but(**changed).use(challenge(desk))) == Refused("bad_passkey")
    fault = Phone().but(**changed).make(challenge(desk, ticket), ticket)
    assert desk.client.call(fault) == Refused("bad_passkey")


def test_what_was_signed_for_one_act_is_not_taken_for_the_other(desk: Desk) -> None:
    ticket = fresh(desk)
    phone = enrolled(desk, ticket)
    assert desk.client.call(phone.use(challenge(desk), kind="webauthn.create")) == Refused("bad_passkey")
    assert desk.client.call(phone.use(challenge(desk), crossOrigin=True)) == Refused("bad_passkey")
    assert desk.client.call(Phone().make(challenge(desk, ticket), ticket, kind="webauthn.get")) == Refused(
        "bad_passkey"
    )


def test_another_persons_credential_and_every_flipped_byte_are_refused(desk: Desk) -> None:
    ann, bob = enrolled(desk, fresh(desk, "ann")), enrolled(desk, fresh(desk, "bob"))
    use = ann.use(challenge(desk))
    assert desk.client.call(msgspec.structs.replace(use, credential=bob.id)) == Refused("bad_passkey")
    assert desk.client.call(msgspec.structs.replace(use, credential=b"")) == Refused("bad_passkey")
    for part in ("client_data", "authenticator_data", "signature"):
        whole = getattr(use, part)
        for place in range(0, len(whole), max(1, len(whole) // 12)):
            changed = bytearray(whole)
            changed[place] ^= 1
            forged = msgspec.structs.replace(use, **{part: bytes(changed)})
            assert desk.client.call(forged) == Refused("bad_passkey"), (part, place)
    assert isinstance(desk.client.call(use), Entered)


def test_a_counter_that_does_not_go_up_is_a_copy(desk: Desk) -> None:
    phone = enrolled(desk, fresh(desk), Phone(counter=4))
    assert isinstance(desk.client.call(phone.but(counter=9).use(challenge(desk))), Entered)
    for counter in (9, 8, 0):
        assert desk.client.call(phone.but(counter=counter).use(challenge(desk))) == Refused("bad_passkey")
    assert isinstance(desk.client.call(phone.but(counter=10).use(challenge(desk))), Entered)
    refused = [entry.purpose for entry in desk.service.vault.log.entries() if entry.kind == "refused"]
    assert refused == ["sign_in:counter"] * 3


def test_a_passkey_belongs_to_one_account(desk: Desk) -> None:
    phone = enrolled(desk, fresh(desk, "ann"))
    ticket = fresh(desk, "bob")
    assert desk.client.call(phone.make(challenge(desk, ticket), ticket)) == Refused("bad_passkey")


def test_nonsense_for_a_registration_is_refused(desk: Desk) -> None:
    ticket = fresh(desk)
    good = Phone().make(challenge(desk, ticket), ticket)
    halves = ((b"", b""), (b"{}", b"\xa0"), (good.client_data, b"\xff" * 40), (b"\xff", good.attestation))
    for client, attestation in halves:
        assert desk.client.call(say.AddPasskey(ticket, client, attestation)) == Refused("bad_passkey")
    assert len(_ways(desk, ticket).ways) == 0


def test_a_named_installation_takes_its_own_name_only(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.service = Service(tmp_path, desk.clock, origin("https://gate.example:8443"))
    desk.service.start()
    desk.client = Client(socket_path(tmp_path), timeout_s=10)
    try:
        ticket, right = fresh(desk), Phone("https://gate.example:8443", "gate.example")
        phone = enrolled(desk, ticket, right)
        for wrong in ("http://localhost:8000", "https://gate.example", "http://gate.example:8443"):
            assert desk.client.call(phone.but(origin=wrong).use(challenge(desk))) == Refused("bad_passkey")
        assert isinstance(desk.client.call(phone.use(challenge(desk))), Entered)
    finally:
        desk.stop()


# --- ways ---


def _ways(desk: Desk, ticket: str) -> WayList:
    found = desk.client.call(say.Ways(ticket))
    assert isinstance(found, WayList), found
    return found


def test_ways_are_added_and_removed_just_after_signing_in_and_not_by_an_older_cookie(desk: Desk) -> None:
    ticket = fresh(desk)
    phone, other = enrolled(desk, ticket), enrolled(desk, ticket)
    assert len(_ways(desk, ticket).ways) == 2
    desk.clock.forward(signing_in.FRESH)
    assert not _ways(desk, ticket).fresh
    assert desk.client.call(say.BeginPasskey(ticket)) == Refused("not_fresh")
    assert desk.client.call(say.BeginPassword(ticket)) == Refused("not_fresh")
    assert desk.client.call(say.SetPassword(ticket, PASSWORD, "000000")) == Refused("not_fresh")
    assert desk.client.call(say.RemoveWay(ticket, phone.id.hex()[:32])) == Refused("not_fresh")
    assert desk.client.call(other.make(b"x", ticket)) == Refused("not_fresh")
    entered = desk.client.call(phone.use(challenge(desk)))
    assert isinstance(entered, Entered)
    left = desk.client.call(say.RemoveWay(entered.token, other.id.hex()[:32]))
    assert isinstance(left, WayList)
    assert [way.id for way in left.ways] == [phone.id.hex()[:32]]
    assert desk.client.call(other.use(challenge(desk))) == Refused("bad_passkey")


def test_a_new_code_brings_the_old_passkeys_back_with_its_own_right(desk: Desk) -> None:
    phone = enrolled(desk, fresh(desk, "guard-7", Role.SECURITY))
    assert len(_ways(desk, fresh(desk, "guard-7", Role.PARKING)).ways) == 1
    entered = desk.client.call(phone.use(challenge(desk)))
    assert isinstance(entered, Entered)
    assert entered.ticket.role is Role.PARKING


def test_signing_out_everywhere_ends_every_ticket_of_that_person_and_no_other(desk: Desk) -> None:
    here, there, other = fresh(desk, "ann"), fresh(desk, "ann"), fresh(desk, "bob")
    phone = enrolled(desk, here)
    assert _ways(desk, here).tickets == 2
    assert desk.client.call(say.SignOutEverywhere(here)) == say.Done()
    for gone in (here, there):
        assert desk.client.call(say.WhoAmI(gone)) == Refused("no_ticket")
    assert desk.client.whoami(other).actor == "bob"
    assert isinstance(desk.client.call(phone.use(challenge(desk))), Entered)


def test_closing_an_account_ends_its_ways_tickets_and_codes(desk: Desk) -> None:
    owner, hr = desk.sign_in(actor="boss"), desk.sign_in(Role.HR)
    ticket = desk.worker("person-1").ticket or ""
    phone, code = enrolled(desk, ticket), desk.client.invite("person-1", Role.WORKER, hr, subject="person-1")
    assert desk.client.call(say.CloseAccount("person-1", True, hr)) == say.Done()
    assert desk.client.call(phone.use(challenge(desk))) == Refused("bad_passkey")
    assert desk.client.call(say.WhoAmI(ticket)) == Refused("no_ticket")
    assert desk.client.call(say.SignIn(code)) == Refused("bad_code")
    assert desk.client.call(say.CloseAccount("boss", False, hr)) == Refused("not_allowed")
    assert desk.client.call(say.CloseAccount("boss", False, desk.worker("person-1"))) == Refused("not_allowed")
    assert desk.client.call(say.CloseAccount("boss", False, say.Authority(job="feed"))) == Refused("not_allowed")
    assert desk.client.whoami(owner.ticket or "").actor == "boss"
    assert desk.client.call(say.CloseAccount("boss", False, shell_authority(desk.home))) == say.Done()
    assert desk.client.call(say.WhoAmI(owner.ticket or "")) == Refused("no_ticket")


def test_an_owner_of_one_site_neither_narrows_nor_ends_an_owner_of_all(desk: Desk) -> None:
    phone = enrolled(desk, fresh(desk, "boss"))
    small = desk.sign_in(actor="small", sites=("site-1",))
    assert desk.client.call(say.CloseAccount("boss", False, small)) == Refused("not_allowed")
    wanted = say.Invite("boss", Role.OWNER, ("site-1",), None, small)
    assert desk.client.call(wanted) == Refused("not_allowed")
    entered = desk.client.call(phone.use(challenge(desk)))
    assert isinstance(entered, Entered)
    assert entered.ticket.sites == ()


def test_a_workers_invitation_never_takes_an_operators_account(desk: Desk) -> None:
    phone = enrolled(desk, fresh(desk, "both"))
    ticket = desk.worker("both").ticket or ""
    assert _ways(desk, ticket).ways == []
    entered = desk.client.call(phone.use(challenge(desk)))
    assert isinstance(entered, Entered)
    assert entered.ticket.role is Role.OWNER


def test_erasing_a_person_ends_their_ways(desk: Desk) -> None:
    subject, _ = desk.person()
    phone = enrolled(desk, desk.worker(subject).ticket or "")
    desk.forget(subject, say.KeyClass.IDENTITY)
    assert desk.client.call(phone.use(challenge(desk))) == Refused("bad_passkey")


# --- a password and an app's code ---


def attempt(desk: Desk, handle: str, password: str, typed: str, source: str = "desk") -> say.Reply:
    return desk.client.call(say.PasswordSignIn(handle, password, typed, source))


def test_a_password_and_the_apps_code_sign_in_together_and_neither_alone(desk: Desk) -> None:
    handle, secret = with_password(desk, fresh(desk))
    for password, typed in ((PASSWORD, "000000"), (PASSWORD, ""), ("wrong" * 4, code(secret, desk)), ("", "")):
        assert attempt(desk, handle, password, typed) == Refused("bad_sign_in")
    entered = attempt(desk, f" {handle.lower()} ", PASSWORD, code(secret, desk))
    assert isinstance(entered, Entered)
    assert entered.ticket.actor == "owner-1"


def test_a_code_of_the_app_counts_once_and_no_older_one_afterwards(desk: Desk) -> None:
    handle, secret = with_password(desk, fresh(desk))
    used, older = code(secret, desk), code(secret, desk, -1)
    assert isinstance(attempt(desk, handle, PASSWORD, used), Entered)
    assert attempt(desk, handle, PASSWORD, used) == Refused("bad_sign_in")
    assert attempt(desk, handle, PASSWORD, older) == Refused("bad_sign_in")
    desk.restart()
    assert attempt(desk, handle, PASSWORD, used) == Refused("bad_sign_in")
    assert isinstance(attempt(desk, handle, PASSWORD, code(secret, desk, 1)), Entered)


def test_an_unknown_handle_is_answered_like_a_known_one_after_the_same_work(desk: Desk) -> None:
    handle, _ = with_password(desk, fresh(desk))

    def took(name: str) -> float:
        began = time.perf_counter()
        assert attempt(desk, name, "wrong password", "000000", source=name) == Refused("bad_sign_in")
        return time.perf_counter() - began

    assert took("NOBODY99") > took(handle) / 5


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaaaa", "x" * 300])
def test_a_password_that_is_guessed_first_is_not_taken(desk: Desk, password: str) -> None:
    ticket = fresh(desk)
    desk.client.call(say.BeginPassword(ticket))
    assert desk.client.call(say.SetPassword(ticket, password, "000000")) == Refused("weak_password", {"shortest": 12})


def test_a_new_app_is_confirmed_by_its_first_code_and_guessed_a_few_times_at_most(desk: Desk) -> None:
    ticket = fresh(desk)
    asked = desk.client.call(say.BeginPassword(ticket))
    assert isinstance(asked, say.PasswordAsked)
    import base64

    secret = base64.b32decode(asked.secret)
    wrong = code(secret, desk, 50)
    for _ in range(pending.TRIES):
        assert desk.client.call(say.SetPassword(ticket, PASSWORD, wrong)) == Refused("bad_app_code")
    assert desk.client.call(say.SetPassword(ticket, PASSWORD, code(secret, desk))) == Refused("bad_app_code")
    assert _ways(desk, ticket).ways == []


def test_waits_grow_to_an_hour_and_are_forgotten_after_a_day() -> None:
    waits = [lockout.wait_after(failures, 5).total_seconds() for failures in (1, 4, 5, 6, 7, 12, 1000)]
    assert waits == [0, 0, 30, 60, 120, 3600, 3600]


def test_guessing_waits_longer_and_longer_and_a_restart_forgives_nothing(desk: Desk) -> None:
    handle, secret = with_password(desk, fresh(desk))
    for _ in range(signing_in.PAIR_FREE):
        assert attempt(desk, handle, "wrong password", "000000", "thief") == Refused("bad_sign_in")
    for wait in (30, 60, 120):
        refused = attempt(desk, handle, PASSWORD, code(secret, desk), "thief")
        assert isinstance(refused, Refused)
        assert (refused.code, wait < int(refused.facts["seconds"]) <= wait + 1) == ("locked", True)
        desk.restart()
        assert isinstance(attempt(desk, handle, PASSWORD, code(secret, desk), "thief"), Refused)
        desk.clock.forward(timedelta(seconds=wait))
        assert attempt(desk, handle, "wrong password", "000000", "thief") == Refused("bad_sign_in")


def test_a_stranger_who_tries_for_ever_does_not_lock_the_owner_out(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing_in, "HANDLE_FREE", 6)  # Argon2 fifty times would take a while
    ticket = fresh(desk)
    phone = enrolled(desk, ticket)
    handle, secret = with_password(desk, ticket)
    assert isinstance(attempt(desk, handle, PASSWORD, code(secret, desk), "desk"), Entered)
    desk.clock.forward(timedelta(seconds=90))
    for number in range(8):
        attempt(desk, handle, "wrong password", "000000", f"stranger-{number}")
    refused = attempt(desk, handle, PASSWORD, code(secret, desk), "another")
    assert isinstance(refused, Refused)
    assert refused.code == "locked"  # whoever never came from there waits,
    assert isinstance(
        attempt(desk, handle, PASSWORD, code(secret, desk), "desk"), Entered
    )  # the owner's desk does not,
    assert isinstance(desk.client.call(phone.use(challenge(desk))), Entered)  # nor does the owner's phone,
    assert desk.client.sign_in(invite_operator(desk.home, "owner-1"))  # nor a new code


def test_a_source_that_tries_many_handles_waits_for_all(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing_in, "SOURCE_FREE", 4)
    for number in range(4):
        assert attempt(desk, f"HANDLE{number}", "wrong password", "000000", "thief") == Refused("bad_sign_in")
    refused = attempt(desk, "HANDLE9", "wrong password", "000000", "thief")
    assert isinstance(refused, Refused)
    assert refused.code == "locked"
    assert attempt(desk, "HANDLE9", "wrong password", "000000", "somebody") == Refused("bad_sign_in")


def test_wrong_codes_of_one_source_do_not_keep_others_out(desk: Desk) -> None:
    good = invite_operator(desk.home, "owner-1")
    for _ in range(20):
        assert desk.client.call(say.SignIn("WRONG", "thief")) == Refused("bad_code")
    refused = desk.client.call(say.SignIn(good, "thief"))
    assert isinstance(refused, Refused)
    assert refused.code == "locked"
    assert isinstance(desk.client.call(say.SignIn(good, "desk")), Entered)


# --- what is stored and said ---


@pytest.fixture
def stored(desk: Desk) -> Iterator[bytes]:
    """Everything in HOME/keeper, after somebody signed in by each way."""
    ticket = fresh(desk)
    phone = enrolled(desk, ticket)
    handle, secret = with_password(desk, ticket)
    assert isinstance(attempt(desk, handle, PASSWORD, code(secret, desk)), Entered)
    assert isinstance(desk.client.call(phone.use(challenge(desk))), Entered)
    desk.stop()
    data = b"".join(path.read_bytes() for path in (desk.home / "keeper").rglob("*") if path.is_file())
    for needle in (PASSWORD.encode(), secret, phone.id, handle.encode(), handle.replace("-", "").encode(), b"$argon2"):
        assert needle not in data, needle
    yield data
    desk.start()


def test_a_stolen_store_without_the_root_key_holds_no_password_secret_or_handle(stored: bytes) -> None:
    assert b"accounts" in stored


def test_every_way_in_and_every_change_of_ways_is_in_the_log(desk: Desk) -> None:
    ticket = fresh(desk)
    phone = enrolled(desk, ticket)
    handle, secret = with_password(desk, ticket)
    attempt(desk, handle, PASSWORD, code(secret, desk))
    desk.client.call(phone.use(challenge(desk)))
    desk.client.call(say.RemoveWay(ticket, "password"))
    desk.client.call(say.SignOutEverywhere(ticket))
    lines = [(entry.kind, entry.purpose) for entry in desk.service.vault.log.entries() if entry.actor == "owner-1"]
    assert lines == [
        ("sign_in", "code"),
        ("way_added", "passkey"),
        ("way_added", "password"),
        ("sign_in", "password"),
        ("sign_in", "passkey"),
        ("way_removed", ""),
        ("signed_out_everywhere", ""),
    ]
