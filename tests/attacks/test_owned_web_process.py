"""Somebody owns the web process: its socket to the keeper, its database, whatever tickets are in its memory."""

import itertools
import uuid
from datetime import timedelta

import msgspec
import pytest
from tests.attacks.identities import seen_in
from tests.attacks.site import Attacked, refused

from gatehouse.crypto.signing import new_device_keys
from gatehouse.keeper.client import Client, KeeperRefused
from gatehouse.keeper.protocol import Authority, Cell, KeyClass, Owner, PassageFacts, Plain, Role

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

JOBS = (
    "workdays", "payslips", "feed", "retoken", "passes", "stays", "retention", "disputes", "performance", "staff",
    "imports", "hooks",
)  # fmt: skip
# docs/specs/keeper.md: what is about no person, and time and pay under a random id.
ABOUT_NOBODY = {"site.text/1", "stay.entry/1", "stay.step/1", "takings.lengths/1"}
JOBS_MAY = {
    "work.note/1", "workday.facts/1", "workday.beside/1", "work.answers/1", "worklist.open/1", "contract.terms/1",
    "payslip.lines/1", "person.file/1",
}  # fmt: skip
NO_TICKET = [Authority(), Authority(ticket=""), Authority(ticket="A" * 43), Authority(job="owner"), Authority(job="")]


def opened(keeper: Client, cells: list[Cell], by: Authority) -> dict[str, bytes]:
    """What of these cells the keeper opens, one at a time, by label."""
    found: dict[str, bytes] = {}
    for cell in cells:
        try:
            (data,) = keeper.reveal([cell], by, "person.page")
        except KeeperRefused:
            continue
        if data is not None:
            found[cell.label] = found.get(cell.label, b"") + data + b"\n"
    return found


def test_the_attacker_has_every_kind_of_cell(site: Attacked) -> None:
    """Otherwise the tests below would prove little."""
    assert {cell.label for cell in site.cells()} >= {
        "person.brief/1", "person.name/1", "person.contact/1", "person.identity/1", "person.bank/1", "person.file/1",
        "person.consent/1", "face.template/1", "credential.card/1", "vehicle.plate/1", "attempt.facts/1",
        "passage.facts/1", "workday.facts/1", "contract.terms/1", "payslip.lines/1", "device.secret/1", "stay.books/1",
    }  # fmt: skip


def test_without_a_ticket_nothing_about_a_person_is_revealed(site: Attacked, keeper: Client) -> None:
    cells = site.cells()
    for by in NO_TICKET:
        assert opened(keeper, cells, by).keys() <= ABOUT_NOBODY, by


def test_a_job_reads_time_and_pay_and_never_who_it_is(site: Attacked, keeper: Client) -> None:
    cells = site.cells()
    for job in JOBS:
        found = opened(keeper, cells, Authority(job=job))
        assert found.keys() <= ABOUT_NOBODY | JOBS_MAY, job
        assert seen_in(b"".join(found.values())) == set(), job


def test_without_a_ticket_nobody_is_found_followed_or_named(site: Attacked, keeper: Client) -> None:
    day, people = site.day(), site.ids("people_person")
    tokens = [bytes(row[0]) for row in site.rows("SELECT token FROM gates_passage WHERE token IS NOT NULL")]
    for ticket in ("", "A" * 43, "shell"):
        assert refused(lambda ticket=ticket: keeper.find("Mara", ticket)) == "no_ticket"
        assert refused(lambda ticket=ticket: keeper.looks(people[0], ticket)) == "no_ticket"
        assert refused(lambda ticket=ticket: keeper.usage(ticket)) == "no_ticket"
    for by in NO_TICKET:
        assert refused(lambda by=by: keeper.who(site.site_id, day, tokens, by)) in ("no_ticket", "not_allowed")
        assert refused(lambda by=by: keeper.tokens(site.site_id, day, people, by)) in ("no_ticket", "not_allowed")
    for job in JOBS:
        by = Authority(job=job)
        assert refused(lambda by=by: keeper.tokens(site.site_id, day, people, by)) == "not_allowed", job
        if job != "workdays":
            assert refused(lambda by=by: keeper.who(site.site_id, day, tokens, by)) == "not_allowed", job
    long_ago = Authority(job="workdays")
    site_day = site.clock.now().date() - timedelta(days=5)
    assert refused(lambda: keeper.who(site.site_id, site_day, tokens, long_ago)) == "not_allowed"


def test_it_cannot_enrol_an_edge_of_its_own_and_have_the_gallery_sealed_to_it(site: Attacked, keeper: Client) -> None:
    public = new_device_keys().public()
    keys = {"sign_key": public.sign_key, "seal_key": public.seal_key}
    clerks = [site.sign_in(role) for role in (Role.HR, Role.SECURITY, Role.PARKING, Role.AUDITOR)]
    for by in [*NO_TICKET, *(Authority(job=job) for job in JOBS), *clerks]:
        for edge in ("mine", "riverside"):  # a new one, and the keys of the one that is there
            act = lambda by=by, edge=edge: keeper.enrol_edge(edge, site.site_id, "Asia/Shanghai", by=by, **keys)  # noqa: E731
            assert refused(act) in ("no_ticket", "not_allowed"), by
    templates = [cell for cell in site.cells() if cell.label == "face.template/1"]
    assert refused(lambda: keeper.reseal("mine", templates, [cell.row for cell in templates])) == "unknown_edge"


def test_it_lets_nobody_in_and_signs_nothing_without_a_ticket(site: Attacked, keeper: Client) -> None:
    person, actor = site.ids("people_person")[0], str(uuid.uuid4())
    pass_claims: dict[str, str | int] = {"id": "p", "sub": person, "site": site.site_id, "nbf": 0, "exp": 60}
    for by in [*NO_TICKET, *(Authority(job=job) for job in JOBS)]:
        for role in (Role.OWNER, Role.HR, Role.SECURITY, Role.PARKING, Role.AUDITOR):
            assert refused(lambda by=by, role=role: keeper.invite(actor, role, by)) in ("no_ticket", "not_allowed")
        worker = lambda by=by: keeper.invite(person, Role.WORKER, by, subject=person)  # noqa: E731
        assert refused(worker) in ("no_ticket", "not_allowed")
        assert refused(lambda by=by: keeper.sign("pass", pass_claims, by)) in ("no_ticket", "not_allowed")
        assert refused(lambda by=by: keeper.forget(person, [KeyClass.IDENTITY], by)) in ("no_ticket", "not_allowed"), by


def test_a_resealed_gallery_opens_for_the_enrolled_edge_alone(site: Attacked, keeper: Client) -> None:
    """What comes back over the socket names nobody: it is sealed to a key that the web process does not have."""
    fit = ("face.template/1", "credential.card/1", "vehicle.plate/1")
    cells = [cell for cell in site.cells() if cell.label in fit]
    names = [cell for cell in site.cells() if cell.label == "person.name/1"]
    assert refused(lambda: keeper.reseal("riverside", names, [cell.row for cell in names])) == "bad_request"
    owners = {row[0]: row[1] for row in site.rows("SELECT id, person_id FROM people_credential")}
    for cell in cells:
        person = owners.get(cell.row.replace("-", ""))
        owner = str(uuid.UUID(person)) if person else cell.row
        try:
            (answer,) = keeper.reseal("riverside", [cell], [owner])
        except KeeperRefused:
            continue
        assert seen_in(answer or b"") == set()


# --- a clerk is signed in ---------------------------------------------------------------------------------------------

# What each role is shown, and nothing beyond it: docs/specs/keeper.md.
_GATE = {"person.brief/1", "person.name/1", "attempt.facts/1", "passage.facts/1"}
_CARS = {"vehicle.plate/1", "stay.plate/1", "stay.books/1"}
SHOWN = {
    Role.AUDITOR: {"person.brief/1", "person.name/1"},
    Role.PARKING: _GATE | _CARS | {"receipt.facts/1"},
    Role.SECURITY: _GATE
    | _CARS
    | {"person.contact/1", "person.consent/1", "face.photo/1", "credential.card/1", "credential.pass/1"},
}


@pytest.mark.parametrize("role", SHOWN)
def test_a_clerks_ticket_opens_what_her_role_is_shown_and_nothing_else(
    site: Attacked, keeper: Client, role: Role
) -> None:
    found = opened(keeper, site.cells(), site.sign_in(role))
    assert found.keys() <= SHOWN[role] | ABOUT_NOBODY
    assert "person.name/1" in found


def test_nobodys_ticket_opens_a_template_or_a_pin(site: Attacked, keeper: Client) -> None:
    cells = [cell for cell in site.cells() if cell.label in ("face.template/1", "credential.pin/1")]
    assert cells
    for role in (Role.OWNER, Role.HR, Role.SECURITY):
        assert opened(keeper, cells, site.sign_in(role)) == {}


def test_a_ticket_of_another_site_opens_no_passage_stay_or_device_of_this_one(site: Attacked, keeper: Client) -> None:
    cells, people = site.cells(), site.ids("people_person")
    days = [site.day(), site.clock.now().date()]
    for role in (Role.OWNER, Role.HR, Role.SECURITY):
        by = site.sign_in(role, sites=(str(uuid.uuid4()),))
        bound = {"attempt.facts/1", "passage.facts/1", "stay.books/1", "device.secret/1"}
        assert opened(keeper, [cell for cell in cells if cell.label in bound], by) == {}
        for day in days:
            assert refused(lambda by=by, day=day: keeper.who(site.site_id, day, [b"x" * 16], by)) == "not_allowed"
            assert refused(lambda by=by, day=day: keeper.tokens(site.site_id, day, people, by)) == "not_allowed"
    owner = site.sign_in(Role.OWNER, sites=(str(uuid.uuid4()),))
    public = new_device_keys().public()
    enrol = lambda: keeper.enrol_edge(  # noqa: E731
        "mine", site.site_id, "Asia/Shanghai", sign_key=public.sign_key, seal_key=public.seal_key, by=owner
    )
    assert refused(enrol) == "not_allowed"
    for sites in ((), (site.site_id,)):
        assert refused(lambda sites=sites: keeper.invite("x", Role.OWNER, owner, sites=sites)) == "not_allowed"


def test_a_workers_ticket_opens_nobody_elses_cell(site: Attacked, keeper: Client) -> None:
    mine, *others = site.ids("people_person")
    code = keeper.invite(mine, Role.WORKER, site.sign_in(Role.OWNER), subject=mine)
    by = Authority(ticket=keeper.sign_in(code).token)
    cells = [cell for cell in site.cells() if cell.label.startswith("person.")]
    assert opened(keeper, [cell for cell in cells if cell.row == mine], by)
    assert opened(keeper, [cell for cell in cells if cell.row in others], by) == {}
    assert refused(lambda: keeper.looks(others[0], by.ticket or "")) == "not_allowed"


# --- ciphertext moved by who writes the database ----------------------------------------------------------------------


def test_a_cell_moved_to_another_row_person_or_column_opens_nowhere(site: Attacked, keeper: Client) -> None:
    """By the ticket of who may read all of them: a moved cell refuses the request, and counts nothing."""
    by = site.sign_in(Role.OWNER)
    readable = [c for c in site.cells() if c.label not in ("face.template/1", "credential.pin/1")]
    for label, group in itertools.groupby(sorted(readable, key=lambda c: c.label), key=lambda c: c.label):
        cells = list(group)
        rows = [*(cell.row for cell in cells[1:3]), str(uuid.uuid4())]
        for row in rows:
            moved = Cell(label, row, cells[0].data, cells[0].token)
            assert refused(lambda moved=moved: keeper.reveal([moved], by, "person.page")) == "bad_request", label
        for other in {cell.label for cell in readable} - {label}:
            moved = Cell(other, cells[0].row, cells[0].data, cells[0].token)
            assert refused(lambda moved=moved: keeper.reveal([moved], by, "person.page")) == "bad_request", other


def test_a_passage_under_another_persons_token_opens_nothing(site: Attacked, keeper: Client) -> None:
    by = site.sign_in(Role.OWNER)
    passages = [cell for cell in site.cells() if cell.label == "passage.facts/1" and cell.token]
    tokens = {cell.token for cell in passages}
    assert len(tokens) >= 4
    for cell in passages:
        for token in itertools.islice(tokens - {cell.token}, 3):
            for data in opened(keeper, [Cell(cell.label, cell.row, cell.data, token)], by).values():
                # A car's facts lie under its day alone: the token beside them is no key, and tells nothing new.
                assert msgspec.msgpack.decode(data[:-1], type=PassageFacts).subject is None


def test_a_flipped_bit_anywhere_in_a_cell_is_refused(site: Attacked, keeper: Client) -> None:
    by = site.sign_in(Role.OWNER)
    (cell, *_) = (cell for cell in site.cells() if cell.label == "person.name/1")
    for place in range(len(cell.data)):
        flipped = bytearray(cell.data)
        flipped[place] ^= 1 << (place % 8)
        assert opened(keeper, [Cell(cell.label, cell.row, bytes(flipped))], by) == {}, place


def test_names_that_were_swapped_in_the_database_are_shown_to_nobody(site: Attacked) -> None:
    one, two = (uuid.UUID(person).hex for person in site.ids("people_person")[:2])
    one_cell, two_cell = (site.one("SELECT name_cell FROM people_person WHERE id = ?", own) for own in (one, two))
    clerk = site.browser(Role.HR)
    token = site.csrf(clerk, f"/people/{uuid.UUID(one)}/")
    site.rows("UPDATE people_person SET name_cell = ? WHERE id = ?", two_cell, one)
    try:
        for answer in (
            clerk.get(f"/people/{uuid.UUID(one)}/"),
            clerk.post(f"/people/{uuid.UUID(one)}/name", data=token),
            clerk.get("/people/"),
        ):
            assert answer.status_code < 500
            assert seen_in(answer.content) == set()
    finally:
        site.rows("UPDATE people_person SET name_cell = ? WHERE id = ?", one_cell, one)
    assert seen_in(clerk.post(f"/people/{uuid.UUID(one)}/name", data=token).content)


def test_a_plaintext_is_sealed_for_who_it_says_and_never_for_another(site: Attacked, keeper: Client) -> None:
    """It may seal what it likes: under a person's key it still opens as that row of theirs only."""
    person, other = site.ids("people_person")[:2]
    (cell,) = keeper.seal([Plain("person.name/1", Owner(person), person, b"Somebody Else")])
    by = site.sign_in(Role.HR)
    assert refused(lambda: keeper.reveal([Cell("person.name/1", other, cell)], by, "person.page")) == "bad_request"
