"""What the cells of this room hold: JSON of the structs here, and as facts of `domain`."""

from datetime import date
from fractions import Fraction
from typing import Literal, TypeVar

import msgspec

from gatehouse.domain.pay_facts import Month
from gatehouse.domain.performance import Measure, Withheld
from gatehouse.domain.performance_groups import GroupFigure, GroupSheet

T = TypeVar("T")
GoalState = Literal["open", "met", "not_met", "dropped"]
Outcome = Literal["", "granted", "stands"]


class GoalStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The goal's state became this one on a date, by whose word (an operator's id, or "" for the person)."""

    on: date
    state: GoalState
    by: str


class GoalFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """goal.facts/1: what is to be reached and until when. The first of `steps` is the writing of it."""

    what: str
    until: date
    steps: list[GoalStep]

    @property
    def state(self) -> GoalState:
        return self.steps[-1].state


class ReviewText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """review.text/1: an operator's words about a span of dates, both ends included."""

    on: date
    by: str
    since: date
    until: date
    text: str


class ReviewReply(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """review.reply/1: what the person says to it."""

    on: date
    text: str


class AboutDay(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="day"):
    """contest.about/1: a date of the person's."""

    date: date

    @property
    def month(self) -> Month:
        return Month.of(self.date)


class AboutFigure(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="figure"):
    """contest.about/1: one figure of a month, which is named by its first date."""

    first: date
    measure: Measure

    @property
    def month(self) -> Month:
        return Month.of(self.first)


About = AboutDay | AboutFigure


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """contest.words/1: a message, dated by the day only. `by` is an operator's id, "" for the person; `outcome` is what
    an operator's answer comes to."""

    on: date
    text: str
    by: str = ""
    outcome: Outcome = ""


class FigureFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One measure of a group; `value` and `median` as (over, under), None where withheld."""

    measure: Measure
    value: tuple[int, int] | None
    median: tuple[int, int] | None


class TeamFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    figures: list[FigureFacts]


class SheetFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """figures.sheet/1: a site's month."""

    whole: list[FigureFacts]
    teams: list[TeamFacts]


def to_bytes(facts: msgspec.Struct) -> bytes:
    return msgspec.json.encode(facts)


def from_bytes(data: bytes, kind: type[T]) -> T:
    """Raises msgspec.ValidationError for a cell of another format."""
    return msgspec.json.decode(data, type=kind)


def about_from(data: bytes) -> About:
    """Raises msgspec.ValidationError."""
    return _about.decode(data)


_about: msgspec.json.Decoder[About] = msgspec.json.Decoder(About)


def sheet_to_bytes(sheet: GroupSheet) -> bytes:
    teams = [TeamFacts(name, [_facts(one) for one in figures]) for name, figures in sheet.teams]
    return to_bytes(SheetFacts([_facts(one) for one in sheet.whole], teams))


def sheet_from_bytes(data: bytes) -> GroupSheet:
    """Raises msgspec.ValidationError."""
    facts = from_bytes(data, SheetFacts)
    teams = tuple((team.name, tuple(_figure(one) for one in team.figures)) for team in facts.teams)
    return GroupSheet(tuple(_figure(one) for one in facts.whole), teams)


def _facts(of: GroupFigure) -> FigureFacts:
    return FigureFacts(of.measure, _pair(of.value), _pair(of.median))


def _pair(value: Fraction | None) -> tuple[int, int] | None:
    return None if value is None else (value.numerator, value.denominator)


def _figure(of: FigureFacts) -> GroupFigure:
    value, middle = (None if pair is None else Fraction(*pair) for pair in (of.value, of.median))
    return GroupFigure(of.measure, value, middle, Withheld.GROUP_TOO_SMALL if value is None else None)
