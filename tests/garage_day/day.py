"""The day itself: events in order of a fast clock, each played against the running processes."""

import heapq
import itertools
import random
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.garage_day.desk import CAR_STANDS, Desk, NobodyThere
from tests.garage_day.driver import QUOTE, Away, Page, Phones, Provider, Started
from tests.garage_day.lanes import Edge, Lane
from tests.garage_day.plan import Day, Odd, Visit, Way
from tests.garage_day.town import ENTRIES, EXITS, Garage, Town

from gatehouse.domain.decisions import Grant, Reason

TICK = timedelta(seconds=100)  # below the two minutes after which a lane does without its server
PASSES_AFTER = timedelta(seconds=3)
PATIENCE = 2  # refusals without a way to pay, before a driver presses the help button
TOO_OFTEN = 429  # the payment page was asked about one plate more often than it answers
ROUND = timedelta(minutes=30)  # of the operator who looks at exceptions


class NeverEnds(Exception):
    """Somebody still stands at an exit hours after the last should have left."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A barrier that went up for a visit."""

    visit: Visit
    at: datetime
    reason: Reason
    attempt: str
    silent_s: float


@dataclass
class Play:
    """One day as it is played. `say` gets a line now and then."""

    town: Town
    day: Day
    seed: int
    cuts: int
    outages: int
    say: Callable[[str], None]
    edges: list[Edge] = field(init=False)
    opened: list[Opened] = field(init=False, default_factory=list)
    unseen: dict[str, Visit] = field(init=False, default_factory=dict)  # by what the loop told of them
    told: dict[str, Visit] = field(init=False, default_factory=dict)  # by their passage out
    payments: dict[str, Visit] = field(init=False, default_factory=dict)
    counts: Counter[str] = field(init=False, default_factory=Counter)

    def __post_init__(self) -> None:
        self.clock = self.town.clock
        self.dice = random.Random(self.seed + 1)
        with closing(self.town.keeper()) as keeper:
            key = keeper.secret("provider.test")
        self.desk = Desk(self.town)
        self.phones = Phones(self.town.box.port)
        self.provider = Provider(self.town.box.port, key)
        self.edges = [Edge(garage, self.clock, self.seed + garage.number) for garage in self.town.garages]
        self._events: list[tuple[datetime, int, Callable[..., None], tuple[Any, ...]]] = []
        self._order = itertools.count()
        self._left_to_leave = len(self.day.visits)

    # --- time ---

    def at(self, when: datetime, act: Callable[..., None], *what: Any) -> None:
        heapq.heappush(self._events, (when, next(self._order), act, what))

    def soon(self, seconds: float, act: Callable[..., None], *what: Any) -> None:
        self.at(self.clock.now() + timedelta(seconds=seconds), act, *what)

    def run(self) -> None:
        """Until everybody has left and every delivery has been made. Raises NeverEnds."""
        for edge in self.edges:
            edge.set_up()
        for visit in self.day.visits:
            self.at(visit.comes, self.enters, visit)
        ends = self.day.start + timedelta(hours=26)
        first = self.day.visits[0].comes
        for edge in self.edges:
            self.at(first, self.ticks, edge)
        self.at(first + ROUND, self.looks_at_exceptions)
        # While most of them come and go.
        since, until = (self.day.visits[len(self.day.visits) * part // 20].comes for part in (1, 19))
        for _ in range(self.cuts):
            self.at(self._between(since, until), self.cuts_the_power)
        for _ in range(self.outages):
            self.at(self._between(since, until), self.cuts_the_line, self.dice.choice(self.edges))
        began, said = time.monotonic(), 0.0
        while self._events:
            when, _, act, what = heapq.heappop(self._events)
            self.clock.advance(max(timedelta(), when - self.clock.now()))
            act(*what)
            if time.monotonic() - said > 20:
                said = time.monotonic()
                done = len(self.day.visits) - self._left_to_leave
                self.say(f"{self._wall(when)}  {done} of {len(self.day.visits)} have left, {said - began:.0f} s")
            if when > ends + timedelta(hours=3) and not self.is_over():  # the provider tells again for hours
                raise NeverEnds
        self.settle_down()

    def _wall(self, when: datetime) -> str:
        since = when - self.day.start
        return f"{int(since.total_seconds()) // 3600:02d}:{int(since.total_seconds()) // 60 % 60:02d}"

    def _between(self, since: datetime, until: datetime) -> datetime:
        return since + (until - since) * self.dice.random()

    def is_over(self) -> bool:
        return self._left_to_leave == 0

    def settle_down(self) -> None:
        """Everything runs, every letter is held, every exception looked at."""
        self.town.start()
        for edge in self.edges:
            edge.link.is_cut = False
            assert edge.ship_anyhow(), "letters are left over"
        self.settles_exceptions()
        self.desk.close()

    # --- what goes wrong ---

    def ticks(self, edge: Edge) -> None:
        edge.talk()
        for lane in edge.lanes.values():
            lane.keeper.tick()
        if not self.is_over():
            self.soon(TICK.total_seconds(), self.ticks, edge)

    def cuts_the_power(self) -> None:
        """SIGKILL while letters and payments are under way; nobody answers for some minutes."""
        names = self.dice.choice([("server",), ("keeper",), ("server", "keeper")])
        self.counts["kill -9 " + " and ".join(names)] += 1
        self.town.cut(names, self.dice.uniform(0.0, 0.06))
        for edge in self.edges:
            edge.talk()
        self.soon(self.dice.uniform(90, 400), self.town.start)

    def cuts_the_line(self, edge: Edge) -> None:
        """No internet at one garage for up to an hour and a half."""
        self.counts["outage of a line"] += 1
        edge.link.is_cut = True
        self.soon(self.dice.uniform(600, 5400), self.mends_the_line, edge)

    def mends_the_line(self, edge: Edge) -> None:
        edge.link.is_cut = False
        edge.talk()

    # --- in ---

    def enters(self, visit: Visit) -> None:
        edge = self.edges[visit.garage]
        lane = edge.lane(ENTRIES)
        if lane.free_at > self.clock.now():
            self.at(lane.free_at, self.enters, visit)
            return
        if visit.odd is Odd.LOST_IN:
            self.is_felt(visit, edge, lane)
            self.plans_to_leave(visit)
            return
        read = visit.misread if visit.odd in (Odd.MISREAD_IN, Odd.FOLDED_IN) else visit.plate
        if isinstance(edge.look(lane, read), Grant):
            self.soon(PASSES_AFTER.total_seconds(), self.passes_in, visit, edge, lane)
        else:
            self.counts["came to the entry again"] += 1
            self.soon(12, self.enters, visit)

    def is_felt(self, visit: Visit, edge: Edge, lane: Lane) -> None:
        """Behind another car over the loop, and no camera read it."""
        lane.keeper.report("forced")
        self.unseen[edge.spool.bodies[-1].id] = visit

    def passes_in(self, visit: Visit, edge: Edge, lane: Lane) -> None:
        if not edge.passes(lane):
            self.soon(12, self.enters, visit)
            return
        visit.entered_at = edge.spool.passages[-1].at
        self.plans_to_leave(visit)

    def plans_to_leave(self, visit: Visit) -> None:
        now = self.clock.now()
        if visit.way is Way.PHONE:
            self.at(max(now, visit.leaves - self._minutes(3, 11)), self.pays, visit)
        elif visit.way is Way.DAWDLES:
            self.at(max(now, visit.leaves - self._minutes(18, 28)), self.pays, visit)
        elif visit.way is Way.TWICE:
            self.at(max(now, visit.leaves - timedelta(minutes=25)), self.asks_with_two_phones, visit)
        self.at(max(visit.leaves, now + timedelta(seconds=60)), self.drives_out, visit)

    def _minutes(self, least: int, most: int) -> timedelta:
        return timedelta(seconds=self.dice.randrange(least * 60, most * 60))

    # --- money ---

    def pays(self, visit: Visit, card: Page | None = None) -> None:
        """On the phone, where `card` may be open already. A driver for whom nothing answers tries again in a while."""
        if visit.left_at is not None:
            return
        try:
            started = self.asks(visit, 0, card)
        except Away:
            self.counts["phone page did not answer"] += 1
            self.soon(100, self.pays, visit)
            return
        if started is not None:
            self.presses_later(visit, started, 0)

    def asks(self, visit: Visit, phone: int, card: Page | None = None) -> Started | None:
        """What the page asks for, noted with when it did. Raises Away."""
        garage, driver = self.town.garages[visit.garage], visit.number + 7 * phone
        before = self.clock.now()
        card = card or self.phones.find(driver, garage.pay_code, visit.plate)
        started = self.phones.start(driver, garage.pay_code, card)
        if started is None:
            return None
        if started.id not in self.payments:
            visit.asked.append((before, self.clock.now()))
            visit.payments.append(started.id)
        self.payments[started.id] = visit
        return started

    def asks_with_two_phones(self, visit: Visit) -> None:
        """The second phone asks when the first one's amount is held no more; then both pay."""
        try:
            first = self.asks(visit, 0)
        except Away:
            first = None
        self.soon(12 * 60, self.second_phone, visit, first)

    def second_phone(self, visit: Visit, first: Started | None) -> None:
        if visit.left_at is not None:
            return
        try:
            second = self.asks(visit, 1)
        except Away:
            second = None
        for phone, started in enumerate((first, second)):
            if started is not None:
                self.presses_later(visit, started, phone)

    def presses_later(self, visit: Visit, started: Started, phone: int) -> None:
        self.soon(15 + self._delay_s(visit), self.presses, visit, started, phone, visit.repeats)

    def _delay_s(self, visit: Visit) -> float:
        """Until the provider takes the money: whoever was twice too slow for the price that was asked pays at once."""
        return visit.delay.total_seconds() if len(visit.payments) <= 2 else 0.0

    def presses(self, visit: Visit, started: Started, phone: int, repeats: int) -> None:
        """The provider takes the money, and tells it until somebody listens; now and then once more, hours later."""
        first = started.id not in self.provider.taken
        self.provider.taken[started.id] = started.amount
        if first:
            visit.paid.append((self.clock.now(), self.clock.now()))
        try:
            if not self.phones.press_pay(visit.number + 7 * phone, started):
                raise Away("no redirect")
            if repeats:
                self.provider.tell_again(started)
        except Away:
            self.counts["provider told in vain"] += 1
            self.soon(90, self.presses, visit, started, phone, repeats)
            return
        if repeats == visit.repeats:
            visit.paid[-1] = (visit.paid[-1][0], self.clock.now())
        if repeats:
            self.counts["payment told again"] += 1
            self.soon(self.dice.uniform(5, 5400), self.presses, visit, started, phone, repeats - 1)

    # --- out ---

    def drives_out(self, visit: Visit) -> None:
        edge = self.edges[visit.garage]
        lane = edge.lanes[visit.lane] if visit.lane else edge.lane(EXITS)
        visit.lane = lane.code  # where it stays until it is let out
        if lane.free_at > self.clock.now():
            self.at(lane.free_at, self.drives_out, visit)
            return
        if visit.odd is Odd.LOST_OUT:
            self.is_felt(visit, edge, lane)
            self.has_left(visit, self.clock.now(), "unseen")
            return
        visit.tries += 1
        misread = visit.odd is Odd.MISREAD_OUT or (visit.odd is Odd.BLINKED_OUT and visit.tries == 1)
        read = visit.misread if misread else visit.plate
        answer = edge.look(lane, read)
        if answer is not None and answer.reason is Reason.UNPAID:
            edge.talk()  # the lane waits for what the server says: a stay that owes nothing is cleared
            answer = edge.look(lane, read) or answer
        if isinstance(answer, Grant):
            self.goes_up(visit, edge, lane, answer.reason)
        elif answer is not None and answer.reason is Reason.UNPAID:
            self.is_held(visit, edge, lane)
        else:
            self.counts["came to the exit again"] += 1
            self.soon(15, self.drives_out, visit)

    def goes_up(self, visit: Visit, edge: Edge, lane: Lane, reason: Reason) -> None:
        attempt = next(one for one in reversed(edge.spool.attempts) if one.granted and one.gate == lane.code)
        self.opened.append(Opened(visit, self.clock.now(), reason, attempt.id, edge.contact().silent_s))
        self.soon(PASSES_AFTER.total_seconds(), self.passes_out, visit, edge, lane)

    def passes_out(self, visit: Visit, edge: Edge, lane: Lane) -> None:
        if not edge.passes(lane):
            self.soon(15, self.drives_out, visit)
            return
        passage = edge.spool.passages[-1]
        self.told[passage.id] = visit
        self.has_left(visit, passage.at, passage.reason)

    def has_left(self, visit: Visit, at: datetime, reason: str) -> None:
        visit.left_at, visit.out_reason = at, reason
        self.counts[f"left {reason}"] += 1
        self._left_to_leave -= 1

    def is_held(self, visit: Visit, edge: Edge, lane: Lane) -> None:
        """Unpaid, says the lane. A driver pays on the phone where there is something to pay; else presses for help."""
        self.counts["held unpaid"] += 1
        if edge.link.is_cut or not self.town.runs():
            self.soon(40, self.drives_out, visit)
            return
        try:
            garage = self.town.garages[visit.garage]
            waits = any(own not in self.provider.taken for own in visit.payments)
            if waits:  # the phone shows that the payment is under way: nobody types a plate again
                self.soon(60, self.drives_out, visit)
                return
            card = self.phones.find(visit.number, garage.pay_code, visit.plate)
            if card.status == TOO_OFTEN:
                self.counts["asked too often"] += 1
                self.soon(15 * 60, self.drives_out, visit)
                return
            if QUOTE.search(card.text):
                self.pays(visit, card)
                self.soon(45 + self._delay_s(visit), self.drives_out, visit)
                return
        except Away:
            self.soon(60, self.drives_out, visit)
            return
        if visit.tries < PATIENCE:
            self.soon(25, self.drives_out, visit)
        else:
            self.is_helped(visit, edge, lane, garage)

    def is_helped(self, visit: Visit, edge: Edge, lane: Lane, garage: Garage) -> None:
        """Somebody far away looks at the car that stands there, and asks its driver when he came."""
        read = visit.misread if visit.odd is Odd.MISREAD_OUT else visit.plate
        try:
            waiting = [one for one in self.desk.waiting(garage.id, lane.code) if one.kind in CAR_STANDS]
            if waiting:
                stay = self.desk.likely(waiting[-1], visit.entered_at)
                if stay is not None and self.desk.answer(waiting[-1], "charge", stay=stay):
                    self.counts["told whose stay it is"] += 1
                elif stay is None and visit.entered_at is None:
                    edge.look(lane, read)
                    if self.desk.answer(waiting[-1], "let_out") and self.was_let_out(visit, edge, lane):
                        return
        except NobodyThere:
            self.counts["operator could not be reached"] += 1
        self.soon(30, self.drives_out, visit)

    def was_let_out(self, visit: Visit, edge: Edge, lane: Lane) -> bool:
        """The operator's order has come and opened for the car that stands there."""
        before = len(edge.spool.attempts)
        edge.talk()
        for one in edge.spool.attempts[before:]:
            if one.means == "operator" and one.granted and one.gate == lane.code:
                visit.by_hand = True
                self.counts["opened by hand"] += 1
                self.goes_up(visit, edge, lane, Reason.BY_HAND)
                return True
        return False

    # --- the operator ---

    def looks_at_exceptions(self) -> None:
        self.settles_exceptions()
        if not self.is_over():
            self.soon(ROUND.total_seconds(), self.looks_at_exceptions)

    def settles_exceptions(self) -> None:
        """Every exception that waits is answered, but those of a car that stands there: its driver presses for help."""
        if not self.town.runs():
            return
        try:
            for one in self.desk.waiting():
                visit = self.unseen.get(one.id) or self.told.get(one.fact)
                if one.kind not in CAR_STANDS and self.desk.settles(one, visit):
                    self.counts[f"answered {one.kind}"] += 1
        except NobodyThere:
            self.counts["operator could not be reached"] += 1
