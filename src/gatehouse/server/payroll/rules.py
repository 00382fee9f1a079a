"""Which rulebook holds for whom: the site's own choice, else that of the contract's currency.

Books of this house lie in `rulebooks/`, an installation's own in HOME/server/rulebooks/NAME.toml, which goes before one
of the house with the same name. They are read once and again when their file changes.
"""

from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from gatehouse.domain.payroll import PayRules
from gatehouse.domain.rulebooks import Rulebook, RulebookError, rulebook
from gatehouse.server.payroll.models import PaySetup
from gatehouse.server.people.models import Site

_HOUSE = Path(__file__).parent / "rulebooks"
_BY_CURRENCY = {"CNY": "cn", "USD": "us"}
_PLAIN = "plain"
_read: dict[Path, tuple[int, Rulebook]] = {}


def _folders() -> tuple[Path, Path]:
    return settings.HOME / "server" / "rulebooks", _HOUSE


def _paths() -> dict[str, Path]:
    return {path.stem: path for folder in reversed(_folders()) for path in sorted(folder.glob("*.toml"))}


def book(name: str) -> Rulebook:
    """Raises RulebookError."""
    path = _paths().get(name)
    if path is None:
        raise RulebookError("bad_rulebook", f"there is no rulebook {name[:32]}", where="file")
    changed = path.stat().st_mtime_ns
    held = _read.get(path)
    if held is None or held[0] != changed:
        held = _read[path] = (changed, rulebook(path.read_text("utf-8")))
    return held[1]


def books() -> Iterator[tuple[str, Rulebook | RulebookError]]:
    """Every book by name, or what is wrong with it."""
    for name in sorted(_paths()):
        try:
            yield name, book(name)
        except RulebookError as fault:
            yield name, fault


def rules_for(site: Site, currency: str) -> PayRules:
    """Raises RulebookError where the site's own book is gone, damaged, or of another currency."""
    setup = PaySetup.objects.filter(pk=site.pk).first()
    chosen = setup.rulebook if setup else ""
    found = book(chosen or _BY_CURRENCY.get(currency, _PLAIN))
    if chosen and found.currency != currency:
        raise RulebookError("bad_rulebook", f"{chosen} is for {found.currency}, not {currency}", where="currency")
    return found.rules
