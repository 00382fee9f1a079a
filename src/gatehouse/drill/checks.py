"""What else the drill tries, besides searching: attacks, each counted, and what each one says in plain words.

`HERE` lists the attacks on this installation: they change nothing, and nobody is seen by them. `TWIN` lists those that
would disturb a running site (they use up caps, erase, rewrite): they run against a keeper of their own, started for a
minute from the same program in a folder that is deleted afterwards, with invented people.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    HELD = "held"
    BROKEN = "broken"
    NOT_RUN = "not_run"


class Place(StrEnum):
    HERE = "here"
    TWIN = "twin"


@dataclass(frozen=True, slots=True)
class Check:
    """One attack. Of `tried` attempts `failed` got through; `why` is a code where it was not run."""

    code: str
    place: Place
    tried: int = 0
    failed: int = 0
    why: str = ""

    @property
    def state(self) -> State:
        if self.why:
            return State.NOT_RUN
        return State.HELD if self.tried and not self.failed else State.BROKEN


# What was tried and must not succeed, as `gatehouse drill` says it; the console has the same codes in words_drill.
HERE: dict[str, str] = {
    "moved_cells": "sealed values moved to another person, row, column, day or version, or changed by a bit, opened",
    "no_ticket": "requests to the keeper without a ticket, with a forged one or as one of the server's jobs, answered",
    "forged_letters": "letters that no enrolled gate computer signed, taken",
    "forged_gallery": "requests for faces and cards to be sealed to a stranger, answered",
    "log_stands": "lines of the log of looks that its signed head does not prove",
    "erased_people": "sealed values of erased people that lie in the data yet, opened",
    "ids_in_logs": "log files that name somebody by their random id, beside a time",
    "open_backups": "files among the backups that are not sealed to the recovery key",
    "stolen_spool": "letters waiting at the gate computer here, opened with its own key",
}
TWIN: dict[str, str] = {
    "canaries": "invented texts, one in every kind of personal field, found in what a thief could take",
    "greedy_reader": "people seen beyond an hour's cap by somebody who reads as fast as they can",
    "patient_reader": "people seen beyond a day's cap by somebody who comes back every hour",
    "many_readers": "people seen beyond the cap of all together by a stolen owner who invents operators",
    "restarted_keeper": "people seen after a restart by somebody whose cap was used up",
    "letter_by_letter": "people found beyond the cap by searching for one name after another",
    "guessed_plates": "plates answered beyond the cap of a source, and of a site",
    "forged_letters": "letters under another number, of another gate computer, or changed by a bit, taken",
    "moved_cells": "sealed values of every label moved to another person, row, label, site, day or version, opened",
    "erased_then_restored": "values of somebody erased, opened out of an old copy of the data",
    "two_days": "values that one person's or car's passages of two days have in common",
    "edited_log": "logs that were edited, cut, reordered or forked, and passed for whole",
    "roles": "values opened by a role, worker or site that may not see them",
    "templates": "face templates and PINs shown to anybody",
}
WHY: dict[str, str] = {
    "keeper_away": "the keeper does not answer; start it first",
    "no_cells": "nothing sealed lies in the data yet",
    "nobody_erased": "nobody was erased yet",
    "no_backups": "there are no backups yet",
    "no_logs": "there are no log files here",
    "no_edge": "no gate computer has its folder here",
    "nothing_waits": "no letter waits at the gate computer here",
    "twin_failed": "the keeper of its own could not be started",
}


def skipped(place: Place, codes: Iterable[str], why: str) -> list[Check]:
    return [Check(code, place, why=why) for code in codes]


def said(check: Check) -> str:
    """The check in a line, in English."""
    words = (HERE if check.place is Place.HERE else TWIN)[check.code]
    return f"{words}: {WHY[check.why]}" if check.why else words
