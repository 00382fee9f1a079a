"""Times, minutes and dates as people type them into the forms of planning. What cannot be meant is said by field."""

import re
from collections.abc import Collection
from datetime import date, time

from django.http import QueryDict
from django.utils.translation import gettext as _

from gatehouse.domain.periods import can_be_meant
from gatehouse.server.console.words import Text

_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:00)?", re.ASCII)
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,15}", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class Fields:
    """A form's fields, read one by one; `wrong` says what is not right, by the field's name."""

    def __init__(self, form: QueryDict) -> None:
        self._form = form
        self.wrong: dict[str, Text] = {}

    def text(self, name: str, limit: int = 80) -> str:
        """One line that must be there."""
        said = " ".join(_CONTROL.sub(" ", self._form.get(name, "")).split())
        if not said or len(said) > limit:
            self.wrong[name] = _("Write 1 to %(limit)d letters.") % {"limit": limit}
        return said[:limit]

    def code(self, name: str) -> str:
        """What a shift is called in a cell of the roster."""
        said = self._form.get(name, "").strip()
        if not _CODE.fullmatch(said):
            self.wrong[name] = _("Write 1 to 16 of the letters A to Z, digits, dashes.")
            return ""
        return said

    def clock(self, name: str) -> time:
        said = self._form.get(name, "").strip()
        if not _CLOCK.fullmatch(said):
            self.wrong[name] = _("Write a time such as 08:30.")
            return time(0)
        return time.fromisoformat(said)

    def has(self, *names: str) -> bool:
        """Whether any of these fields was filled in."""
        return any(self._form.get(name, "").strip() for name in names)

    def minutes(self, name: str, most: int = 1440) -> int:
        """Whole minutes; an empty field is none."""
        said = self._form.get(name, "").strip()
        if not said:
            return 0
        if not said.isascii() or not said.isdigit() or len(said) > 5 or int(said) > most:
            self.wrong[name] = _("Write whole minutes from 0 to %(most)d.") % {"most": most}
            return 0
        return int(said)

    def number(self, name: str, least: int, most: int) -> int:
        said = self._form.get(name, "").strip()
        if not said.isascii() or not said.isdigit() or len(said) > 5 or not least <= int(said) <= most:
            self.wrong[name] = _("Write a whole number from %(least)d to %(most)d.") % {"least": least, "most": most}
            return least
        return int(said)

    def choice(self, name: str, known: Collection[str], usual: str) -> str:
        said = self._form.get(name, usual)
        if said not in known:
            self.wrong[name] = _("Choose one of these.")
            return usual
        return said

    def day(self, name: str) -> date:
        found = day_from(self._form.get(name, ""))
        if found is None:
            self.wrong[name] = _("Choose a date from 2000 to 2199.")
            return date(2000, 1, 1)
        return found


def day_from(said: str) -> date | None:
    """An ISO date of this house, None for anything else."""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", said.strip(), re.ASCII):
        return None
    try:
        found = date.fromisoformat(said.strip())
    except ValueError:
        return None
    return found if can_be_meant(found) else None
