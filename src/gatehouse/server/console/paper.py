"""The fonts of PDFs that are drawn line by line. Chinese comes through the font that every reader of PDF knows by name
(CID), so that none is embedded."""

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont

HAN = "STSong-Light"
_FIRST_WIDE = 0x2E80  # from here on characters are Han, kana or their punctuation

pdfmetrics.registerFont(UnicodeCIDFont(HAN))


def font_of(text: str, bold: str = "") -> str:
    """The font in which this text can be written; `bold` is "" or "-Bold", which Chinese does not have."""
    return HAN if any(ord(character) >= _FIRST_WIDE for character in text) else f"Helvetica{bold}"
