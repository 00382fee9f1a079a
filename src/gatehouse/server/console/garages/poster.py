"""One A4 page with a QR code that is read from two metres: a heading, the place, the code, what to do."""

import io
from dataclasses import dataclass
from xml.sax.saxutils import escape

import segno
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from gatehouse.server.console.paper import font_of

_CODE = 130 * mm
_WIDTH = A4[0] - 40 * mm


@dataclass(frozen=True, slots=True)
class Poster:
    heading: str
    place: str
    how: str
    address: str

    @property
    def modules(self) -> list[bytearray]:
        """Dark and light, without a border."""
        return [bytearray(row) for row in segno.make(self.address, error="q", micro=False).matrix]


def as_pdf(poster: Poster) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=True)
    canvas.setTitle(poster.place)
    middle = A4[0] / 2
    _line(canvas, poster.heading, 40, A4[1] - 45 * mm, "-Bold")
    _line(canvas, poster.place, 24, A4[1] - 62 * mm)
    rows = poster.modules
    side, left, top = _CODE / len(rows), middle - _CODE / 2, A4[1] - 78 * mm
    for down, row in enumerate(rows):
        for across, dark in enumerate(row):
            if dark:
                # A hair wider than the module: readers of PDF else draw light seams between them.
                canvas.rect(left + across * side, top - (down + 1) * side, side + 0.1, side + 0.1, stroke=0, fill=1)
    _line(canvas, poster.how, 18, top - _CODE - 18 * mm)
    _line(canvas, poster.address, 9, 18 * mm)
    canvas.save()
    return out.getvalue()


def _line(canvas: Canvas, said: str, size: float, y: float, bold: str = "") -> None:
    """In the middle, and made smaller until it fits."""
    font = font_of(said, bold)
    while size > 8 and pdfmetrics.stringWidth(said, font, size) > _WIDTH:
        size -= 1
    canvas.setFont(font, size)
    canvas.drawCentredString(A4[0] / 2, y, said)


def as_svg(poster: Poster) -> bytes:
    """For whoever lays out a sign of their own: the same page as a drawing, its texts as text."""
    rows = poster.modules
    wide = len(rows) + 8
    path = "".join(
        f"M{across + 4} {down + 16}h1v1h-1z" for down, row in enumerate(rows) for across, dark in enumerate(row) if dark
    )
    texts = ((4, 7, poster.heading, "bold"), (2.4, 12, poster.place, "normal"), (1.5, wide + 15, poster.how, "normal"))
    said = "".join(
        f'<text x="{wide / 2}" y="{y}" font-size="{size}" font-weight="{weight}" text-anchor="middle" '
        f'font-family="sans-serif">{escape(text)}</text>'
        for size, y, text, weight in texts
    )
    drawn = f'<rect width="{wide}" height="{wide + 20}" fill="#fff"/><path d="{path}"/>{said}'
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {wide + 20}">{drawn}</svg>'.encode()
