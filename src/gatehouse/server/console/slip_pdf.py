"""A payslip as a PDF, in the reader's language, built in memory and kept nowhere.

Latin letters are set in a font that travels with the file; Chinese ones name Adobe's standard font for simplified
Chinese, which every reader of PDF brings.
"""

import re
from io import BytesIO
from pathlib import Path
from xml.sax.saxutils import escape

import reportlab
from django.utils import translation
from django.utils.translation import gettext as _
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from gatehouse.domain.money import Money
from gatehouse.server.console import saying
from gatehouse.server.console.paper import HAN
from gatehouse.server.console.slips import Slip

LATIN, BOLD = "GatehouseSans", "GatehouseSansBold"
_HAN = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f]+")
_FONTS = Path(reportlab.__file__).parent / "fonts"
_ALIGN_RIGHT = 2
INK, SOFT, LINE = colors.HexColor("#1b1f24"), colors.HexColor("#5a6270"), colors.HexColor("#c9ced6")


def register_fonts() -> None:
    if LATIN not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont(LATIN, str(_FONTS / "Vera.ttf")))
        pdfmetrics.registerFont(TTFont(BOLD, str(_FONTS / "VeraBd.ttf")))


def payslip_pdf(slip: Slip, *, heading: str, person: str, number: str, site: str) -> bytes:
    """One page or more. `heading` says what it is and of when; names are put in as they are."""
    register_fonts()
    into = BytesIO()
    chinese = translation.get_language() == "zh-hans"
    document = SimpleDocTemplate(
        into,
        pagesize=A4,
        title=heading,
        author=site,
        lang="zh-CN" if chinese else "en-GB",
        leftMargin=18 * mm,
        rightMargin=18 * mm,
    )
    plain = ParagraphStyle("plain", fontName=LATIN, fontSize=9.5, leading=13, textColor=INK)
    small = ParagraphStyle("small", parent=plain, fontSize=7.5, leading=10, textColor=SOFT)
    large = ParagraphStyle("large", parent=plain, fontName=BOLD, fontSize=16, leading=21)
    right = ParagraphStyle("right", parent=plain, alignment=_ALIGN_RIGHT)
    caption = ParagraphStyle("caption", parent=small, alignment=_ALIGN_RIGHT)
    total = ParagraphStyle("total", parent=right, fontName=BOLD)
    strong = ParagraphStyle("strong", parent=plain, fontName=BOLD)
    rows: list[list[object]] = [[Paragraph(_set(_("Line")), small), Paragraph(_set(_("Amount")), caption)]]
    for line in slip.lines:
        what = [Paragraph(_set(line.what), plain)]
        if line.why:
            what.append(Paragraph(_set(line.why), small))
        rows.append([what, Paragraph(_set(saying.money(line.amount)), right)])
    said = _("It would be") if slip.without else _("Paid out")
    rows.append([Paragraph(_set(said), strong), Paragraph(_set(_money(slip.net)), total)])
    table = Table(rows, colWidths=[120 * mm, 49 * mm], repeatRows=1, hAlign="LEFT")
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LINEBELOW", (0, 0), (-1, -2), 0.4, LINE),
                ("LINEABOVE", (0, -1), (-1, -1), 1, INK),
                ("LEFTPADDING", (0, 0), (0, -1), 0),
                ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
            ]
        )
    )
    story = [
        Paragraph(_set(heading), large),
        Paragraph(_set(f"{person} · {number} · {site}"), plain),
        Spacer(1, 6 * mm),
    ]
    if slip.draft:
        story.append(Paragraph(_set(_("Draft: nothing is paid from it yet")), strong))
    if slip.without:
        none = _("There is no payslip for this month")
        story.append(Paragraph(_set(f"{none}: {slip.without}"), strong))
    story += [table, Spacer(1, 6 * mm), Paragraph(_set(_("Every line says what it was reckoned from.")), small)]
    document.build(story)
    return into.getvalue()


def _money(amount: Money | None) -> str:
    return "–" if amount is None else saying.money(amount)


def _set(text: object) -> str:
    """Markup of a text in two fonts; what is markup in the text itself is shown, never obeyed."""
    return _HAN.sub(lambda found: f'<font name="{HAN}">{found[0]}</font>', escape(str(text)))
