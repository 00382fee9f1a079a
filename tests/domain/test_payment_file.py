"""Salary payments for a bank: the document keeps the schema's rules, and what could not is refused first."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatehouse.domain.bank_accounts import IBAN_LENGTHS, is_bic, is_iban
from gatehouse.domain.money import Money
from gatehouse.domain.payment_file import (
    NAMESPACE,
    Charset,
    Order,
    Party,
    Payment,
    PaymentError,
    faults,
    fold,
    pain001,
)
from gatehouse.domain.payment_rules import broken_rules

GOOD = "DE89370400440532013000"
PAYER = Party("North & Sons", GOOD, "COBADEFFXXX")
ANNA = Payment("S-1-2026-03", Party("Anna Example", "FR14 2004 1010 0505 0001 3M02 606"), Money(12_345, "EUR"), "Pay")
ORDER = Order("RUN-2026-03-1", datetime(2026, 3, 31, 8, tzinfo=UTC), date(2026, 4, 1), PAYER, (ANNA,))
NS = {"p": NAMESPACE}


def paying(**other) -> Order:
    return replace(ORDER, payments=(replace(ANNA, **other),))


def text(document: bytes, path: str) -> str:
    found = fromstring(document).find(path, NS)
    assert found is not None, path
    return found.text or ""


class TestAccounts:
    @pytest.mark.parametrize(
        "iban",
        # Examples of the IBAN registry.
        [GOOD, "GB29NWBK60161331926819", "FR1420041010050500013M02606", "NO9386011117947",
         "MT84MALT011000012345MTLCAST001S", "NL91ABNA0417164300", "CH9300762011623852957",
         "SA0380000000608010167519", "gb29 nwbk 6016 1331 9268 19"],
    )  # fmt: skip
    def test_the_registrys_examples_hold(self, iban):
        assert is_iban(iban)

    @pytest.mark.parametrize("place", range(2, len(GOOD)))
    def test_one_wrong_digit_is_seen(self, place):
        wrong = str((int(GOOD[place]) + 1) % 10)
        assert not is_iban(GOOD[:place] + wrong + GOOD[place + 1 :])

    @pytest.mark.parametrize("place", range(4, len(GOOD) - 1))
    def test_two_digits_the_wrong_way_round_are_seen(self, place):
        a, b = GOOD[place], GOOD[place + 1]
        assert a == b or not is_iban(GOOD[:place] + b + a + GOOD[place + 2 :])

    @pytest.mark.parametrize("iban", ["", "DE", GOOD[:-1], GOOD + "0", "XX" + GOOD[2:], "DE８" + GOOD[3:], "\0"])
    def test_what_is_no_iban(self, iban):
        assert not is_iban(iban)

    def test_lengths_are_of_countries(self):
        assert len(IBAN_LENGTHS) > 75
        assert all(15 <= length <= 34 for length in IBAN_LENGTHS.values())
        assert [is_bic(bic) for bic in ("COBADEFF", "COBADEFFXXX", "COBADEFFX", "cobadeff", "")] == [
            True, True, False, False, False,
        ]  # fmt: skip


class TestDocument:
    def test_it_keeps_every_rule_of_the_schema(self):
        assert broken_rules(pain001(ORDER)) == ()

    def test_counts_and_sums_are_those_of_the_payments(self):
        many = tuple(replace(ANNA, reference=f"R{n}", amount=Money(100 + n, "EUR")) for n in range(50))
        document = pain001(replace(ORDER, payments=many))
        for path in ("GrpHdr", "PmtInf"):
            assert text(document, f".//p:{path}/p:NbOfTxs") == "50"
            assert text(document, f".//p:{path}/p:CtrlSum") == "62.25"
        assert broken_rules(document) == ()

    def test_accents_are_folded_and_markup_is_text(self):
        named = Party("Łukasz Müller-Ørsted", ANNA.to.account)
        document = pain001(paying(to=named, text="<b>Straße</b>".replace("<", "(").replace(">", ")")))
        assert text(document, ".//p:Cdtr/p:Nm") == "Lukasz Muller-Orsted"
        assert text(document, ".//p:Ustrd") == "(b)Strasse(/b)"

    def test_a_chinese_name_needs_a_bank_that_reads_it(self):
        wang = Party("王小明", "6222020200112233445")
        order = replace(paying(to=wang, amount=Money(500_000, "CNY")), payer=replace(PAYER, account="110060149300"))
        assert {(f.reference, f.code) for f in faults(order)} == {
            ("", "bad_account"), ("S-1-2026-03", "charset"), ("S-1-2026-03", "bad_account"),
        }  # fmt: skip
        document = pain001(replace(order, charset=Charset.ANY))
        assert text(document, ".//p:Cdtr/p:Nm") == "王小明"
        assert text(document, ".//p:CdtrAcct/p:Id/p:Othr/p:Id") == "6222020200112233445"
        assert broken_rules(document) == ()

    def test_a_currency_without_cents_has_none(self):
        document = pain001(replace(paying(amount=Money(1_234, "JPY"))))
        assert text(document, ".//p:InstdAmt") == "1234"
        assert broken_rules(document) == ()

    @pytest.mark.parametrize(
        ("order", "code"),
        [
            (replace(ORDER, payments=()), "no_payments"),
            (replace(ORDER, id=""), "bad_id"),
            (replace(ORDER, id="x" * 36), "bad_id"),
            (replace(ORDER, payments=(ANNA, ANNA)), "same_reference"),
            (replace(ORDER, payments=(ANNA, replace(ANNA, reference="R2", amount=Money(1, "USD")))), "currencies"),
            (paying(reference="Ann Ä"), "bad_id"),
            (paying(amount=Money(0, "EUR")), "not_above_nought"),
            (paying(amount=Money(-1, "EUR")), "not_above_nought"),
            (paying(amount=Money(10**12, "EUR")), "too_large"),
            (paying(to=Party("", GOOD)), "no_name"),
            (paying(to=Party("Ann\0", GOOD)), "charset"),
            (paying(to=Party("Ann", "DE88370400440532013000")), "bad_iban"),
            (paying(to=Party("Ann", "12345")), "bad_account"),
            (paying(to=Party("Ann", GOOD, "WRONG")), "bad_bic"),
            (paying(text="薪"), "charset"),
        ],
    )
    def test_what_can_not_be_written_is_refused_whole(self, order, code):
        assert code in {fault.code for fault in faults(order)}
        with pytest.raises(PaymentError):
            pain001(order)

    @pytest.mark.parametrize(
        ("old", "new", "said"),
        [
            (b"<NbOfTxs>1<", b"<NbOfTxs>2<", "NbOfTxs"),
            (b"<CtrlSum>123.45<", b"<CtrlSum>123.46<", "CtrlSum"),
            (b"<PmtMtd>TRF</PmtMtd>", b"", "PmtMtd"),
            (b"<PmtMtd>TRF<", b"<PmtMtd>CHK<", "PmtMtd"),
            (b"<IBAN>FR14", b"<IBAN>FR15", "check digits"),
            (b"<MsgId>RUN", b"<MsgId>" + b"R" * 40, "Max35Text"),
            (b"<Cd>SALA", b"<Cd>SALARY", "Max4Text"),
            (b"<Dt>2026-04-01<", b"<Dt>tomorrow<", "ISODate"),
            (b' Ccy="EUR"', b"", "InstdAmt"),
            (b"<Purp>", b"<Odd/><Purp>", "not allowed"),
            (b"</Document>", b"", "no XML"),
            (b"pain.001.001.09", b"pain.001.001.03", "not of this schema"),
            (b"<BICFI>COBADEFFXXX", b"<BICFI>COBA", "Bic"),
            (b"<InstdAmt Ccy=\"EUR\">123.45", b"<InstdAmt Ccy=\"EUR\">-1", "InstdAmt"),
        ],
    )  # fmt: skip
    def test_a_document_that_breaks_a_rule_is_seen(self, old, new, said):
        document = pain001(ORDER)
        assert old in document
        assert said in " ".join(broken_rules(document.replace(old, new)))


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200), st.text(max_size=200), st.integers(-5, 10**13))
def test_whatever_is_typed_the_order_is_refused_or_the_document_keeps_the_rules(name, note, minor):
    for charset in Charset:
        order = replace(paying(to=Party(name, GOOD), text=note, amount=Money(minor, "EUR")), charset=charset)
        if not faults(order):
            assert broken_rules(pain001(order)) == ()
            assert fold(name, charset)
