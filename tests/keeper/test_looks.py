"""What leaves the keeper: to whom, how much of it, and only after the log holds it."""

from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest

from gatehouse.keeper import budget
from gatehouse.keeper import log as keeper_log
from gatehouse.keeper.budget import CAPS
from gatehouse.keeper.client import KeeperRefused
from gatehouse.keeper.protocol import (
    LABELS,
    Admitted,
    Authority,
    Budget,
    Cell,
    KeyClass,
    Owner,
    Plain,
    Refused,
    Reveal,
    Revealed,
    Role,
)
from gatehouse.keeper.rules import ALL_OPERATORS, JOB_READS, JOBS, NEVER_SHOWN, READS

from .conftest import SITE, TODAY, Desk

Refusal = Callable[[Callable[[], object]], str]


def entries(desk: Desk, kind: str) -> list[keeper_log.Entry]:
    return [entry for entry in desk.service.vault.log.entries() if entry.kind == kind]


# --- reveal ---


def test_a_name_is_revealed_by_a_ticket_and_the_log_says_to_whom_and_why(desk: Desk) -> None:
    _, cell = desk.person("Ann Example")
    by = desk.sign_in(Role.HR, actor="hr-1")
    assert desk.client.reveal([cell], by, "person.page") == [b"Ann Example"]
    (entry,) = entries(desk, "reveal")
    assert (entry.actor, entry.role, entry.purpose, entry.budget, entry.count) == (
        "hr-1",
        "hr",
        "person.page",
        "names",
        1,
    )


def test_the_log_names_nobody(desk: Desk) -> None:
    subject, cell = desk.person("Ann Example")
    desk.client.reveal([cell], desk.sign_in(), "person.page")
    data = (desk.home / "keeper" / "log" / "entries").read_bytes()
    assert subject.encode() not in data
    assert b"Ann Example" not in data


def test_no_plaintext_leaves_when_the_log_cannot_be_written(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, refusal: Refusal
) -> None:
    _, cell = desk.person()
    by = desk.sign_in()

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(keeper_log.os, "fdatasync", full)
    assert refusal(lambda: desk.client.reveal([cell], by, "x")) == "log_full"
    monkeypatch.undo()
    assert refusal(lambda: desk.client.reveal([cell], by, "x")) == "log_full"  # until somebody looked at the disk


def test_the_line_is_on_disk_before_the_plaintext_leaves(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Watched at the seam: when the reply is encoded, the synced file already holds the look."""
    from gatehouse.keeper import service

    _, cell = desk.person()
    by = desk.sign_in()
    synced = []
    seen_at_reply = []
    path = desk.home / "keeper" / "log" / "entries"
    fdatasync, encode = keeper_log.os.fdatasync, service._encode

    def watched_sync(handle: int) -> None:
        fdatasync(handle)
        synced.append(path.stat().st_size)

    def watched_encode(reply: object) -> bytes:
        seen_at_reply.append((synced[-1] if synced else 0, len(entries(desk, "reveal"))))
        return encode(reply)

    monkeypatch.setattr(keeper_log.os, "fdatasync", watched_sync)
    monkeypatch.setattr(service, "_encode", watched_encode)
    assert desk.client.reveal([cell], by, "x") == [b"Ann Example"]
    assert seen_at_reply == [(path.stat().st_size, 1)]


def test_nobody_looks_without_a_ticket(desk: Desk, refusal: Refusal) -> None:
    _, cell = desk.person()
    assert refusal(lambda: desk.client.reveal([cell], Authority(), "x")) == "no_ticket"
    assert refusal(lambda: desk.client.reveal([cell], Authority(ticket="invented"), "x")) == "no_ticket"
    assert refusal(lambda: desk.client.reveal([cell], Authority(job="invented"), "x")) == "not_allowed"


def test_the_shells_right_opens_nothing_about_a_person(desk: Desk, refusal: Refusal) -> None:
    from gatehouse.keeper import local

    _, cell = desk.person()
    shell = local.shell_authority(desk.home)
    assert refusal(lambda: desk.client.reveal([cell], shell, "x")) == "not_allowed"
    assert refusal(lambda: desk.client.find("Ann", shell.ticket or "")) == "not_allowed"


# Sealed under the key of a day or a year, for which these tests have no date.
DATED = {name for name, label in LABELS.items() if label.key in (KeyClass.SITE_DAY, KeyClass.BOOKS)}


# A hook's secret signs its messages; rows of a file wait to be taken in, a week at most. When somebody visits stands in
# the feed and on their own page, whose name does not.
# Addresses were left to be written to, and the job that writes is told nothing else of anybody.
OWN = {
    ("hooks", "hook.secret/1"), ("imports", "import.row/1"), ("feed", "visit.span/1"), ("visits", "visit.span/1"),
    ("mail", "mail.address/1"), ("mail", "guardian.mail/1"), ("notices", "pupil.pickup/1"),
}  # fmt: skip


@pytest.mark.parametrize("job", sorted(JOBS))
def test_a_job_reads_what_it_is_for_and_never_a_name_or_anything_sensitive(desk: Desk, job: str) -> None:
    for label in sorted(set(LABELS) - DATED):
        budget = LABELS[label].budget
        reply = desk.client.call(Reveal([desk.sealed(label, SITE, "text")], Authority(job=job), "x"))
        listed = label in JOB_READS.get(job, ())
        # What no page shows, such as a provider's keys, and what only that job works on.
        assert not listed or budget is Budget.WORK or label in NEVER_SHOWN or (job, label) in OWN
        shown = Revealed([b"text"]) if listed or budget is Budget.NONE else Refused("not_allowed", {"label": label})
        assert reply == shown


def test_the_payslip_job_reads_work_and_leaves_a_line(desk: Desk) -> None:
    cell = desk.sealed("contract.terms/1", "person-1", "terms")
    assert desk.client.reveal([cell], Authority(job="payslips"), "payslips.run") == [b"terms"]
    (entry,) = entries(desk, "reveal")
    assert (entry.actor, entry.role) == ("job:payslips", "job")


def test_what_belongs_to_no_person_is_open_and_noted_in_bulk(desk: Desk) -> None:
    cell = desk.sealed("site.text/1", SITE, "Opening hours")
    assert desk.client.reveal([cell] * 50, Authority(), "page") == [b"Opening hours"] * 50
    desk.service.vault.log.flush()
    (entry,) = entries(desk, "free")
    assert (entry.count, entry.purpose) == (50, "page")


@pytest.mark.parametrize("label", sorted(NEVER_SHOWN))
@pytest.mark.parametrize("role", [Role.OWNER, Role.HR, Role.SECURITY])
def test_templates_and_pins_are_shown_to_nobody(desk: Desk, refusal: Refusal, label: str, role: Role) -> None:
    cell = desk.sealed(label, "person-1", "1234")
    assert refusal(lambda: desk.client.reveal([cell], desk.sign_in(role), "x")) == "not_allowed"


@pytest.mark.parametrize("role", sorted(ALL_OPERATORS))
def test_a_role_reads_the_labels_of_its_table_and_no_other(desk: Desk, role: Role) -> None:
    by = desk.sign_in(role)
    for label in sorted(set(LABELS) - DATED):
        budget = LABELS[label].budget
        listed = label in READS[role] and CAPS[role].get(budget) is not None
        reply = desk.client.call(Reveal([desk.sealed(label, SITE, "text")], by, "x"))
        shown = Revealed([b"text"]) if listed or budget is Budget.NONE else Refused("not_allowed", {"label": label})
        assert reply == shown


def test_a_worker_sees_only_what_is_theirs(desk: Desk, refusal: Refusal) -> None:
    ann, own = desk.person("Ann Example")
    _, other = desk.person("Ben Example")
    by = desk.worker(ann)
    assert desk.client.reveal([own], by, "my.page") == [b"Ann Example"]
    assert refusal(lambda: desk.client.reveal([other], by, "my.page")) == "not_allowed"
    assert refusal(lambda: desk.client.reveal([own, other], by, "my.page")) == "not_allowed"


def test_an_operator_of_one_site_sees_no_other_sites_passages(desk: Desk, refusal: Refusal) -> None:
    asked = [desk.written(Plain("passage.facts/1", Owner("site-2", day=TODAY), "row-1", b"facts"))]
    here = desk.sign_in(Role.SECURITY, actor="one", sites=(SITE,))
    there = desk.sign_in(Role.SECURITY, actor="two", sites=("site-2",))
    assert refusal(lambda: desk.client.reveal(asked, here, "x")) == "not_allowed"
    assert desk.client.reveal(asked, there, "x") == [b"facts"]


def test_a_cell_that_was_moved_or_changed_refuses_the_request_and_counts_nothing(desk: Desk, refusal: Refusal) -> None:
    ann, cell = desk.person()
    ben, other = desk.person()
    by = desk.sign_in()
    moved = [
        msgspec.structs.replace(cell, row=ben),
        msgspec.structs.replace(cell, label="person.brief/1"),
        msgspec.structs.replace(cell, label="person.file/1"),
        msgspec.structs.replace(cell, label="no.such/1"),
        msgspec.structs.replace(cell, data=cell.data[:-1]),
        msgspec.structs.replace(cell, data=cell.data.replace(ann.encode(), ben.encode())),
        msgspec.structs.replace(cell, data=b"plain text"),
    ]
    for bad in moved:
        assert refusal(lambda bad=bad: desk.client.reveal([other, bad], by, "x")) == "bad_request"
    assert entries(desk, "reveal") == []


def test_a_passage_opens_for_no_other_token(desk: Desk) -> None:
    ann, _ = desk.person()
    ben, _ = desk.person()
    results = desk.client.admit([desk.letter(desk.passage(subject=one)) for one in (ann, ben)], {})
    first, second = (result for result in results if isinstance(result, Admitted))
    cell = Cell("passage.facts/1", first.id, first.cell or b"", second.token)
    with pytest.raises(KeeperRefused):
        desk.client.reveal([cell], desk.sign_in(), "x")
    assert desk.client.reveal([msgspec.structs.replace(cell, token=None)], desk.sign_in(), "x") == [None]


@pytest.mark.parametrize("purpose", ["", "Ann Example", "x" * 65, "a/b", "person.page\n"])
def test_a_purpose_is_a_code_and_never_a_sentence(desk: Desk, refusal: Refusal, purpose: str) -> None:
    _, cell = desk.person()
    assert refusal(lambda: desk.client.reveal([cell], desk.sign_in(), purpose)) == "bad_request"


# --- budgets ---


def test_a_guard_sees_sixty_people_an_hour_and_not_one_more(desk: Desk, refusal: Refusal) -> None:
    cells, by = desk.people(61), desk.sign_in(Role.SECURITY)
    assert len(desk.client.reveal(cells[:60], by, "x")) == 60
    assert refusal(lambda: desk.client.reveal(cells[60:], by, "x")) == "over_budget"
    assert len(desk.client.reveal(cells[:60], by, "x")) == 60  # the same people again cost nothing
    desk.clock.forward(timedelta(hours=1))
    assert len(desk.client.reveal(cells[60:], by, "x")) == 1


def test_a_request_over_the_cap_shows_and_counts_nobody(desk: Desk) -> None:
    cells, by = desk.people(61), desk.sign_in(Role.SECURITY)
    with pytest.raises(KeeperRefused) as caught:
        desk.client.reveal(cells, by, "x")
    assert caught.value.facts == {"budget": "names", "window": "hour", "cap": 60}
    assert len(desk.client.reveal(cells[:60], by, "x")) == 60
    assert [entry.role for entry in entries(desk, "refused")] == ["security"]


def test_a_token_that_the_asker_made_up_joins_nobody(desk: Desk) -> None:
    """Facts of cars lie under the day alone: whom they count as is in them, not in what is asked."""
    letters = [desk.letter(desk.passage(plate=f"京A{n:05d}", means="plate")) for n in range(61)]
    results = [result for result in desk.client.admit(letters, {}) if isinstance(result, Admitted)]
    cars = [Cell("passage.facts/1", one.id, one.cell or b"", b"x" * 16) for one in results]
    plains = [Plain("stay.books/1", Owner(SITE, year=2026), f"row-{n}", b"plate") for n in range(21)]
    books = [Cell("stay.books/1", f"row-{n}", cell, b"x" * 16) for n, cell in enumerate(desk.client.seal(plains))]
    for cells, cap in ((cars, 60), (books, 20)):
        reply = desk.client.call(Reveal(cells, desk.sign_in(Role.PARKING), "x"))
        assert isinstance(reply, Refused)
        assert reply.facts["cap"] == cap


def test_a_car_counts_once_however_often_it_passed_that_day(desk: Desk) -> None:
    letters = [desk.letter(desk.passage(plate="京A12345", means="plate")) for _ in range(70)]
    results = [result for result in desk.client.admit(letters, {}) if isinstance(result, Admitted)]
    cells = [Cell("passage.facts/1", one.id, one.cell or b"", one.token) for one in results]
    assert len(desk.client.reveal(cells, desk.sign_in(Role.SECURITY), "x")) == 70


def test_the_day_has_a_cap_of_its_own(desk: Desk) -> None:
    by = desk.sign_in(Role.HR)
    for _ in range(5):
        desk.client.reveal(desk.people(20, "person.contact/1"), by, "x")
        desk.clock.forward(timedelta(hours=1))
    with pytest.raises(KeeperRefused) as caught:
        desk.client.reveal(desk.people(1, "person.contact/1"), by, "x")
    assert caught.value.facts == {"budget": "sensitive", "window": "day", "cap": 100}


def test_a_restart_forgives_nothing(desk: Desk, refusal: Refusal) -> None:
    cells, by = desk.people(61), desk.sign_in(Role.SECURITY)
    desk.client.reveal(cells[:60], by, "x")
    desk.restart()
    assert refusal(lambda: desk.client.reveal(cells[60:], by, "x")) == "over_budget"
    assert len(desk.client.reveal(cells[:60], by, "x")) == 60


def test_a_clock_that_ran_ahead_shuts_nobody_out_for_longer_than_a_day(desk: Desk) -> None:
    cells = desk.people(500)
    desk.clock.forward(timedelta(days=365))
    desk.client.reveal(cells[:1], desk.sign_in(Role.SECURITY), "x")
    desk.clock.forward(timedelta(days=-365))
    for day in range(3):
        by = desk.sign_in(Role.SECURITY)
        assert len(desk.client.reveal(cells[60 * day + 1 : 60 * day + 60], by, "x")) == 59
        desk.restart()
        desk.clock.forward(timedelta(days=1, seconds=1))
    by = desk.sign_in(Role.SECURITY)
    for hour in range(5):
        desk.client.reveal(cells[200 + 59 * hour : 259 + 59 * hour], by, "x")
        desk.clock.forward(timedelta(hours=1))


def test_all_actors_together_see_a_thousand_people_a_day(desk: Desk) -> None:
    cells = desk.people(1001)
    for number in range(2):
        desk.client.reveal(cells[number * 500 : number * 500 + 500], desk.sign_in(actor=f"invented-{number}"), "x")
    third = desk.sign_in(actor="invented-3")
    with pytest.raises(KeeperRefused) as caught:
        desk.client.reveal(cells[1000:], third, "x")
    assert caught.value.facts == {"budget": "names", "window": "web", "cap": 1000}
    desk.restart()
    with pytest.raises(KeeperRefused):
        desk.client.reveal(cells[1000:], third, "x")


def test_people_who_were_invented_raise_no_cap_for_a_week(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The web process may have as many keys made as it likes."""
    monkeypatch.setattr(budget, "WEB_LEAST", 5)
    monkeypatch.setattr(budget, "WEB_SHARE", 1)
    budgets = desk.service.vault.budgets
    desk.people(40)
    assert budgets.web_cap() == 5
    for _ in range(6):
        desk.clock.forward(timedelta(days=1))
        desk.service.vault.make_days()
        assert budgets.web_cap() == 5
    desk.restart()
    assert desk.service.vault.budgets.web_cap() == 5
    desk.clock.forward(timedelta(days=1))
    desk.service.vault.make_days()
    assert desk.service.vault.budgets.web_cap() == 40


def test_ones_own_data_has_a_cap_of_its_own(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from gatehouse.keeper import budget

    monkeypatch.setattr(budget, "SELF", budget.Caps(3, 5, 9))
    ann, own = desk.person()
    by = desk.worker(ann)
    for _ in range(3):
        desk.client.reveal([own], by, "my.page")
    with pytest.raises(KeeperRefused) as caught:
        desk.client.reveal([own], by, "my.page")
    assert caught.value.code == "over_budget"
    desk.restart()
    with pytest.raises(KeeperRefused):
        desk.client.reveal([own], by, "my.page")


def test_a_receipt_is_read_for_its_holder_and_an_invoice_request_by_who_keeps_the_books(desk: Desk) -> None:
    plains = [
        Plain(name, Owner(SITE, year=2026), "row-1", b"text") for name in ("receipt.facts/1", "invoice.request/1")
    ]
    receipt, invoice = (Cell(p.label, "row-1", c) for p, c in zip(plains, desk.client.seal(plains), strict=True))
    assert desk.client.reveal([receipt], Authority(job="receipts"), "receipt.page") == [b"text"]
    for job in sorted(JOBS):
        reply = desk.client.call(Reveal([invoice], Authority(job=job), "x"))
        assert reply == Refused("not_allowed", {"label": "invoice.request/1"})
    for role in (Role.OWNER, Role.PARKING):
        assert desk.client.reveal([invoice], desk.sign_in(role), "invoices") == [b"text"]
    for role in (Role.SECURITY, Role.HR, Role.AUDITOR):
        assert isinstance(desk.client.call(Reveal([invoice], desk.sign_in(role), "x")), Refused)
