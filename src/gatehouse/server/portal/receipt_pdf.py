"""A receipt on paper: A4, one page, in the reader's language. Chinese comes through the fonts that every reader of PDF
has (CID), so that none is embedded."""

import io
from collections.abc import Mapping, Sequence
from datetime import timedelta

from django.utils.translation import gettext as _
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from gatehouse.domain.money import Money
from gatehouse.domain.parking_lines import Line, LineKind
from gatehouse.server.console.paper import font_of
from gatehouse.server.console.saying import exact, money
from gatehouse.server.console.words_parking import price_line
from gatehouse.server.parking.facts import BooksLine
from gatehouse.server.parking.models import Garage
from gatehouse.server.parking.receipts import ReceiptFacts

_LEFT, _RIGHT, _TOP = 25 * mm, A4[0] - 25 * mm, A4[1] - 30 * mm
_LEAST_Y = 30 * mm


class _Page:
    """A canvas that is written from the top down."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas
        self.y = _TOP

    def text(self, left: str, right: str = "", *, size: float = 11, bold: str = "", gap: float = 6.5) -> None:
        if self.y < _LEAST_Y:
            self.canvas.showPage()
            self.y = _TOP
        for said, x, draw in ((left, _LEFT, self.canvas.drawString), (right, _RIGHT, self.canvas.drawRightString)):
            shown = said.replace("\N{MINUS SIGN}", "-")
            self.canvas.setFont(font_of(shown, bold), size)
            draw(x, self.y, shown)
        self.y -= gap * mm

    def rule(self) -> None:
        self.canvas.setLineWidth(0.5)
        self.canvas.line(_LEFT, self.y + 2 * mm, _RIGHT, self.y + 2 * mm)
        self.y -= 4 * mm


def receipt_pdf(
    garage: Garage, facts: ReceiptFacts, number: str, refunds: Sequence[Mapping[str, object]] = ()
) -> bytes:
    """`refunds` have an `amount` and where it stands (`said`). No plate and no name stand on it: whoever has it may
    hand it to anybody."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=True)
    canvas.setTitle(number)
    canvas.setAuthor(garage.name)
    page = _Page(canvas)
    page.text(_("Receipt"), number, size=20, bold="-Bold", gap=11)
    page.text(garage.name, garage.site.name, gap=9)
    page.rule()
    if facts.entered_at is not None:
        page.text(_("Entered"), exact(facts.entered_at))
    page.text(_("Paid"), exact(facts.paid_at), gap=9)
    page.rule()
    _lines(page, facts)
    page.rule()
    page.text(_("Paid"), money(facts.amount), size=15, bold="-Bold", gap=8)
    if facts.tax_minor is not None:
        page.text(_("Tax held in it"), money(Money(facts.tax_minor, facts.currency)))
    if facts.excess_minor:
        page.text(_("Beyond what was owed; is paid back"), money(Money(-facts.excess_minor, facts.currency)))
    for one in refunds:
        amount = one["amount"]
        assert isinstance(amount, Money)
        page.text(_("Paid back") + f"  ({one['said']})", money(-amount))
    canvas.save()
    return out.getvalue()


def _lines(page: _Page, facts: ReceiptFacts) -> None:
    if not facts.lines:
        page.text(_("Parking"), money(facts.amount))
        return
    for line in facts.lines:
        said = price_line(_as_line(line, facts.currency))
        page.text(f"{said.what}  ({said.note})" if said.note else said.what, money(said.amount))
    page.text(_("Total"), money(Money(facts.total_minor, facts.currency)), bold="-Bold")
    if facts.before_minor:
        page.text(_("Paid before"), money(Money(-facts.before_minor, facts.currency)))


def _as_line(line: BooksLine, currency: str) -> Line:
    return Line(LineKind(line.kind), line.params, timedelta(seconds=line.covered_s), Money(line.minor, currency))
