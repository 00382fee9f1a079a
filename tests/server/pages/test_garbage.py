"""Garbage at every page: a clear answer, never a fault of ours."""

import re
import zlib
from uuid import uuid4

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from tests.server.world import SETUP

from gatehouse.keeper.protocol import Role
from gatehouse.server.people.cells import ConsentFacts
from gatehouse.server.people.credential_actions import NotEnrolled, enrol_face, give_consent
from gatehouse.server.people.models import Person, Purpose

ODD = [
    "",
    "\0",
    "²",
    "9" * 5000,
    "-1",
    "٣",
    "\u202e",
    "9999-12-31",
    "0001-01-01",
    "[" * 5000,
    "None",
    "1e999",
    "é" * 999,
]
FILLERS = {"uuid": str(uuid4()), "int": "9" * 30, "date": "9999-12-31", "month": "0001-01", "code": "x", "str": "x"}
FIELDS = ("date", "day", "days", "kind", "reason", "mode", "number", "pin", "plate", "quote", "came", "left", "why",
          "note", "name", "username", "code", "purpose", "language", "next", "outcome", "versions", "starts", "ends",
          "hired", "site", "groups", "valid", "p", "q", "o", "e", "_popup", "place", "table", "counted", "stay",
          "right", "batch", "undo", "garage", "gives", "most_per_stay", "month_budget", "capacity", "bays",
          "period", "until", "prepaid", "tolerance_min", "grace_days", "reopen_free", "overstay_days",
           "since", "currency", "as", "page", "do", "text", "reach", "receipt", "iban", "month", "holding_garage",
           "parts", "commission", "fixed_fee", "vat", "amount", "seen")  # fmt: skip


@pytest.mark.parametrize(
    "address", ["/month/0001-01/", "/month/9999-12/", "/watch/log/0001-01-01/", "/watch/log/9999-12-31/"]
)
def test_a_date_that_nobody_can_mean_is_no_address(house, address) -> None:
    assert house.browser(Role.OWNER).get(address).status_code == 404


@pytest.mark.parametrize("address", ["/month/2000-01/", "/month/2199-12/", "/watch/log/2000-01-01/"])
def test_the_first_and_the_last_that_can_be_meant_are_shown(house, address) -> None:
    assert house.browser(Role.OWNER).get(address).status_code == 200


@pytest.mark.parametrize("days", ["²", "9" * 5000, "-1", "", "0", "٣٠"])
def test_a_pass_for_no_number_of_days_is_refused(house, days) -> None:
    browser = house.browser(Role.OWNER)
    answer = browser.post(reverse("person-pass", args=[house.person.pk]), {"days": days})
    assert (answer.status_code, "Choose for how long." in answer.content.decode()) == (422, True)


def _png(*chunks: tuple[bytes, bytes]) -> bytes:
    parts = [len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")
             for kind, data in chunks]  # fmt: skip
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


HEADER = (b"IHDR", (64).to_bytes(4, "big") * 2 + b"\x08\x02\0\0\0")
PICTURES = {
    "cut": _png(HEADER, (b"IDAT", zlib.compress(b"\0" * 12_352)))[:-40],
    "checksum": _png(HEADER, (b"IDAT", b"\0" * 9))[:-6] + b"\0" * 6,
    "chunk": _png(HEADER) + b"\0\0\0\x05\xff\xff\xff\xffabcde",
    "second": _png(HEADER, (b"IDAT", zlib.compress(bytes(range(256)) * 49)[:40])) + b"\0\0\0\x05\xff\xff\xff\xffabcde",
    "huge": _png((b"IHDR", (2**31 - 1).to_bytes(4, "big") * 2 + b"\x08\x02\0\0\0")),
    "jpeg": b"\xff\xd8\xff\xe1\xff\xffExif\0\0II*\0" + b"\xff" * 90,
    "webp": b"RIFF\xff\xff\xff\xffWEBPVP8X" + b"\xff" * 30,
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_crafted_picture_enrols_nobody(house, name) -> None:
    at = house.world.now()
    facts = ConsentFacts(on=at.date(), wording="face-1", taken_by="hr-7")
    give_consent(house.person, Purpose.FACE, facts, by=SETUP, at=at)
    answer = enrol_face(house.person, PICTURES[name], by=SETUP, at=at)
    assert answer in (NotEnrolled("no_image"), NotEnrolled("too_large"))


def test_a_tariff_nested_without_end_is_said_to_be_no_json(house) -> None:
    form = {"site": house.world.site.pk, "code": "deep", "versions": "[" * 50_000}
    answer = house.browser(Role.OWNER).post(reverse("admin:parking_tariff_add"), form)
    assert (answer.status_code, "Enter a valid JSON" in answer.content.decode()) == (200, True)


@pytest.mark.parametrize("field", ["hired", "starts", "ends"])
@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "1999-12-31", "2200-01-01"])
def test_the_back_office_refuses_a_date_that_nobody_can_mean(house, field, day) -> None:
    texts = dict.fromkeys(("phone", "mail", "address", "identity", "tax_number", "account", "holder", "bank",
                           "department", "manager", "post", "hired", "starts", "ends"), "")  # fmt: skip
    form = texts | {"number": "S-901", "name": "Wilma Ashby", "site": house.world.site.pk, field: day}
    answer = house.browser(Role.HR).post(reverse("admin:people_person_add"), form)
    assert "Write a date from 2000-01-01 to 2199-12-31." in answer.content.decode()
    assert Person.objects.count() == 1


def test_nobody_has_a_password_to_change(house) -> None:
    browser = house.browser(Role.OWNER)
    form = {"old_password": "a", "new_password1": "b", "new_password2": "b"}
    assert browser.post("/backoffice/password_change/", form).status_code == 404
    assert browser.get("/backoffice/password_change/done/").status_code == 404


def _addresses(patterns, before: str = "") -> list[str]:
    found = []
    for pattern in patterns:
        text = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            found += _addresses(pattern.url_patterns, text)
        elif isinstance(pattern, URLPattern) and not re.search(r"[\\^$(]", text):
            found.append("/" + re.sub(r"<(?:(\w+):)?\w+>", lambda m: FILLERS.get(m[1] or "str", "x"), text))
    return sorted(set(found))


@pytest.mark.timeout(240)
@pytest.mark.parametrize("role", [Role.OWNER, Role.WORKER])
def test_no_page_breaks_on_garbage(house, role) -> None:
    """Each address of the server, read and written with odd values in every field that any form of ours has."""
    browser = house.browser(role)
    browser.raise_request_exception = False
    addresses = [one for one in _addresses(get_resolver().url_patterns) if one not in {"/leave/", "/watch/events"}]
    names = ("person", "person-pass", "person-card", "person-pin", "person-passages", "person-take-back")
    addresses += [reverse(name, args=[house.person.pk]) for name in names]
    addresses += [reverse(name, args=[house.world.garage.pay_code]) for name in ("pay", "pay-find", "pay-start")]
    addresses += [reverse(name, args=["blocked"]) for name in ("lists-of", "lists-find", "lists-import")]
    here = ("inside-garage", "inside-plate", "inside-close", "inside-count", "garage-room")
    addresses += [reverse(name, args=[house.world.garage.pk]) for name in here]
    broken = []
    for place, address in enumerate(addresses):
        odd = ODD[place % len(ODD)]
        for answer in (browser.get(address, {"q": odd, "p": odd}), browser.post(address, dict.fromkeys(FIELDS, odd))):
            if answer.status_code >= 500 and answer.status_code != 503:
                broken.append((address, odd[:12], answer.status_code))
    assert len(addresses) > 80
    assert broken == []
