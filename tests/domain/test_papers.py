"""Who may enter by the papers that they hold: last days are inclusive on the site's wall."""

import random
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from gatehouse.domain.access import decide
from gatehouse.domain.decisions import Grant, Reason, Refusal
from gatehouse.domain.papers import TRAINING, Lack, Paper, Why, lack, read_about
from gatehouse.domain.periods import at_local
from gatehouse.domain.policy import Direction, Gate, GateKind, Policy, Rule, Subject
from gatehouse.domain.sightings import Means, Sighting

TODAY = date(2026, 5, 4)
DAY = timedelta(days=1)
HEIGHT, CRANE = "height", "crane"
BERLIN = "Europe/Berlin"


@pytest.mark.parametrize(
    ("held", "asked", "what"),
    [
        ([], [], None),
        ([], [HEIGHT], Lack(Why.MISSING, HEIGHT)),
        ([Paper(HEIGHT)], [HEIGHT], None),
        ([Paper(HEIGHT, until=TODAY)], [], None),
        ([Paper(HEIGHT, until=TODAY - DAY)], [], Lack(Why.ENDED, HEIGHT, TODAY - DAY)),
        ([Paper(HEIGHT, since=TODAY)], [], None),
        ([Paper(HEIGHT, since=TODAY + DAY)], [], Lack(Why.NOT_YET, HEIGHT, TODAY + DAY)),
        # Renewed: the old one is over, the new one holds.
        ([Paper(HEIGHT, until=TODAY - DAY), Paper(HEIGHT, TODAY, TODAY + 300 * DAY)], [], None),
        # Renewed for later: until then it is the old one that has ended.
        ([Paper(HEIGHT, until=TODAY - DAY), Paper(HEIGHT, TODAY + DAY)], [], Lack(Why.ENDED, HEIGHT, TODAY - DAY)),
        # The training comes first, whatever the others are called.
        ([Paper("a", until=TODAY - DAY)], [TRAINING], Lack(Why.MISSING, TRAINING)),
        # One that ends before it begins never holds.
        ([Paper(HEIGHT, TODAY + DAY, TODAY - DAY)], [], Lack(Why.ENDED, HEIGHT, TODAY - DAY)),
    ],
)  # fmt: skip
def test_what_is_lacking(held, asked, what) -> None:
    assert lack(held, asked, TODAY) == what


@pytest.mark.parametrize("seed", range(30))
def test_somebody_may_enter_exactly_when_every_kind_that_is_asked_or_held_holds(seed: int) -> None:
    rng = random.Random(seed)
    kinds = [TRAINING, HEIGHT, CRANE, "a"]
    for _ in range(60):
        held = [
            Paper(
                rng.choice(kinds),
                rng.choice([None, TODAY + rng.randrange(-3, 4) * DAY]),
                rng.choice([None, TODAY + rng.randrange(-3, 4) * DAY]),
            )
            for _ in range(rng.randrange(6))
        ]
        asked = rng.sample(kinds, rng.randrange(len(kinds)))
        found = lack(held, asked, TODAY)
        holds = {
            kind: any(p.holds(TODAY) for p in held if p.kind == kind) for kind in {*asked, *(p.kind for p in held)}
        }
        assert (found is None) is all(holds.values())
        assert found == lack(held[::-1], asked[::-1], TODAY)
        if found is not None:
            assert not holds[found.kind]
            assert read_about(found.about) == (found.kind, found.on)


def test_a_date_that_is_none_is_left_out_of_what_a_refusal_is_about() -> None:
    assert read_about("height@2026-02-30") == ("height", None)
    assert read_about("no paper at all") == ("", None)


# --- at the gate -----------------------------------------------------------------------------------------------------


def _gate(direction: Direction = Direction.IN, mode: str = "controlled") -> Gate:
    return Gate("g", GateKind.TURNSTILE, direction, frozenset({Means.CARD}), mode=mode)


def _answer(
    at: datetime, papers, *, asked=frozenset(), gate: Gate | None = None, rules: bool = True, deny: bool = False
):
    gate = gate or _gate()
    held = (Rule("r", frozenset({"crew"}), frozenset({"g"})),) if rules else ()
    if deny:
        held = (*held, Rule("d", frozenset({"crew"}), frozenset({"g"}), deny=True))
    person = Subject("p", frozenset({"crew"}), papers=papers)
    policy = Policy(BERLIN, {"g": gate}, {}, held, {"p": person}, papers=frozenset(asked))
    seen = Sighting(Means.CARD, "c", "p", at, at, 1.0)
    return decide(seen, gate, policy, at)


def _wall(day: date, clock: time) -> datetime:
    return at_local(day, clock, ZoneInfo(BERLIN)).astimezone(UTC)


# The nights in which clocks go back and forward: a last day is 25 and 23 hours long and still ends at its midnight.
@pytest.mark.parametrize("last", [date(2026, 5, 3), date(2026, 10, 25), date(2026, 3, 29)], ids=str)
def test_a_last_day_lets_in_until_its_midnight_on_the_wall(last: date) -> None:
    held = (Paper(HEIGHT, until=last),)
    midnight = _wall(last + DAY, time(0))
    assert isinstance(_answer(_wall(last, time(0)), held), Grant)
    assert isinstance(_answer(midnight - timedelta(seconds=1), held), Grant)
    assert _answer(midnight, held) == Refusal(Reason.PAPER_ENDED, f"height@{last.isoformat()}")


def test_nobody_is_locked_in_and_nobody_of_whom_nothing_is_asked_is_kept_out() -> None:
    at, over = _wall(TODAY, time(9)), (Paper(HEIGHT, until=TODAY - DAY),)
    assert isinstance(_answer(at, over, gate=_gate(Direction.OUT)), Grant)
    assert _answer(at, over, gate=_gate(Direction.BOTH)) == Refusal(Reason.PAPER_ENDED, "height@2026-05-03")
    assert isinstance(_answer(at, None, asked={HEIGHT}), Grant)  # a visitor
    assert _answer(at, (), asked={HEIGHT}) == Refusal(Reason.PAPER_MISSING, "height@")


def test_other_reasons_come_first_and_an_open_gate_is_open() -> None:
    at, over = _wall(TODAY, time(9)), (Paper(HEIGHT, until=TODAY - DAY),)
    assert _answer(at, over, deny=True).reason is Reason.DENIED
    assert _answer(at, over, rules=False).reason is Reason.NO_RULE
    assert _answer(at, over, gate=_gate(mode="open")).reason is Reason.GATE_OPEN
