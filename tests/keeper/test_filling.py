"""Files that leave: two people, one recipient, and no plaintext on the way."""

import json
from collections.abc import Callable
from datetime import date, timedelta

import msgspec
import pytest

from gatehouse.crypto.agefile import Identity, new_identity, open_file
from gatehouse.crypto.errors import Unreadable
from gatehouse.domain.payment_rules import broken_rules
from gatehouse.keeper.protocol import Authority, Cell, FillJob, FillRow, KeyClass, Role

from .conftest import SITE, Desk

Refusal = Callable[[Callable[[], object]], str]
IBANS = ["DE89370400440532013000", "GB29NWBK60161331926819", "NL91ABNA0417164300"]
PAYER = {"name": "North GmbH", "account": "DE89370400440532013000", "bic": "COBADEFFXXX", "charset": "sepa"}
ACCOUNTS = {"earning": "6600", "contribution": "2240", "tax": "2221", "recovery": "1221", "net": "2211"}


class House:
    """Three people with payslips, two operators and a recipient."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.bank: Identity = new_identity()
        self.clerk, self.chief = desk.sign_in(Role.HR, actor="clerk"), desk.sign_in(Role.OWNER, actor="chief")
        desk.client.enrol_recipient("Our bank", SITE, self.bank.recipient, self.chief)
        self.people = [f"person-{n}" for n in range(3)]

    def slip(self, person: str, net: int = 100_000, currency: str = "EUR") -> Cell:
        lines = [
            {"code": "basic", "section": "earning", "minor": net + 5_000, "because": []},
            {"code": "income_tax", "section": "tax", "minor": -5_000, "because": []},
        ]
        facts = {"slip": {"month": "2026-03", "currency": currency, "lines": lines, "year": 2026}, "marks": []}
        return self.desk.sealed("payslip.run/1", person, json.dumps(facts), row=f"slip-{person}")

    def row(self, n: int, *, label: str = "person.bank/1", net: int = 100_000, **bank: str) -> FillRow:
        person = self.people[n]
        account = {"account": IBANS[n], "holder": "", "bank": "Some bank"} | bank
        second = json.dumps(account) if label == "person.bank/1" else f"S-{n} AE"
        cells = [
            self.slip(person, net + n),
            self.desk.sealed(label, person, second),
            self.desk.sealed("person.name/1", person, f"Ann Example {n}"),
        ]
        return FillRow(f"r{n}", cells)

    def job(self, template: str = "bank", **other: object) -> FillJob:
        label = "person.bank/1" if template == "bank" else "person.brief/1"
        rows = [self.row(n, label=label) for n in range(3)]
        if template == "journal":
            rows = [FillRow(row.reference, row.cells[:1]) for row in rows]
        facts: dict[str, object] = {
            "site": SITE, "template": template, "recipient": "Our bank", "id": "RUN-1", "pay_on": date(2026, 4, 1),
            "payer": self.desk.sealed("pay.setup/1", SITE, json.dumps(PAYER)), "accounts": ACCOUNTS, "rows": rows,
        }  # fmt: skip
        return FillJob(**(facts | other))  # type: ignore[arg-type]

    def taken(self, job: FillJob) -> bytes:
        assert self.desk.client.grant(job, self.chief).faults == []
        return open_file(self.desk.client.fill(job, self.clerk).data, self.bank.secret)


@pytest.fixture
def house(desk: Desk) -> House:
    return House(desk)


def test_the_banks_file_is_readable_by_the_bank_alone_and_keeps_the_schemas_rules(house: House) -> None:
    job = house.job()
    checked = house.desk.client.grant(job, house.chief)
    assert (checked.rows, checked.faults) == (3, [])
    filled = house.desk.client.fill(job, house.clerk)
    assert filled.data.startswith(b"age-encryption.org/v1\n")
    for secret in (*IBANS, "Ann Example"):
        assert secret.encode() not in filled.data
    document = open_file(filled.data, house.bank.secret)
    assert broken_rules(document) == ()
    text = document.decode()
    assert all(iban in text for iban in IBANS)
    assert "<CtrlSum>3000.03</CtrlSum>" in text
    with pytest.raises(Unreadable):
        open_file(filled.data, new_identity().secret)


def test_without_a_grant_nothing_is_filled(house: House, refusal: Refusal) -> None:
    assert refusal(lambda: house.desk.client.fill(house.job(), house.clerk)) == "not_granted"


def test_nobody_fills_what_they_granted_themselves(house: House, refusal: Refusal) -> None:
    job = house.job()
    house.desk.client.grant(job, house.clerk)
    assert refusal(lambda: house.desk.client.fill(job, house.clerk)) == "own_grant"
    assert house.desk.client.fill(job, house.chief).rows == 3
    again = house.desk.sign_in(Role.HR, actor="clerk")
    assert refusal(lambda: house.desk.client.fill(job, again)) == "own_grant"


@pytest.mark.parametrize("field", ["recipient", "id", "pay_on", "rows", "accounts"])
def test_what_was_not_granted_is_not_filled(house: House, refusal: Refusal, field: str) -> None:
    job = house.job()
    house.desk.client.grant(job, house.chief)
    house.desk.client.enrol_recipient("Thief", SITE, new_identity().recipient, house.chief)
    changed = {
        "recipient": "Thief", "id": "RUN-2", "pay_on": date(2026, 4, 2), "rows": job.rows[:2],
        "accounts": {**ACCOUNTS, "net": "1"},
    }  # fmt: skip
    other = msgspec.structs.replace(job, **{field: changed[field]})
    assert refusal(lambda: house.desk.client.fill(other, house.clerk)) == "not_granted"


def test_an_account_that_was_changed_after_the_grant_is_not_paid(house: House, refusal: Refusal) -> None:
    job = house.job()
    house.desk.client.grant(job, house.chief)
    rows = [house.row(0, account="GB33BUKB20201555555555"), *job.rows[1:]]
    assert (
        refusal(lambda: house.desk.client.fill(msgspec.structs.replace(job, rows=rows), house.clerk)) == "not_granted"
    )


def test_a_grant_ends_after_eight_hours_and_outlives_a_restart(house: House, refusal: Refusal) -> None:
    job = house.job()
    house.desk.client.grant(job, house.chief)
    house.desk.restart()
    assert house.desk.client.fill(job, house.clerk).rows == 3
    house.desk.clock.forward(timedelta(hours=7, minutes=59))
    assert house.desk.client.fill(job, house.clerk).rows == 3
    house.desk.clock.forward(timedelta(minutes=1))
    clerk = house.desk.sign_in(Role.HR, actor="clerk")
    assert refusal(lambda: house.desk.client.fill(job, clerk)) == "not_granted"


def test_another_recipient_under_the_same_name_wants_an_owner(house: House, refusal: Refusal) -> None:
    key = new_identity().recipient
    for by in (house.clerk, Authority(job="payslips"), Authority()):
        assert refusal(lambda by=by: house.desk.client.enrol_recipient("Our bank", SITE, key, by)) in (
            "not_allowed", "no_ticket",
        )  # fmt: skip
    for wrong in ("age1", key[:-1], house.bank.secret):
        assert refusal(lambda w=wrong: house.desk.client.enrol_recipient("X", SITE, w, house.chief)) == "bad_request"
    assert [one.name for one in house.desk.client.recipients(SITE, house.clerk)] == ["Our bank"]
    house.desk.client.enrol_recipient("Our bank", SITE, "", house.chief)
    assert refusal(lambda: house.desk.client.grant(house.job(), house.chief)) == "unknown_recipient"


@pytest.mark.parametrize("role", [Role.SECURITY, Role.PARKING, Role.AUDITOR])
def test_only_who_pays_grants_and_fills(house: House, refusal: Refusal, role: Role) -> None:
    by, job = house.desk.sign_in(role), house.job()
    for verb in (house.desk.client.grant, house.desk.client.fill):
        assert refusal(lambda verb=verb: verb(job, by)) == "not_allowed"
        assert refusal(lambda verb=verb: verb(job, Authority(job="payslips"))) == "not_allowed"


def test_an_operator_of_another_site_neither_grants_nor_fills(house: House, refusal: Refusal) -> None:
    there = house.desk.sign_in(Role.HR, actor="there", sites=("site-2",))
    for verb in (house.desk.client.grant, house.desk.client.fill):
        assert refusal(lambda verb=verb: verb(house.job(), there)) == "not_allowed"


def test_a_cell_of_somebody_else_in_a_row_refuses_the_whole(house: House, refusal: Refusal) -> None:
    first, second = house.row(0), house.row(1)
    mixed = [FillRow("r0", [first.cells[0], second.cells[1], first.cells[2]])]
    twice = [first, FillRow("r9", first.cells)]
    other_row = [
        FillRow("r0", [first.cells[0], Cell("person.bank/1", "elsewhere", first.cells[1].data), first.cells[2]])
    ]
    for rows in (mixed, twice, other_row, [FillRow("r0", first.cells[:2])], [FillRow("../x", first.cells)], []):
        assert refusal(lambda rows=rows: house.desk.client.grant(house.job(rows=rows), house.chief)) == "bad_request"


@pytest.mark.parametrize(
    ("bank", "code"),
    [
        ({"account": "DE88370400440532013000"}, "bad_iban"),
        ({"account": ""}, "bad_account"),
        ({"holder": "王小明"}, "charset"),
    ],
)
def test_what_the_bank_would_send_back_is_said_by_reference_and_code_alone(
    house: House, refusal: Refusal, bank: dict[str, str], code: str
) -> None:
    job = house.job(rows=[house.row(0, **bank), house.row(1)])
    checked = house.desk.client.grant(job, house.chief)
    assert [(fault.reference, fault.code) for fault in checked.faults] == [("r0", code)]
    assert refusal(lambda: house.desk.client.fill(job, house.clerk)) == "not_granted"


def test_somebody_whose_keys_are_gone_is_named_by_reference(house: House) -> None:
    job = house.job()
    house.desk.client.forget(house.people[1], [KeyClass.IDENTITY], house.chief)
    checked = house.desk.client.grant(job, house.chief)
    assert [(fault.reference, fault.code) for fault in checked.faults] == [("r1", "keys_gone")]


def test_who_gets_nothing_and_who_has_no_payslip_is_not_paid(house: House) -> None:
    empty = house.desk.sealed("payslip.run/1", house.people[2], '{"refused": {"reason": "x"}}', row="slip-person-2")
    third = house.row(2)
    rows = [house.row(0), house.row(1, net=-1), FillRow("r2", [empty, *third.cells[1:]])]
    document = house.taken(house.job(rows=rows)).decode()
    assert "<NbOfTxs>1</NbOfTxs>" in document


def test_the_list_is_a_table_that_obeys_no_formula(house: House) -> None:
    row = house.row(0, label="person.brief/1")
    name = house.desk.sealed("person.name/1", house.people[0], '=HYPERLINK("http://x")')
    job = house.job("list", rows=[FillRow("r0", [*row.cells[:2], name]), house.row(1, label="person.brief/1")])
    lines = house.taken(job).decode("utf-8-sig").splitlines()
    assert lines[0] == "number,name,month,currency,earning,contribution,tax,recovery,net,basic,income_tax"
    assert lines[1].startswith("S-0,\"'=HYPERLINK")
    assert lines[2] == "S-1,Ann Example 1,2026-03,EUR,1050.01,0.00,-50.00,0.00,1000.01,1050.01,-50.00"


def test_the_journal_balances(house: House) -> None:
    rows = [line.split(",") for line in house.taken(house.job("journal")).decode("utf-8-sig").splitlines()]
    assert rows[1:] == [
        ["RUN-1", "2026-04-01", "2211", "0.00", "3000.03", "EUR"],
        ["RUN-1", "2026-04-01", "2221", "0.00", "150.00", "EUR"],
        ["RUN-1", "2026-04-01", "6600", "3150.03", "0.00", "EUR"],
        ["RUN-1", "2026-04-01", "", "3150.03", "3150.03", "EUR"],
    ]


def test_everybody_in_a_file_sees_that_they_were_in_it_and_no_cap_is_spent(house: House) -> None:
    house.taken(house.job())
    worker = house.desk.worker(house.people[0])
    seen = house.desk.client.looks(house.people[0], worker.ticket or "")
    assert ("clerk", "fill.bank") in {(look.actor, look.purpose) for look in seen}
    before = house.desk.client.usage(house.chief.ticket or "").rows
    house.desk.restart()
    after = house.desk.client.usage(house.chief.ticket or "").rows
    assert [row.day for row in after if row.actor == "clerk"] == [row.day for row in before if row.actor == "clerk"]


def test_a_payer_of_another_site_pays_nothing(house: House, refusal: Refusal) -> None:
    foreign = house.desk.sealed("pay.setup/1", "site-2", json.dumps(PAYER))
    assert refusal(lambda: house.desk.client.grant(house.job(payer=foreign), house.chief)) == "bad_request"
    for payer, code in ((None, "no_name"), ({**PAYER, "charset": "runes"}, "payer")):
        cell = None if payer is None else house.desk.sealed("pay.setup/1", SITE, json.dumps(payer))
        assert code in {fault.code for fault in house.desk.client.grant(house.job(payer=cell), house.chief).faults}
