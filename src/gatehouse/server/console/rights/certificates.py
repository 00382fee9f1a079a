"""A certificate of erasure to be read: on a page and as a PDF. What counts is the signed file beside it."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

import msgspec
from django.utils import translation
from django.utils.translation import gettext as _
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer

from gatehouse.keeper.protocol import KeyClass
from gatehouse.server.accounts.queries import handle_of
from gatehouse.server.console import saying, words_rights
from gatehouse.server.console.paper import HAN, font_of
from gatehouse.server.console.slip_pdf import BOLD, INK, LATIN, SOFT, register_fonts
from gatehouse.server.console.words import Text


@dataclass(frozen=True, slots=True)
class Shown:
    """What a certificate says, in words. `number` is on paper and from the file alike."""

    number: str
    at: datetime
    asked_by: str
    subject: str
    origin: str
    line: int
    destroyed: list[tuple[Text, Text]]
    stays: list[tuple[Text, Text, date, str]]


def shown(data: bytes) -> Shown:
    """Raises msgspec.MsgspecError, KeyError for another format."""
    facts: dict[str, Any] = msgspec.json.decode(data)["facts"]
    return Shown(
        number=hashlib.sha256(data).hexdigest()[:16],
        at=datetime.fromisoformat(facts["at"]),
        asked_by=handle_of(facts["asked_by"]),
        subject=facts["subject"],
        origin=facts["origin"],
        line=facts["log"]["place"] + 1,
        destroyed=[_destroyed(KeyClass(one["key"]), one["keys"]) for one in facts["destroyed"]],
        stays=[
            (
                words_rights.CLASSES[KeyClass(one["key"])][0],
                words_rights.HOLD_WHY[one["why"]],
                date.fromisoformat(one["until"]),
                one["reference"],
            )
            for one in facts["stays"]
        ],
    )


def _destroyed(key: KeyClass, keys: int) -> tuple[Text, Text]:
    name, what = words_rights.CLASSES[key]
    return name, what if keys else _("there was nothing any more")


def certificate_pdf(made: Shown, site: str) -> bytes:
    """One page, in the reader's language."""
    register_fonts()
    chinese = translation.get_language() == "zh-hans"
    heading, into = _("Certificate of erasure"), BytesIO()
    document = SimpleDocTemplate(
        into, pagesize=A4, title=heading, author=site, lang="zh-CN" if chinese else "en-GB",
        leftMargin=20 * mm, rightMargin=20 * mm,
    )  # fmt: skip
    plain = ParagraphStyle("plain", fontName=LATIN, fontSize=10, leading=15, textColor=INK)
    small = ParagraphStyle("small", parent=plain, fontSize=8, leading=12, textColor=SOFT)
    head = ParagraphStyle("head", parent=plain, fontName=BOLD, fontSize=16, leading=24)
    under = ParagraphStyle("under", parent=plain, fontName=BOLD, fontSize=11, leading=20)
    lines = [
        _text(heading, head),
        _text(f"{site} · {saying.moment(made.at)}", plain),
        _text(_("Person %(id)s, asked by %(by)s") % {"id": made.subject, "by": made.asked_by}, plain),
        Spacer(1, 6 * mm),
        _text(_("Destroyed, in every backup too"), under),
        *(_text(f"{name}: {what}", plain) for name, what in made.destroyed),
    ]
    if not made.destroyed:
        lines.append(_text(_("Nothing yet."), plain))
    if made.stays:
        lines.append(_text(_("Kept for now, and destroyed by itself"), under))
    for name, why, until, reference in made.stays:
        said = _("%(name)s until %(day)s: %(why)s") % {"name": name, "day": saying.day(until), "why": why}
        lines.append(_text(f"{said} {reference}".rstrip(), plain))
    lines += [
        Spacer(1, 8 * mm),
        _text(
            _("Number %(number)s. Line %(line)d of the log %(origin)s.")
            % {"number": made.number, "line": made.line, "origin": made.origin},
            small,
        ),
        _text(_("The signed file proves it: gatehouse audit certificate FILE"), small),
    ]
    document.build(lines)
    return into.getvalue()


def _text(said: object, style: ParagraphStyle) -> Paragraph:
    text = str(said)
    chosen = ParagraphStyle("han", parent=style, fontName=HAN) if font_of(text) == HAN else style
    return Paragraph(escape(text), chosen)
