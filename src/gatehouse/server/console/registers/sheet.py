"""Printed lists: A4 landscape, a ruled table with its head on every page, in any language, built in memory only."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from gatehouse.server.console.paper import HAN, font_of
from gatehouse.server.console.slip_pdf import LATIN, register_fonts

_WIDE, _HIGH = (float(side) for side in landscape(A4))
_EDGE, _PAD, _TEXT, _SMALLEST = 30.0, 3.0, 8.0, 5.0
_TOP, _BOTTOM = _HIGH - 34, 40.0


@dataclass(frozen=True, slots=True)
class Column:
    """`share` of the width that is left; `right` for numbers."""

    head: str
    share: float
    right: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """One table that begins on a page of its own: `about` stands under the title, `sums` are rows in bold at the end,
    `foot` lines below the table. `row_height` is in points."""

    title: str
    about: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: Sequence[Sequence[str]]
    sums: Sequence[Sequence[str]] = ()
    foot: tuple[str, ...] = ()
    row_height: float = 16.0


def sheet_pdf(title: str, parts: Sequence[Part]) -> bytes:
    register_fonts()
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=landscape(A4), invariant=True)
    canvas.setTitle(title)
    for part in parts:
        _Painter(canvas, part).draw()
    canvas.save()
    return out.getvalue()


class _Painter:
    def __init__(self, canvas: Canvas, part: Part) -> None:
        self.canvas, self.part = canvas, part
        total = sum(column.share for column in part.columns)
        self.widths = [(_WIDE - 2 * _EDGE) * column.share / total for column in part.columns]
        self.y = _TOP

    def draw(self) -> None:
        self._head()
        for row in self.part.rows:
            self._row(row)
        for row in self.part.sums:
            self._row(row, bold=True)
        self.y -= 6
        for line in self.part.foot:
            self._need(13)
            self._text(_EDGE, self.y - 10, line, _TEXT, _WIDE - 2 * _EDGE)
            self.y -= 13
        self._end_page()

    def _head(self) -> None:
        self._text(_EDGE, self.y - 14, self.part.title, 15, _WIDE - 2 * _EDGE, bold=True)
        self.y -= 22
        for line in self.part.about:
            self._text(_EDGE, self.y - 10, line, 9, _WIDE - 2 * _EDGE)
            self.y -= 13
        self.y -= 5
        self._table_head()

    def _table_head(self) -> None:
        self.canvas.setFillGray(0.93)
        self.canvas.rect(_EDGE, self.y - 18, sum(self.widths), 18, stroke=0, fill=1)
        self.canvas.setFillGray(0)
        self._cells([column.head for column in self.part.columns], 18, bold=True)

    def _row(self, row: Sequence[str], *, bold: bool = False) -> None:
        self._need(self.part.row_height)
        self._cells(row, self.part.row_height, bold=bold)

    def _cells(self, texts: Sequence[str], height: float, *, bold: bool) -> None:
        self.canvas.setLineWidth(0.4)
        x = _EDGE
        for text, column, width in zip(texts, self.part.columns, self.widths, strict=True):
            self.canvas.rect(x, self.y - height, width, height, stroke=1, fill=0)
            base, room = self.y - height / 2 - _TEXT / 3, width - 2 * _PAD
            self._text(x + _PAD, base, text, _TEXT, room, bold=bold, right=column.right)
            x += width
        self.y -= height

    def _need(self, height: float) -> None:
        if self.y - height < _BOTTOM:
            self._end_page()
            self.y = _TOP
            self._table_head()

    def _end_page(self) -> None:
        self._text(_EDGE, 20, _("Page %(page)s") % {"page": self.canvas.getPageNumber()}, 7, 200)
        self.canvas.showPage()

    def _text(
        self, x: float, y: float, text: str, size: float, room: float, *, bold: bool = False, right: bool = False
    ) -> None:
        """In one line: smaller where it is too long, and cut where it is much too long."""
        text = clean(text)
        font = font_for(text, bold="-Bold" if bold else "")
        while size > _SMALLEST and pdfmetrics.stringWidth(text, font, size) > room:
            size -= 0.5
        while text and pdfmetrics.stringWidth(text, font, size) > room:
            text = text[:-2] + "…" if len(text) > 1 and text != "…" else ""
        self.canvas.setFont(font, size)
        if right:
            self.canvas.drawRightString(x + room, y, text)
        else:
            self.canvas.drawString(x, y, text)


def clean(text: str) -> str:
    """Without what the fonts lack: a minus sign, blanks that do not break, and what is no letter at all."""
    plain = text.replace("\N{MINUS SIGN}", "-")
    return "".join(" " if one.isspace() else one for one in plain if one.isprintable() or one.isspace())


def blanks(*words: str) -> str:
    """A line with room to write after each of these words."""
    return "     ".join(f"{word}: {'_' * 28}" for word in words)


def font_for(text: str, bold: str = "") -> str:
    """Chinese has its own font; what Helvetica cannot write stands in the one that travels with the file."""
    font = font_of(text, bold)
    if font == HAN:
        return font
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return LATIN
    return font
