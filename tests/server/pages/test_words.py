"""Every code has words, every word has its translation, and every colour its contrast."""

import io
import re
from pathlib import Path

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.utils import translation

from gatehouse.domain.decisions import Reason
from gatehouse.domain.money import Money
from gatehouse.domain.performance import Measure
from gatehouse.domain.reckoning import Flag, Rule
from gatehouse.domain.sightings import Means
from gatehouse.keeper.protocol import Budget, Role
from gatehouse.server import jobs, silence
from gatehouse.server.console import saying, words, words_work
from gatehouse.server.console.trust import BUDGETS
from gatehouse.server.gates.records import ALARMING

SERVER = Path(__file__).parents[3] / "src" / "gatehouse" / "server"
PO = SERVER / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
TOKENS = SERVER / "console" / "static" / "gatehouse" / "tokens.css"


@pytest.mark.parametrize(
    ("codes", "table"),
    [
        (Reason, words.REASONS),
        (Means, words.MEANS),
        (Role, words.ROLES),
        (Flag, words.FLAGS),
        (Rule, words_work.STEPS),
        (Measure, words_work.MEASURES),
        (Budget, BUDGETS),
        (ALARMING, words.EVENTS),
        ([silence.FAULT, "quarantine", *jobs.ALARMS.values(), jobs.OTHER_ALARM], words.EVENTS),
    ],
)
def test_every_code_has_words(codes, table) -> None:
    assert [code for code in codes if code not in table] == []


def _catalog():
    with PO.open("rb") as file:
        return [message for message in read_po(file) if message.id]


def test_every_text_is_translated() -> None:
    said = _catalog()
    assert len(said) > 500
    bare = [m.id for m in said if m.fuzzy or not (all(m.string) if isinstance(m.string, tuple) else m.string)]
    assert bare == []


def test_no_text_goes_by_a_name_that_translators_do_not_collect() -> None:
    known = re.compile(r"\bgettext(?:_lazy)? as (?!_\b)")
    assert [file.name for file in SERVER.rglob("*.py") if known.search(file.read_text("utf-8"))] == []


def test_a_translation_keeps_what_is_filled_in() -> None:
    for message in _catalog():
        source = message.id[-1] if isinstance(message.id, tuple) else message.id
        target = message.string[-1] if isinstance(message.string, tuple) else message.string
        assert set(re.findall(r"%\(\w+\)[sd]", target)) == set(re.findall(r"%\(\w+\)[sd]", source)), source


def test_the_compiled_words_are_those_of_the_source() -> None:
    compiled = io.BytesIO()
    with PO.open("rb") as file:
        write_mo(compiled, read_po(file))
    assert PO.with_suffix(".mo").read_bytes() == compiled.getvalue(), "run: make translations"


@pytest.mark.parametrize(
    ("minor", "currency", "language", "said"),
    [
        (1250, "CNY", "en", "¥12.50"), (1250, "CNY", "zh-hans", "¥12.50"), (-1250, "CNY", "en", "−¥12.50"),
        (7, "EUR", "en", "€0.07"), (500, "JPY", "en", "JP¥500"), (1_234_567, "USD", "en", "US$12,345.67"),
    ],
)  # fmt: skip
def test_money_is_said_in_the_local_form(minor, currency, language, said) -> None:
    with translation.override(language):
        assert saying.money(Money(minor, currency)) == said


# --- contrast: WCAG 2.2, 1.4.3 and 1.4.11 ------------------------------------------------------------------------


def _schemes() -> dict[str, dict[str, str]]:
    light, dark = TOKENS.read_text("utf-8").split("@media (prefers-color-scheme: dark)")
    first = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", light))
    return {"light": first, "dark": first | dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", dark))}


def _luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


GROUNDS = ("paper", "card", "sunk")
TEXT = [(ink, ground) for ink in ("ink", "soft", "accent", "accent-deep") for ground in GROUNDS]
TEXT += [(tone, f"{tone}-soft") for tone in ("good", "warn", "stop", "off")]
TEXT += [("ink", f"{tone}-soft") for tone in ("good", "warn", "stop")]
TEXT += [("soft", f"{tone}-soft") for tone in ("good", "warn", "stop")]
TEXT += [("on-accent", "accent"), ("on-accent", "accent-deep"), ("accent-deep", "accent-soft"), ("stop", "card")]
SHAPES = [(line, ground) for line in ("edge", "focus", "good", "warn", "stop") for ground in ("paper", "card")]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT)
def test_text_can_be_read_on_its_ground(scheme, ink, ground) -> None:
    colours = _schemes()[scheme]
    assert _contrast(colours[ink], colours[ground]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("line", "ground"), SHAPES)
def test_shapes_and_focus_can_be_seen(scheme, line, ground) -> None:
    colours = _schemes()[scheme]
    assert _contrast(colours[line], colours[ground]) >= 3


def test_every_purpose_of_a_look_is_told_in_words() -> None:
    """Whoever was looked at reads it on their own page."""
    found: set[str] = set()
    for file in SERVER.rglob("*.py"):
        text = file.read_text("utf-8")
        found |= set(re.findall(r'authority,\s+"([a-z_.]+)"', text)) | set(re.findall(r'^PURPOSE = "(.+)"', text, re.M))
    assert len(found) > 15
    assert found - set(words.PURPOSES) == set()
