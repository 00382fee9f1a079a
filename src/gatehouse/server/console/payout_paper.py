"""A statement on paper: an A4 page or more, in the reader's language."""

import io
from collections.abc import Sequence
from datetime import date

from django.utils.translation import gettext as _
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from gatehouse.domain.money import Money
from gatehouse.server.console import saying
from gatehouse.server.console.paper import HAN
from gatehouse.server.console.words_takings import PAYOUT_STATES
from gatehouse.server.takings.models import PayoutStatement

_LEFT, _RIGHT, _TOP, _BOTTOM = 56, float(A4[0]) - 56, float(A4[1]) - 64, 72
_LINE = 18


def paper(row: PayoutStatement, lines: Sequence[dict[str, object]]) -> bytes:
    """`lines` as the page shows them: garage, said, amount."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=True)
    title = _("Statement for %(month)s") % {"month": saying.month(date.fromisoformat(f"{row.month}-01"))}
    canvas.setTitle(title)
    y = _head(canvas, row, title)
    garage = ""
    for line in lines:
        if line["garage"] != garage:
            garage = str(line["garage"])
            y = _next(canvas, y - 6)
            _write(canvas, _LEFT, y, garage, 11, bold=True)
        y = _next(canvas, y)
        amount = line["amount"]
        assert isinstance(amount, Money)
        _write(canvas, _LEFT + 12, y, str(line["said"]), 10)
        _write_right(canvas, y, saying.money(amount), 10)
    y = _next(canvas, y - 6)
    canvas.line(_LEFT, y + 14, _RIGHT, y + 14)
    _write(canvas, _LEFT, y, _("Payout"), 12, bold=True)
    _write_right(canvas, y, saying.money(Money(row.payout_minor, row.currency)), 12, bold=True)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def _head(canvas: Canvas, row: PayoutStatement, title: str) -> float:
    _write(canvas, _LEFT, _TOP, title, 18, bold=True)
    _write(canvas, _LEFT, _TOP - 26, row.proprietor.name, 12)
    state = str(PAYOUT_STATES[row.state][0])
    said = _("%(state)s · paid on %(day)s") % {"state": state, "day": row.paid_on} if row.paid_on else state
    _write(canvas, _LEFT, _TOP - 44, f"{said} · {row.currency} · {row.pk}", 8)
    return _TOP - 60


def _next(canvas: Canvas, y: float) -> float:
    if y - _LINE < _BOTTOM:
        canvas.showPage()
        return _TOP
    return y - _LINE


def _font(text: str, *, bold: bool) -> str:
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return HAN
    return "Helvetica-Bold" if bold else "Helvetica"


def _clean(text: str) -> str:
    return text.replace("\N{MINUS SIGN}", "-").replace("\N{NO-BREAK SPACE}", " ")


def _write(canvas: Canvas, x: float, y: float, text: str, size: int, *, bold: bool = False) -> None:
    canvas.setFont(_font(_clean(text), bold=bold), size)
    canvas.drawString(x, y, _clean(text))


def _write_right(canvas: Canvas, y: float, text: str, size: int, *, bold: bool = False) -> None:
    canvas.setFont(_font(_clean(text), bold=bold), size)
    canvas.drawRightString(_RIGHT, y, _clean(text))
