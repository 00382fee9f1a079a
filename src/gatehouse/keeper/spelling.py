"""How a name may be typed: Latin letters without their accents, Chinese characters as they are, as pinyin, or as the
first letters of it. All readings of a character count (单 is dan, chan and, as a name, shan): who types the right one
must find the person, and a needless hit is no more than one more look.

The readings are those of the library pypinyin, which carries its tables with it and asks nobody.
"""

import re
import unicodedata
from functools import lru_cache

from pypinyin import Style, pinyin

Part = frozenset[str]  # how one word, or one character, may be spelt: small letters and digits only

LEAST_LETTERS = 3  # of the beginning of a word or syllable
LEAST_INITIALS = 2
MOST_TYPED = 60  # more is nobody's name
# Letters that Unicode does not take apart into a letter and an accent, as people without them type them.
_STROKES = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"})
_LETTERS = re.compile(r"[^\W_]+")


def is_chinese(text: str) -> bool:
    """Whether there is a Chinese character in it (Unicode's CJK ideographs and their extensions)."""
    return any("\u3400" <= one <= "\u9fff" or "\uf900" <= one <= "\ufaff" or one >= "\U00020000" for one in text)


def without_accents(folded: str) -> str:
    """Makes "müller" to "muller" and "łoś" to "los", of text that is folded already; what has no accent stays."""
    apart = unicodedata.normalize("NFD", folded.translate(_STROKES))
    return "".join(one for one in apart if not unicodedata.combining(one))


@lru_cache(maxsize=30_000)
def readings(character: str) -> Part:
    """The pinyin of one character without tones, every reading of it; empty where none is known. ü may be typed as v
    or as u."""
    found = pinyin(character, style=Style.NORMAL, heteronym=True, errors="ignore")
    return frozenset(spelt for some in found for one in some for spelt in (one, one.replace("v", "u")) if spelt)


def parts(folded: str) -> tuple[Part, ...]:
    """A folded name, word by word, and character by character where it is Chinese."""
    found: list[Part] = []
    for word in _LETTERS.findall(without_accents(folded)):
        latin = ""
        for one in word:
            if is_chinese(one):
                found += [frozenset((latin,))] if latin else []
                latin = ""
                found.append(readings(one))
            else:
                latin += one
        found += [frozenset((latin,))] if latin else []
    return tuple(part for part in found if part)


def typed(folded: str) -> str:
    """What was typed as one run of letters: "Zhang San", "zhang-san" and "zhangsan" are the same."""
    return "".join(_LETTERS.findall(without_accents(folded)))


def begins(run: str, of: tuple[Part, ...]) -> bool:
    """Whether the run of letters is made of the beginnings of parts that follow each other, from any part on: "zha",
    "zhangs", "zs" and "san" all mean 张三. Two letters are initials only, fewer mean nobody."""
    if not LEAST_INITIALS <= len(run) <= MOST_TYPED:
        return False
    most = 1 if len(run) < LEAST_LETTERS else len(run)
    return any(_runs_on(run, of[start:], most) for start in range(len(of)))


def _runs_on(run: str, of: tuple[Part, ...], most: int) -> bool:
    """By the places in `run` that can be reached after each part, so that no name costs more than its length."""
    reached = {0}
    for part in of:
        reached = {
            place + length
            for place in reached
            for spelt in part
            for length in range(1, min(len(spelt), most, len(run) - place) + 1)
            if run.startswith(spelt[:length], place)
        }
        if len(run) in reached:
            return True
        if not reached:
            return False
    return False
