"""Letters in, facts without a person out."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import msgspec
import pytest

from gatehouse import wire
from gatehouse.crypto.letters import hpke_seal
from gatehouse.crypto.sealing import KeyKind, read_ref
from gatehouse.crypto.signing import DeviceKeys, new_device_keys, sign, sign_request
from gatehouse.keeper import local
from gatehouse.keeper.protocol import Admitted, Authority, Cell, KeyClass, PassageFacts, Sent, StayEntry, Unadmitted

from .conftest import EDGE, SITE, TODAY, ZONE, Desk

PLATE = "京A12345"


def admitted(desk: Desk, *bodies: wire.Body) -> list[Admitted]:
    results = desk.client.admit([desk.letter(body) for body in bodies], {SITE: TODAY})
    assert all(isinstance(result, Admitted) for result in results), results
    return [result for result in results if isinstance(result, Admitted)]


def refused(desk: Desk, letter: wire.Letter) -> str:
    (result,) = desk.client.admit([letter], {})
    assert isinstance(result, Unadmitted)
    assert (result.edge, result.seq) == (letter.edge, letter.seq)
    return result.code


def facts(desk: Desk, result: Admitted, by: Authority) -> PassageFacts:
    assert result.cell is not None
    label = "passage.facts/1" if result.kind == "passage" else "attempt.facts/1"
    (data,) = desk.client.reveal([Cell(label, result.id, result.cell, result.token)], by, "test")
    assert data is not None
    return msgspec.msgpack.decode(data, type=PassageFacts)


def test_a_known_persons_passage_carries_a_token_and_facts_but_no_person(desk: Desk) -> None:
    ann, _ = desk.person()
    body = desk.passage(subject=ann)
    (result,) = admitted(desk, body)
    assert (result.kind, result.site, result.day, result.granted) == ("passage", SITE, TODAY, True)
    assert ann.encode() not in msgspec.msgpack.encode(result)
    assert result.cell is not None
    assert read_ref(result.cell).owner == SITE
    assert read_ref(result.cell).kind is KeyKind.SITE_DAY_PERSON
    assert facts(desk, result, desk.sign_in()).subject == ann
    assert desk.client.who(SITE, TODAY, [result.token or b""], Authority(job="workdays")) == [ann]


def test_tokens_are_the_same_within_a_day_and_differ_between_days_and_sites(desk: Desk) -> None:
    ann, _ = desk.person()
    first, second = admitted(desk, desk.passage(subject=ann), desk.passage(subject=ann, direction="out"))
    desk.clock.forward(timedelta(days=1))
    (later,) = admitted(desk, desk.passage(subject=ann))
    local.enrol_edge(desk.home, "edge-2", "site-2", "UTC", desk.keys.public())
    elsewhere = desk.client.admit([desk.letter(desk.passage(subject=ann), edge="edge-2")], {})[0]
    assert isinstance(elsewhere, Admitted)
    assert first.token == second.token
    assert len({first.token, later.token, elsewhere.token}) == 3


def test_the_day_is_the_sites_local_date(desk: Desk) -> None:
    late = datetime(2026, 3, 9, 15, 59, tzinfo=UTC)  # 23:59 on the wall
    before, after = admitted(desk, desk.passage(at=late), desk.passage(at=late + timedelta(minutes=1)))
    assert (before.day, after.day) == (TODAY - timedelta(days=1), TODAY)


def test_an_unknown_person_is_admitted_without_a_token(desk: Desk) -> None:
    known_to_nobody, nobody = admitted(desk, desk.passage(subject=str(uuid4())), desk.attempt())
    for result in (known_to_nobody, nobody):
        assert result.token is None
        assert result.cell is not None
        assert read_ref(result.cell).kind is KeyKind.SITE_DAY_OTHER
        assert result.lane is None
    assert (nobody.kind, nobody.granted, nobody.reason) == ("attempt", False, "unknown_face")


def test_an_events_facts_are_no_persons_and_need_no_cell(desk: Desk) -> None:
    event = wire.GateEvent(id="event-1", gate="gate-1", at=desk.clock.now(), kind="held", attempt="attempt-1")
    (result,) = admitted(desk, event)
    assert (result.kind, result.reason, result.attempt) == ("event", "held", "attempt-1")
    assert result.token is result.cell is result.lane is None


def test_a_car_in_gets_a_stay_with_its_two_cells(desk: Desk) -> None:
    body = desk.passage(plate=PLATE, means="plate", reason="visitor")
    (result,) = admitted(desk, body)
    lane = result.lane
    assert lane is not None
    assert lane.stay is not None
    assert lane.plate_cell is not None
    assert lane.entry_cell is not None
    assert UUID(lane.stay).version == 4  # random: it tells no time
    (entry,) = desk.client.reveal([Cell("stay.entry/1", lane.stay, lane.entry_cell)], Authority(), "stay.price")
    assert msgspec.msgpack.decode(entry or b"", type=StayEntry) == StayEntry(
        body.at, "visitor", body.id, "car", body.subject
    )
    (plate,) = desk.client.reveal([Cell("stay.plate/1", lane.stay, lane.plate_cell)], desk.sign_in(), "test")
    assert plate == PLATE.encode()
    assert lane.token == desk.client.locate(SITE, TODAY, "京 A·12345", "source").exact


def test_a_car_out_or_held_gets_the_token_only(desk: Desk) -> None:
    out, held = admitted(
        desk,
        desk.passage(plate=PLATE, means="plate", direction="out"),
        desk.attempt(plate=PLATE, means="plate", direction="out", reason="unpaid"),
    )
    for result in (out, held):
        assert result.lane is not None
        assert result.lane.token == desk.client.locate(SITE, TODAY, PLATE, "source").exact
        assert result.lane.stay is result.lane.plate_cell is result.lane.entry_cell is None


def test_the_lanes_token_is_of_the_stay_day_and_the_rows_token_of_its_own_day(desk: Desk) -> None:
    yesterday = TODAY - timedelta(days=1)
    (result,) = desk.client.admit([desk.letter(desk.passage(plate=PLATE, direction="out"))], {SITE: yesterday})
    assert isinstance(result, Admitted)
    assert result.lane is not None
    assert result.lane.token == desk.client.locate(SITE, yesterday, PLATE, "source").exact != result.token


def test_a_plates_token_is_not_the_token_of_a_person_of_that_id(desk: Desk) -> None:
    ann, _ = desk.person()
    person, plate = admitted(desk, desk.passage(subject=ann), desk.passage(plate=ann))
    assert person.token != plate.token


def test_a_letter_that_comes_again_gives_the_same_token_and_stay(desk: Desk) -> None:
    letter = desk.letter(desk.passage(plate=PLATE, means="plate", reason="visitor"))
    first, again = (desk.client.admit([letter], {SITE: TODAY})[0] for _ in range(2))
    assert isinstance(first, Admitted)
    assert isinstance(again, Admitted)
    assert first.lane is not None
    assert again.lane is not None
    assert (first.token, first.lane.token, first.lane.stay) == (again.token, again.lane.token, again.lane.stay)
    desk.restart()
    (later,) = desk.client.admit([letter], {SITE: TODAY})
    assert isinstance(later, Admitted)
    assert later.lane is not None
    assert later.lane.stay == first.lane.stay


def test_a_letter_that_comes_after_its_stay_was_forgotten_revives_no_key(desk: Desk) -> None:
    letter = desk.letter(desk.passage(plate=PLATE))
    (first,) = desk.client.admit([letter], {SITE: TODAY})
    assert isinstance(first, Admitted)
    assert first.lane is not None
    assert first.lane.stay is not None
    desk.client.forget_stay(first.lane.stay, Authority(job="stays"))
    (again,) = desk.client.admit([letter], {SITE: TODAY})
    assert isinstance(again, Admitted)
    assert again.lane is not None
    assert again.lane.stay is None


def test_two_passages_open_two_stays(desk: Desk) -> None:
    first, second = admitted(desk, desk.passage(plate=PLATE), desk.passage(plate=PLATE))
    assert first.lane is not None
    assert second.lane is not None
    assert first.lane.stay != second.lane.stay


def test_an_edge_that_nobody_enrolled_is_refused(desk: Desk) -> None:
    assert refused(desk, desk.letter(desk.passage(), edge="edge-9")) == "unknown_edge"


def test_a_letter_that_another_key_signed_is_refused(desk: Desk) -> None:
    assert refused(desk, desk.letter(desk.passage(), keys=new_device_keys())) == "bad_signature"


def test_a_letter_under_another_number_or_edge_is_refused(desk: Desk) -> None:
    letter = desk.letter(desk.passage())
    local.enrol_edge(desk.home, "edge-2", SITE, "UTC", desk.keys.public())
    assert refused(desk, msgspec.structs.replace(letter, seq=letter.seq + 1)) == "bad_signature"
    assert refused(desk, msgspec.structs.replace(letter, edge="edge-2")) == "bad_signature"


def test_every_sampled_byte_of_a_body_changed_is_refused(desk: Desk) -> None:
    letter = desk.letter(desk.passage())
    for place in range(0, len(letter.body), 7):
        body = bytearray(letter.body)
        body[place] ^= 1
        assert refused(desk, msgspec.structs.replace(letter, body=bytes(body))) == "bad_signature"


@pytest.mark.parametrize("body", [b"", b"garbage", msgspec.msgpack.encode({"type": "passage/2"})])
def test_a_signed_letter_that_says_nothing_known_is_unreadable(desk: Desk, body: bytes) -> None:
    aad = wire.letter_aad(EDGE, 1)
    sealed = hpke_seal(body, info=wire.LETTER_INFO, aad=aad, public_key=desk.client.hello().seal_key)
    assert refused(desk, _signed(desk, sealed)) == "unreadable"


def test_text_that_is_no_utf_8_is_unreadable(desk: Desk) -> None:
    aad, body = wire.letter_aad(EDGE, 1), wire.encode(desk.passage()).replace(b"gate-1", b"gat\xff-1")
    sealed = hpke_seal(body, info=wire.LETTER_INFO, aad=aad, public_key=desk.client.hello().seal_key)
    assert refused(desk, _signed(desk, sealed)) == "unreadable"


@pytest.mark.parametrize(
    ("at", "zone"),
    [
        (datetime.max.replace(tzinfo=UTC), "Asia/Shanghai"),
        (datetime.min.replace(tzinfo=UTC), "America/New_York"),
        (datetime(2026, 3, 10), "Asia/Shanghai"),  # noqa: DTZ001  the point: by whose clock nobody knows
    ],
)
def test_a_time_that_is_none_is_unreadable_and_hinders_no_other_letter(desk: Desk, at: datetime, zone: str) -> None:
    local.enrol_edge(desk.home, EDGE, SITE, zone, desk.keys.public())
    results = desk.client.admit([desk.letter(desk.passage(at=at)), desk.letter(desk.passage())], {})
    assert [getattr(result, "code", "") for result in results] == ["unreadable", ""]


def test_a_signed_letter_for_another_keeper_is_unreadable(desk: Desk) -> None:
    stranger = new_device_keys().public().seal_key
    sealed = hpke_seal(b"", info=wire.LETTER_INFO, aad=wire.letter_aad(EDGE, 1), public_key=stranger)
    assert refused(desk, _signed(desk, sealed)) == "unreadable"


def _signed(desk: Desk, sealed: bytes) -> wire.Letter:
    import hashlib

    message = wire.LETTER_SIGNATURE + wire.letter_aad(EDGE, 1) + hashlib.sha256(sealed).digest()
    return wire.Letter(edge=EDGE, seq=1, body=sealed, signature=sign(desk.keys.sign_key, message))


def test_a_bad_letter_hinders_no_other(desk: Desk) -> None:
    results = desk.client.admit(
        [desk.letter(desk.passage()), desk.letter(desk.passage(), edge="edge-9"), desk.letter(desk.passage())], {}
    )
    assert [isinstance(result, Admitted) for result in results] == [True, False, True]


def test_letters_up_to_35_days_old_are_admitted_and_no_older(desk: Desk) -> None:
    now = desk.clock.now()
    assert admitted(desk, desk.passage(at=now - timedelta(days=35)))
    assert refused(desk, desk.letter(desk.passage(at=now - timedelta(days=36)))) == "day_destroyed"
    assert refused(desk, desk.letter(desk.passage(at=now + timedelta(days=36)))) == "wrong_day"


def test_a_destroyed_day_is_never_made_again(desk: Desk, refusal: Callable[[Callable[[], object]], str]) -> None:
    ann, _ = desk.person()
    (old,) = admitted(desk, desk.passage(subject=ann))
    desk.clock.forward(timedelta(days=10))
    by = desk.sign_in()
    desk.client.forget_days(SITE, TODAY + timedelta(days=1), Authority(job="retention"))
    assert refused(desk, desk.letter(desk.passage(at=old.at))) == "day_destroyed"
    desk.restart()
    assert refused(desk, desk.letter(desk.passage(at=old.at))) == "day_destroyed"
    assert desk.client.reveal([Cell("passage.facts/1", old.id, old.cell or b"", old.token)], by, "x") == [None]
    assert refusal(lambda: desk.client.who(SITE, TODAY, [old.token or b""], by)) == "day_destroyed"


def test_whoever_gets_a_face_or_a_name_gets_an_access_key_as_well(desk: Desk) -> None:
    desk.sealed("face.template/1", "person-2", b"template")
    (result,) = admitted(desk, desk.passage(subject="person-2"))
    assert result.token is not None


def test_an_erased_persons_passages_end_at_once(desk: Desk) -> None:
    ann, _ = desk.person()
    (result,) = admitted(desk, desk.passage(subject=ann))
    by = desk.sign_in()
    assert desk.client.who(SITE, TODAY, [result.token or b""], by) == [ann]
    desk.forget(ann, KeyClass.ACCESS)
    assert desk.client.who(SITE, TODAY, [result.token or b""], by) == [""]
    assert desk.client.reveal([Cell("passage.facts/1", result.id, result.cell or b"", result.token)], by, "x") == [None]
    (after,) = admitted(desk, desk.passage(subject=ann))
    assert after.token is None


# --- one signature for a whole request ---


TARGET = "/edge/letters"


def sent(desk: Desk, letters: list[wire.Letter], *, keys: DeviceKeys | None = None, edge: str = EDGE) -> Sent:
    """These letters as that edge would post them."""
    body = wire.encode(letters)
    header = sign_request(
        (keys or desk.keys).sign_key, edge=edge, at_s=int(desk.clock.now().timestamp()), method="POST", target=TARGET,
        body=body,
    )  # fmt: skip
    return Sent(header, TARGET, body)


def codes(desk: Desk, letters: list[wire.Letter], carried: Sent) -> list[str]:
    """What became of each letter, "" for one that was admitted."""
    return [getattr(one, "code", "") for one in desk.client.admit(letters, {SITE: TODAY}, carried)]


def unsigned(letter: wire.Letter) -> wire.Letter:
    return msgspec.structs.replace(letter, signature=bytes(64))


def test_the_edges_signature_over_its_request_stands_for_each_letter_in_it(desk: Desk) -> None:
    letters = [unsigned(desk.letter(desk.passage())) for _ in range(3)]
    assert codes(desk, letters, sent(desk, letters)) == [""] * 3
    assert codes(desk, letters[1:2], sent(desk, letters)) == [""]  # the server asks for those that it lacks


def test_it_stands_for_no_letter_that_was_not_in_it_as_it_was(desk: Desk) -> None:
    inside, outside = unsigned(desk.letter(desk.passage())), unsigned(desk.letter(desk.passage()))
    carried = sent(desk, [inside])
    moved = msgspec.structs.replace(inside, seq=inside.seq + 1)
    changed = msgspec.structs.replace(inside, body=outside.body)
    assert codes(desk, [outside, moved, changed], carried) == ["bad_signature"] * 3


def test_no_edge_vouches_for_another(desk: Desk) -> None:
    other = new_device_keys()
    local.enrol_edge(desk.home, "edge-2", SITE, ZONE, other.public())
    letter = unsigned(desk.letter(desk.passage()))
    assert codes(desk, [letter], sent(desk, [letter], keys=other, edge="edge-2")) == ["bad_signature"]
    assert codes(desk, [letter], sent(desk, [letter], keys=other)) == ["bad_signature"]
    assert codes(desk, [letter], sent(desk, [letter], edge="edge-9")) == ["bad_signature"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda one: msgspec.structs.replace(one, authorization=""),
        lambda one: msgspec.structs.replace(one, authorization=one.authorization[:-3] + "AAA"),
        lambda one: msgspec.structs.replace(one, target="/edge/feed"),
        lambda one: msgspec.structs.replace(one, body=one.body + b"\xc0"),
        lambda one: msgspec.structs.replace(one, body=b""),
    ],
    ids=["no-header", "signature", "target", "longer", "empty"],
)
def test_a_request_that_was_changed_vouches_for_nothing(desk: Desk, spoil: Callable[[Sent], Sent]) -> None:
    letter, honest = unsigned(desk.letter(desk.passage())), desk.letter(desk.passage())
    carried = spoil(sent(desk, [letter, honest]))
    assert codes(desk, [letter, honest], carried) == ["bad_signature", ""]


def test_a_signed_request_of_garbage_refuses_nothing_that_is_signed_itself(desk: Desk) -> None:
    body = b"\xff" * 9
    header = sign_request(desk.keys.sign_key, edge=EDGE, at_s=1, method="POST", target=TARGET, body=body)
    assert codes(desk, [desk.letter(desk.passage())], Sent(header, TARGET, body)) == [""]
