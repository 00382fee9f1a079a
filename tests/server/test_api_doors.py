"""Every route of the API, asked by those who may not and with what it should not take.

The routes come from the API's own description, so a new one is tested by itself.
"""

import json
import re
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client
from tests.server.api_rows import ids_of_rows
from tests.server.callers import Caller, caller

from gatehouse.keeper.protocol import Role
from gatehouse.server.accounts.signed_in import COOKIE
from gatehouse.server.api.access import ROLES
from gatehouse.server.api.app import api
from gatehouse.server.api.parsing import JSON_LIMIT
from gatehouse.server.api.shapes import Answer, Shape

DESCRIBED = api.get_openapi_schema(path_prefix="/")
PARTS = DESCRIBED["components"]["schemas"]
ROUTES = [
    pytest.param(method.upper(), path, op, id=op["operationId"])
    for path, ops in DESCRIBED["paths"].items()
    for method, op in ops.items()
]
GUARDED = [route for route in ROUTES if route.values[2]["x-roles"]]
JSON_BODIES = [
    route for route in ROUTES if "application/json" in route.values[2].get("requestBody", {}).get("content", {})
]
OF_A_SITE = [route for route in GUARDED if "{" in route.values[1] or "run_job" in str(route.id)]
SAMPLES = {
    "code": "abc", "currency": "CNY", "zone": "Asia/Shanghai", "month": "2026-03", "number": "S-9", "address": "http://10.0.0.5",
    "driver": "shelly", "kind": "relay", "weekdays": [0], "start": "08:00", "end": "17:00", "plate": "ABC123",
    "sign_key": "A" * 43 + "=", "seal_key": "A" * 43 + "=", "digits": "4711", "day": "2026-03-02", "pattern": "day",
    "edge": "edge-x", "versions": {}, "date": "2026-03-02", "starts": "2026-03-02", "ends": "2026-03-03",
    "dates": ["2026-03-02"],
}  # fmt: skip
GARBAGE = [
    b"{", b"[]", b"null", b'"text"', b"\xff\xfe", b'{"a": NaN}', b'{"code": 1, "code": 2}', b"[" * 50_000,
    b'{"\\ud800": 1}', b"9" * 5000, b'{"unknown": 1}',
]  # fmt: skip
HOSTILE = [
    "\u0000",
    "x" * 20_000,
    "a\u202eb\n",
    "' OR 1=1 --",
    "../../etc/passwd",
    -1,
    10**30,
    1e308,
    True,
    None,
    [],
    {},
    [[]],
]


def sample(schema: dict[str, Any], name: str = "", ids: dict[str, str] | None = None) -> Any:
    """A value that the schema takes, as small as can be."""
    ids = ids or {}
    if "$ref" in schema:
        return sample(PARTS[schema["$ref"].rpartition("/")[2]], name, ids)
    if "allOf" in schema:
        return sample(schema["allOf"][0], name, ids)
    if "enum" in schema:
        return SAMPLES[name] if SAMPLES.get(name) in schema["enum"] else schema["enum"][0]
    if name in ids:
        return ids[name]
    if schema.get("format") == "date-time":
        return SAMPLES[name] if "T" in SAMPLES.get(name, "") else "2190-01-01T08:00:00+08:00"
    if schema.get("type") == "object" and "properties" in schema:
        needed = schema.get("required", [])
        return {key: sample(schema["properties"][key], key, ids) for key in needed}
    if name in SAMPLES and not (name == "zone" and schema.get("format") == "uuid"):
        return SAMPLES[name]
    if schema.get("type") == "array":
        return [sample(schema["items"], name.rstrip("s"), ids)]
    return {"string": str(uuid4()) if schema.get("format") == "uuid" else "abc", "integer": 1, "boolean": False}.get(
        schema.get("type", "string")
    )


def body_of(op: dict[str, Any], ids: dict[str, str] | None = None) -> Any:
    content = op.get("requestBody", {}).get("content", {})
    return sample(content["application/json"]["schema"], ids=ids) if "application/json" in content else None


def address(path: str, op: dict[str, Any], ids: dict[str, str]) -> str:
    for name in re.findall(r"{(\w+)}", path):
        path = path.replace("{" + name + "}", ids.get(name, "workdays"))
    asked = {p["name"] for p in op.get("parameters", []) if p["in"] == "query" and p.get("required")}
    values = {"from": "2026-03-01", "to": "2026-03-02", "month": "2026-03"}
    return path.lstrip("/") + ("?" + "&".join(f"{n}={values[n]}" for n in sorted(asked)) if asked else "")


@pytest.fixture
def ids(world):
    """Ids of real rows of the one site."""
    return ids_of_rows(world)


def is_problem(answer, status: int | None = None) -> bool:
    described = json.loads(answer.content)
    return (
        answer["Content-Type"] == "application/problem+json"
        and described["status"] == answer.status_code == (status or answer.status_code)
        and described["type"].startswith("urn:gatehouse:")
    )


def test_every_route_stands_in_the_table_and_every_line_of_the_table_is_a_route():
    assert {str(route.id) for route in ROUTES} == set(ROLES)


def test_only_signing_in_needs_no_ticket():
    assert {str(route.id) for route in ROUTES} - {str(route.id) for route in GUARDED} == {"sign_in"}


@pytest.mark.parametrize(("method", "path", "op"), GUARDED)
def test_without_a_ticket_nothing_is_answered(ids, method, path, op):
    answer = Caller().ask(method, address(path, op, ids), body_of(op))
    assert is_problem(answer, 401)
    forged = Caller("x" * 43).ask(method, address(path, op, ids), body_of(op))
    assert is_problem(forged, 401)


def test_every_route_is_shut_for_the_roles_that_it_does_not_name(world, ids):
    callers = {role: caller(world, role, subject=ids["person_id"]) for role in Role}
    for route in GUARDED:
        method, path, op = route.values
        for role in set(Role) - {Role(name) for name in op["x-roles"]}:
            answer = callers[role].ask(method, address(path, op, ids), body_of(op))
            assert is_problem(answer, 403), (route.id, role, answer.content)
            assert json.loads(answer.content)["type"] == "urn:gatehouse:not_your_role"


def test_what_another_site_holds_is_not_there(world, ids):
    new = {"code": "b", "name": "B", "type": "school", "zone": "Asia/Shanghai", "currency": "CNY"}
    other = caller(world, Role.OWNER).made("sites", **new)["id"]
    stranger = caller(world, Role.OWNER, sites=(other,))
    assert [row["id"] for row in stranger.got("sites")] == [other]
    for route in OF_A_SITE:
        method, path, op = route.values
        if str(route.id) in ("enrol_face", "send_piece"):
            assert stranger.upload(address(path, op, ids), b"picture")[0] == 404
            continue
        answer = stranger.ask(method, address(path, op, ids), body_of(op, ids))
        assert is_problem(answer, 404), (route.id, answer.content)


def test_an_owner_of_one_site_makes_no_other_and_invites_nobody_beyond_it(world):
    local = caller(world, Role.OWNER, sites=(str(world.site.pk),))
    new = {"code": "b", "name": "B", "type": "school", "zone": "Asia/Shanghai", "currency": "CNY"}
    assert local.call("POST", "sites", new)[0] == 403
    assert local.call("POST", "operators", {"handle": "b", "role": "owner"})[1]["errors"][0]["field"] == "sites"


def test_ids_of_another_site_in_a_body_are_unknown(world):
    owner = caller(world, Role.OWNER)
    other = owner.made("sites", code="b", name="B", type="school", zone="Asia/Shanghai", currency="CNY")["id"]
    body = {"groups": [str(world.group.pk)], "gates": [str(world.door.pk)]}
    assert owner.call("POST", f"sites/{other}/rules", body)[1]["errors"] == [{"field": "groups", "code": "unknown"}]
    person = {"number": "1", "name": "Bo", "groups": [str(world.group.pk)]}
    assert owner.call("POST", f"sites/{other}/people", person)[0] == 422


@pytest.mark.parametrize(("method", "path", "op"), JSON_BODIES)
def test_garbage_is_refused_in_words_that_quote_nothing(world, ids, method, path, op):
    owner = caller(world, Role.OWNER)
    for garbage in GARBAGE:
        answer = owner.ask(method, address(path, op, ids), garbage)
        assert is_problem(answer), (garbage[:20], answer.content)
        assert answer.status_code in (400, 422), (garbage[:20], answer.content)


@pytest.mark.parametrize(("method", "path", "op"), JSON_BODIES)
def test_an_unknown_field_is_refused_without_its_name(world, ids, method, path, op):
    body = body_of(op, ids) | {"Lin Moss": "Lin Moss"}
    answer = caller(world, Role.OWNER).ask(method, address(path, op, ids), body)
    assert is_problem(answer, 422)
    assert "extra_forbidden" in answer.content.decode()
    assert "Lin Moss" not in answer.content.decode()


@pytest.mark.parametrize(("method", "path", "op"), JSON_BODIES)
def test_no_field_takes_a_hostile_value_badly(world, ids, method, path, op):
    """Refused or taken, but never broken over."""
    owner = caller(world, Role.OWNER)
    body = body_of(op, ids)
    for name in body:
        for hostile in HOSTILE:
            answer = owner.ask(method, address(path, op, ids), body | {name: hostile})
            assert answer.status_code < 500, (name, str(hostile)[:20], answer.content)
            assert answer.status_code < 400 or is_problem(answer)


@pytest.mark.parametrize(("method", "path", "op"), JSON_BODIES)
def test_a_huge_body_is_refused_unread(world, ids, method, path, op):
    body = b'{"code": "' + b"x" * JSON_LIMIT + b'"}'
    assert is_problem(caller(world, Role.OWNER).ask(method, address(path, op, ids), body), 413)


def test_a_picture_beyond_the_limit_is_refused_unread(world, ids):
    owner = caller(world, Role.OWNER)
    status, answer = owner.upload(f"people/{ids['person_id']}/face", b"x" * settings.UPLOAD_LIMIT)
    assert (status, answer["type"]) == (413, "urn:gatehouse:too_large")


@pytest.mark.parametrize(("method", "path", "op"), [route for route in OF_A_SITE if "_id}" in route.values[1]])
def test_an_id_that_is_none_leads_nowhere(world, method, path, op):
    nowhere = dict.fromkeys(("site_id", "gate_id", "person_id", "vehicle_id", "garage_id"), "..%2f")
    assert is_problem(caller(world, Role.OWNER).ask(method, address(path, op, nowhere), body_of(op)), 404)


def test_a_job_of_no_known_name_and_a_day_to_come_are_refused(world, ids):
    owner = caller(world, Role.OWNER)
    body = {"site": ids["site"], "day": "2026-03-02"}
    assert owner.call("POST", "jobs/rm/run", body)[0] == 422
    assert owner.call("POST", "jobs/workdays/run", body | {"day": "2190-01-01"})[1]["errors"][0]["code"] == "not_yet"


def test_a_cookie_without_the_csrf_token_changes_nothing(world):
    token = caller(world, Role.OWNER).token
    browser = Client(enforce_csrf_checks=True)
    browser.cookies[COOKIE] = token
    new = {"code": "b", "name": "B", "type": "school", "zone": "Asia/Shanghai", "currency": "CNY"}
    refused = browser.post("/api/sites", json.dumps(new), content_type="application/json")
    assert is_problem(refused, 403)
    assert browser.get("/api/me").status_code == 200
    trusting = Client()
    trusting.cookies[COOKIE] = token
    assert trusting.post("/api/sites", json.dumps(new), content_type="application/json").status_code == 201


def test_a_bad_header_is_not_mended_by_a_good_cookie(world):
    browser = Client(headers={"Authorization": "Bearer nonsense"})
    browser.cookies[COOKIE] = caller(world, Role.OWNER).token
    assert browser.get("/api/me").status_code == 401


def test_a_wrong_method_a_wrong_address_and_a_wrong_type_are_problems_too(world):
    owner = caller(world, Role.OWNER)
    assert is_problem(owner.ask("PUT", "sites"), 405)
    assert is_problem(owner.ask("GET", "nothing/here"), 404)
    headers = {"Authorization": f"Bearer {owner.token}"}
    assert is_problem(Client(headers=headers).post("/api/sites", b"<a/>", content_type="text/xml"), 415)


def test_the_description_and_its_page_are_for_operators(world):
    assert is_problem(Client().get("/api/openapi.json"), 401)
    headers = {"Authorization": f"Bearer {caller(world, Role.AUDITOR).token}"}
    assert Client(headers=headers).get("/api/openapi.json").json()["info"]["title"] == "Gatehouse"
    assert is_problem(Client().get("/api/docs"), 401)
    for role, status in ((Role.AUDITOR, 200), (Role.WORKER, 401)):
        browser = Client()
        browser.cookies[COOKIE] = caller(world, role, subject=str(world.hire().pk)).token
        page = browser.get("/api/docs")
        assert page.status_code == status
        assert b"cdn." not in page.content


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary=\u00ff"])
def test_a_form_that_cannot_be_taken_apart_is_a_problem(world, ids, kind):
    """It was a fault of ours: 500."""
    headers = {"Authorization": f"Bearer {caller(world, Role.OWNER).token}"}
    for place in (f"people/{ids['person_id']}/face", f"photos/{ids['import_id']}/pieces/0"):
        answer = Client(headers=headers).generic("POST", f"/api/{place}", b"--x\r\n", content_type=kind)
        assert is_problem(answer, 400)


def test_a_line_break_in_an_address_leads_nowhere_else(world):
    """It led out of the API, to the page for people."""
    owner = caller(world, Role.OWNER)
    assert is_problem(owner.ask("GET", "people/a%0Ab/payslip?month=2026-03"), 404)
    assert is_problem(owner.ask("GET", "nothing%0A"), 404)


def _below(kind: type) -> list[type]:
    return [kind, *(one for sub in kind.__subclasses__() for one in _below(sub))]


def test_no_two_shapes_share_a_name():
    """The description has one place for a name: of two, the answer of one route was described as the other's."""
    names = [one.__name__ for root in (Shape, Answer) for one in _below(root)]
    assert len(names) > 80
    assert sorted(set(names)) == sorted(names)
