"""The faces of plates: proportions from the published standards, and which form of each character they use.

Heights and widths are in millimetres of a full-size plate. Where a standard leaves the face to the maker
(US states, most of Europe), `forms` names several, and a drawn plate takes one of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from training.glyphs.hanzi import STROKES as HANZI
from training.glyphs.latin import FORGERY_PROOF, STROKES
from training.glyphs.paths import Pen, strokes_of

_NARROW = {"1": 0.5, "I": 0.3, "J": 0.85, "L": 0.9, "M": 1.1, "W": 1.15}


@dataclass(frozen=True)
class Face:
    """`forms` lists per character the forms in use (the first is usual); `widths` the width of a character
    as a share of `width`; `radius` the roundness of corners as a share of the width."""

    name: str
    width: float
    height: float
    stroke: float
    radius: float = 0.5
    oval: float = 1.0
    round_ends: bool = False
    forms: dict[str, tuple[str, ...]] = field(default_factory=dict)
    widths: dict[str, float] = field(default_factory=dict)
    proof: bool = False

    def glyph(self, character: str, choice: int = 0) -> str:
        """The strokes of a character; `choice` picks among its forms. Raises KeyError for an unknown one."""
        if character in HANZI:
            return HANZI[character]
        if self.proof:
            return FORGERY_PROOF[character]
        forms = self.forms.get(character, (character,))
        return STROKES[forms[choice % len(forms)]]

    def width_of(self, character: str) -> float:
        return self.width * (1.0 if character in HANZI else self.widths.get(character, 1.0))

    def pen(self, character: str, weight: float = 1.0, wider: float = 1.0) -> Pen:
        hanzi = character in HANZI
        width = self.width_of(character) * wider
        stroke = (_hanzi_stroke(HANZI[character]) if hanzi else self.stroke) * weight
        return Pen(
            width=max(width, stroke + 0.5),
            height=self.height,
            stroke=stroke,
            radius=self.radius * self.width * wider,
            oval=self.oval,
            round_ends=self.round_ends,
        )


def _hanzi_stroke(glyph: str) -> float:
    """Millimetres at 90 mm height: the more lines, the finer, or they run into one another."""
    lines = sum(len(stroke.points) - (not stroke.closed) for stroke in strokes_of(glyph))
    return 6.4 if lines <= 10 else 5.3 if lines <= 16 else 4.8


_US_FORMS = {
    "0": ("0", "0", "0", "0.slash"),
    "1": ("1.bar", "1", "1.foot"),
    "2": ("2", "2.arch"),
    "3": ("3", "3.flat"),
    "4": ("4", "4.low", "4.open"),
    "6": ("6", "6.stem"),
    "7": ("7", "7.bent"),
    "9": ("9", "9.stem"),
    "A": ("A", "A.flat", "A.arch"),
    "G": ("G", "G.spur"),
    "I": ("I", "I.serif"),
    "J": ("J", "J.serif"),
    "K": ("K", "K.meet"),
    "M": ("M", "M.deep"),
    "Q": ("Q", "Q.cross"),
    "W": ("W", "W.high"),
}
_SANS_FORMS = {
    "1": ("1", "1.bar", "1.foot"),
    "2": ("2", "2.arch"),
    "3": ("3", "3", "3.flat"),
    "4": ("4", "4.open", "4.low"),
    "5": ("5", "5.square"),
    "6": ("6", "6.stem", "6.open"),
    "7": ("7", "7.bent", "7.hook"),
    "8": ("8", "8.even"),
    "9": ("9", "9.stem", "9.open"),
    "A": ("A", "A.flat"),
    "G": ("G", "G.spur"),
    "I": ("I", "I.serif", "I"),
    "J": ("J", "J.serif"),
    "K": ("K", "K.meet"),
    "M": ("M", "M.deep", "M.slant"),
    "Q": ("Q", "Q.cross"),
    "R": ("R", "R.straight"),
    "W": ("W", "W.high"),
}
_CN_FORMS = {
    "1": ("1", "1.bar"),
    "4": ("4",),
    "6": ("6", "6.stem"),
    "9": ("9", "9.stem"),
    "J": ("J.serif", "J"),
    "K": ("K.meet", "K"),
    "M": ("M", "M.deep"),
    "G": ("G", "G.spur"),
    "W": ("W", "W.high"),
    "R": ("R", "R.straight"),
}

FACES = {
    face.name: face
    for face in (
        # GA 36: 45 x 90 mm, every character in the same box.
        Face("cn", 45, 90, 9.6, 0.48, 1.25, forms=_CN_FORMS, widths={"1": 0.55, "I": 0.3}),
        # FZV Annex 4, medium and narrow: 75 mm high, 47.5 / 44.5 and 40.5 / 38.5 mm wide.
        Face("fe", 46.5, 75, 10.6, 0.4, 1.15, proof=True, widths={"1": 0.85, "I": 0.85}),
        Face("fe-narrow", 39.5, 75, 10.0, 0.42, 1.3, proof=True, widths={"1": 0.85, "I": 0.85}),
        # DIN 1451: the older German face, kept by many countries.
        Face("din", 44, 75, 10.4, 0.5, 1.2, forms=_SANS_FORMS, widths=_NARROW),
        Face("sans", 48, 78, 11, 0.5, 1.3, forms=_SANS_FORMS, widths=_NARROW),
        Face("sans-light", 46, 80, 8.6, 0.46, 1.15, forms=_SANS_FORMS, widths=_NARROW),
        Face("soft", 45, 77, 10, 0.45, 1.0, True, forms=_SANS_FORMS, widths=_NARROW),
        # BS AU 145e, Charles Wright: 50 x 79 mm, stroke 14 mm.
        Face("gb", 50, 79, 14, 0.5, 1.5, forms={"1": ("1.bar",), "G": ("G.spur",)}, widths={"1": 0.29, "I": 0.29}),
        # US: pressed, narrow, soft ends; 63 to 70 mm high in most states.
        Face("us", 32, 66, 8.2, 0.46, 1.35, True, forms=_US_FORMS, widths={"1": 0.55, "I": 0.5, "M": 1.12, "W": 1.12}),
        Face("us-square", 33, 66, 8.0, 0.28, 1.0, True, forms=_US_FORMS, widths={"1": 0.6, "I": 0.5}),
        Face("us-flat", 34, 68, 9.4, 0.5, 1.3, forms=_US_FORMS, widths={"1": 0.55, "I": 0.35, "M": 1.15, "W": 1.2}),
        # Resolução CONTRAN 231: 63 mm high.
        Face("br", 40, 63, 8.8, 0.5, 1.15, forms=_SANS_FORMS, widths=_NARROW),
    )
}
