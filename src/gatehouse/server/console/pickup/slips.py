"""A late slip on paper: who, to which class, at what time, why. A7, as a label printer or a strip of A4 takes it."""

import io
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from gatehouse.server.console import saying
from gatehouse.server.console.paper import font_of

WIDTH, HEIGHT = 105 * mm, 74 * mm
_LEFT = 7 * mm


@dataclass(frozen=True, slots=True)
class Slip:
    name: str = field(repr=False)
    site: str
    to: str
    at: datetime  # on the school's wall
    why: str = field(repr=False)


def slip_pdf(slip: Slip) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(WIDTH, HEIGHT), invariant=True)
    canvas.setTitle(_("Late slip"))
    day = saying.date_full(slip.at.date())
    rows = (
        (_("LATE SLIP"), 20.0, "-Bold", 14),
        (slip.site, 10.0, "", 8),
        (slip.name, 16.0, "-Bold", 13),
        (_("To class: %(class)s") % {"class": slip.to or "…"}, 12.0, "", 8),
        (_("Came at %(time)s on %(day)s") % {"time": f"{slip.at:%H:%M}", "day": day}, 12.0, "", 8),
        (_("Reason: %(why)s") % {"why": slip.why or _("none given")}, 11.0, "", 12),
        (_("Please let them join the lesson."), 9.0, "", 6),
    )
    y = HEIGHT
    for text, size, bold, step in rows:
        y -= step * mm
        _write(canvas, y, text, size, bold)
    canvas.save()
    return out.getvalue()


def _write(canvas: Canvas, y: float, text: str, size: float, bold: str) -> None:
    """On one line: smaller where it is long, and cut where even that is too long."""
    font, room = font_of(text, bold), WIDTH - 2 * _LEFT
    while size > 6 and canvas.stringWidth(text, font, size) > room:
        size -= 0.5
    while text and canvas.stringWidth(text, font, size) > room:
        text = text[:-1]
    canvas.setFont(font, size)
    canvas.drawString(_LEFT, y, text)
