"""A visitor's badge on paper: name, site, host, until when, and a pass that opens one door once and is known at the
assembly point for as long as the visit is kept. No photo."""

import io
from dataclasses import dataclass, field
from datetime import datetime

import segno
from django.utils.translation import gettext as _
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from gatehouse.server.console.paper import font_of
from gatehouse.server.console.saying import moment

WIDTH, HEIGHT = 105 * mm, 74 * mm  # A7, across: eight on a sheet of A4, or one on a label
_LEFT, _CODE = 7 * mm, 38 * mm
_ROOM = WIDTH - _CODE - 3 * _LEFT / 2  # for words, beside the code


@dataclass(frozen=True, slots=True)
class Badge:
    name: str = field(repr=False)
    site: str
    host: str
    ends: datetime
    text: str = field(repr=False)  # of the pass


def badge_pdf(badge: Badge) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(WIDTH, HEIGHT), invariant=True)
    canvas.setTitle(_("Visitor"))
    y = HEIGHT - 14 * mm
    _write(canvas, y, _("VISITOR"), 22, "-Bold", WIDTH - 2 * _LEFT)
    _write(canvas, y - 8 * mm, badge.site, 10, "", WIDTH - 2 * _LEFT)
    _write(canvas, y - 22 * mm, badge.name, 17, "-Bold", _ROOM)
    _write(canvas, y - 31 * mm, _("Host: %(host)s") % {"host": badge.host}, 10, "", _ROOM)
    _write(canvas, y - 38 * mm, _("Until %(time)s") % {"time": moment(badge.ends)}, 10, "", _ROOM)
    _write(canvas, y - 47 * mm, _("The code opens one door once."), 7, "", _ROOM)
    _write(canvas, y - 51 * mm, _("Give the badge back when you leave."), 7, "", _ROOM)
    _draw_code(canvas, badge.text)
    canvas.save()
    return out.getvalue()


def _write(canvas: Canvas, y: float, text: str, size: float, bold: str, room: float) -> None:
    """On one line: smaller where it is long, and cut where even that is too long."""
    font = font_of(text, bold)
    while size > 6 and canvas.stringWidth(text, font, size) > room:
        size -= 0.5
    while text and canvas.stringWidth(text, font, size) > room:
        text = text[:-1]
    canvas.setFont(font, size)
    canvas.drawString(_LEFT, y, text)


def _draw_code(canvas: Canvas, text: str) -> None:
    rows = [list(row) for row in segno.make(text, error="m", micro=False).matrix_iter(border=4)]
    side = _CODE / len(rows)
    left, top = WIDTH - _CODE - _LEFT / 2, 5 * mm + _CODE
    for down, row in enumerate(rows):
        for across, dark in enumerate(row):
            if dark:
                canvas.rect(left + across * side, top - (down + 1) * side, side, side, stroke=0, fill=1)
