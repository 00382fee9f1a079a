"""What can happen in the demo's story: each act makes something happen before a camera and then looks, over HTTP and at
the relays, at what came of it. Nothing is written by an act itself: every punch, stay and fee comes from a passage.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from gatehouse.box.processes import Box, StartFailed
from gatehouse.box.tending import keeper_keys, key_texts
from gatehouse.clock import ShiftedClock, monotonic_s
from gatehouse.demo import site as setting
from gatehouse.demo.console import Answered, Driver, Operator, shown_amount
from gatehouse.demo.site import MARA, NIGHT_PLATE, PERMIT_PLATE, RUOXI, Site
from gatehouse.demo.stage import Spot, Stage, TooSlow, wait_for
from gatehouse.domain.periods import at_local
from gatehouse.drill import run as thief
from gatehouse.edge import config as edge_config

Facts = dict[str, Any]
ANSWERS = ("granted", "refused", "passed")  # other outcomes tell of the gate itself
SETTLE_S = 0.7


class Untrue(RuntimeError):
    """A step did not come out as the story has it; the text says how it came out."""


@dataclass(frozen=True, slots=True)
class Told:
    """One step as it went."""

    name: str
    ok: bool
    ms: int
    facts: Facts

    def as_dict(self) -> dict[str, Any]:
        return {"name": self.name, "ok": self.ok, "ms": self.ms, **self.facts}


@dataclass
class Story:
    """What the steps share. `say` gets each step as it is told: its headline, how it went, the story's time."""

    box: Box
    stage: Stage
    clock: ShiftedClock
    owner: Operator
    say: Callable[[str, Told, datetime], None]
    told: list[Told] = field(default_factory=list)
    report: thief.Report | None = None
    site: Site = field(init=False)
    monday: date = field(init=False)

    def step(self, name: str, headline: str, act: Callable[[], Facts]) -> bool:
        """Tell one step; False, with the reason among its facts, when it did not happen."""
        began_s = monotonic_s()
        try:
            facts, ok = act(), True
        except (Untrue, TooSlow, Answered, StartFailed, thief.CannotDrill, httpx.HTTPError) as fault:
            facts, ok = {"failed": str(fault)}, False
        self.told.append(Told(name, ok, round((monotonic_s() - began_s) * 1000), facts))
        self.say(headline, self.told[-1], self.clock.now())
        return ok

    # --- looking and waiting --------------------------------------------------------------------------------------

    def go_to(self, day: int, hour: int, minute: int) -> None:
        """Let the clock of all processes stand at this wall time of the story's day 1, 2 or 3. What still is on its
        way from a camera arrives before: it would be seen hours later."""
        threading.Event().wait(SETTLE_S)
        on = self.monday + timedelta(days=day - 1)
        self.clock.advance_to(at_local(on, time(hour, minute), ZoneInfo(setting.ZONE)))

    def today(self) -> date:
        return self.clock.now().astimezone(ZoneInfo(setting.ZONE)).date()

    def gate(self, code: str) -> Facts:
        """What the console shows of a gate: when it last did something, the outcome, the reason, the means."""
        gates = self.owner.get(f"sites/{self.site.id}/gates")
        found = next(gate for gate in gates if gate["code"] == code)
        return {**found["last"], "display": found["display"]}

    def answer(self, code: str, come: Callable[[Spot], None], within_s: float = 45.0) -> Facts:
        """Somebody comes to a gate; what it answered, as the console shows it."""
        before = self.gate(code)["at"]
        come(self.stage[code])
        return dict(wait_for_value(f"an answer at {code}", lambda: self._answered(code, before), within_s))

    def _answered(self, code: str, before: str | None) -> Facts | None:
        seen = self.gate(code)
        return seen if seen["at"] != before and seen["outcome"] in ANSWERS else None

    def passes(self, code: str, come: Callable[[Spot], None]) -> Facts:
        """Somebody without a vehicle comes, is let in through the relay, and goes on."""
        spot = self.stage[code]
        pulses = spot.pulses
        seen = self.answer(code, come)
        faces = spot.faces_detected()
        expect(seen["outcome"] in ("granted", "passed"), f"{code} refused: {seen['reason']}")
        wait_for(f"the relay of {code}", lambda: spot.pulses > pulses)
        # The server may hear of the passage only now: it must not be taken for the answer to whoever comes next.
        wait_for(f"the passage through {code}", lambda: self.gate(code)["outcome"] == "passed")
        spot.goes_away()
        opened = spot.pulses - pulses
        return {"reason": seen["reason"], "means": seen["means"], "faces_detected": faces, "opened": opened}

    def drives(self, code: str, plate: str) -> Facts:
        """A car comes to a lane, the barrier opens, the loop feels it leave."""
        spot = self.stage[code]
        pulses = spot.pulses
        seen = self.answer(code, lambda at: at.car_comes(plate))
        expect(seen["outcome"] in ("granted", "passed"), f"{code} refused: {seen['reason']}")
        return {"reason": seen["reason"], **self.leaves(code, plate, pulses)}

    def leaves(self, code: str, plate: str, pulses: int) -> Facts:
        """The barrier has opened once since `pulses`; the car drives over the loop, which confirms it."""
        spot = self.stage[code]
        wait_for(f"the barrier of {code}", lambda: spot.pulses > pulses)
        spot.car_leaves(plate)
        wait_for(f"the loop of {code} to confirm", lambda: self.gate(code)["outcome"] == "passed")
        expect(spot.pulses == pulses + 1, f"the barrier of {code} opened {spot.pulses - pulses} times")
        return {"opened": spot.pulses - pulses, "confirmed_by": "loop"}

    def stays(self) -> list[Facts]:
        return list(self.owner.get(f"garages/{self.site.garage}/stays")["stays"])

    # --- day 1 ----------------------------------------------------------------------------------------------------

    def set_up(self) -> Facts:
        self.site = setting.create(self.owner, self.stage)
        return {"gates": len(self.stage.spots)}

    def edge_starts(self) -> Facts:
        """An edge with keys of its own is enrolled; it has the site's policy when every camera has a viewer."""
        home = self.box.edge_home or self.box.home
        theirs = keeper_keys(self.box)
        keys = edge_config.init(
            home,
            self.box.url,
            edge="riverside",
            site=self.site.id,
            keeper_seal_key=theirs.seal_key,
            keeper_verify_key=theirs.verify_key,
        )
        self.owner.post(f"sites/{self.site.id}/edges", edge="riverside", **key_texts(keys))
        self.box.edge.start()
        self.box.edge.wait_until(
            lambda: all(spot.camera.studio.clients() for spot in self.stage.spots.values()), within_s=60
        )
        return {"cameras": len(self.stage.spots)}

    def stranger_is_refused(self) -> Facts:
        seen = self.answer("office", lambda at: at.person_comes("hopper"), within_s=30)
        faces = self.stage["office"].faces_detected()
        self.stage["office"].goes_away()
        expect(seen["outcome"] == "refused" and seen["reason"] == "unknown_face", f"{seen['outcome']} {seen['reason']}")
        expect(self.stage["office"].pulses == 0, "the door opened for a stranger")
        return {"outcome": "refused", "reason": seen["reason"], "faces_detected": faces, "opened": 0}

    def people_enrol(self) -> Facts:
        setting.enrol(self.owner, self.site, self.monday)
        setting.employ(self.owner, self.site, [self.monday, self.monday + timedelta(days=1)])
        return {"people": 3, "faces": 2, "consents": 2, "vehicles": 1}

    def face_opens_door(self) -> Facts:
        return self.passes("office", lambda at: at.person_comes("hopper", seed=1))

    def pass_opens_turnstile(self) -> Facts:
        return self.pass_punches("turnstile-in")

    def face_punches(self, gate: str, seed: int) -> Facts:
        return self.passes(gate, lambda at: at.person_comes("hopper", seed=seed))

    def pass_punches(self, gate: str) -> Facts:
        """Ruoxi's phone shows a fresh pass each time, since a pass opens once."""
        fresh = setting.new_pass(self.owner, self.site, RUOXI, self.today())
        facts = self.passes(gate, lambda at: at.phone_comes(fresh))
        expect(facts["means"] == "pass", f"let through by {facts['means']}")
        return facts

    def permit_car_enters(self) -> Facts:
        facts = self.drives("entry", PERMIT_PLATE)
        expect(facts["reason"] == "permit", f"let in as {facts['reason']}")
        return facts

    def permit_car_leaves(self) -> Facts:
        facts = self.drives("exit", PERMIT_PLATE)
        expect(facts["reason"] == "permit", f"let out as {facts['reason']}")
        return facts

    def car_enters(self, plate: str) -> Facts:
        before = len(self.stays())
        facts = self.drives("entry", plate)
        expect(facts["reason"] == "visitor", f"let in as {facts['reason']}")
        wait_for("an open stay", lambda: len(self.stays()) == before + 1)
        return facts | {"open_stays": before + 1}

    def car_is_held(self, plate: str) -> Facts:
        """Refused unpaid; the exit display shows the amount, the payment page the same."""
        pulses = self.stage["exit"].pulses
        seen = self.answer("exit", lambda at: at.car_comes(plate))
        expect(seen["reason"] == "unpaid", f"the exit said {seen['reason']}")
        shown = wait_for_value("the amount on the exit display", self.display)
        driver = Driver(self.box.url, self.site.pay_code)
        asked = shown_amount(driver.find(plate).text)
        driver.close()
        expect(asked == shown, f"the display shows {shown}, the page {asked}")
        expect(self.stage["exit"].pulses == pulses, "the barrier opened for an unpaid car")
        return {"reason": "unpaid", "amount": shown, "currency": setting.CURRENCY, "on_display": True, "on_page": True}

    def display(self) -> int | None:
        return shown_amount(self.owner.page(self.gate("exit")["display"]))

    def driver_pays(self, plate: str) -> Facts:
        """The barrier opens by itself once the payment is confirmed, and the loop confirms that the car left."""
        pulses = self.stage["exit"].pulses
        driver = Driver(self.box.url, self.site.pay_code)
        paid = driver.pay(plate)
        driver.close()
        facts = self.leaves("exit", plate, pulses)
        wait_for("the stay to close", lambda: not any(stay["state"] == "cleared" for stay in self.stays()))
        return {"amount": paid, "currency": setting.CURRENCY, "provider": "test", **facts}

    # --- day 2 ----------------------------------------------------------------------------------------------------

    def crash_at_the_gate(self) -> Facts:
        """Server and edge die while a car stands unpaid at the exit; both come back, it pays and leaves, once."""
        held = self.car_is_held(NIGHT_PLATE)
        pulses = self.stage["exit"].pulses
        self.box.edge.kill()
        self.box.server.kill()
        exit_camera = self.stage["exit"].camera.studio
        self.box.edge.start()  # from its sealed cache, before there is a server
        self.box.start_server()
        self.box.edge.wait_until(lambda: exit_camera.clients() > 0)
        expect(self.stage["exit"].pulses == pulses, "the barrier opened by itself after the crash")
        paid = self.driver_pays(NIGHT_PLATE)
        return {"killed": ["edge", "server"], "signal": 9, **paid, "held": held["amount"]}

    def workday_is_computed(self) -> Facts:
        """Punches became workdays with hours; one on time, one late."""
        days = wait_for_value("both workdays", self._two_workdays, within_s=30)
        hours = [round(day["worked_min"] / 60, 2) for day in days]
        return {"workdays": len(days), "hours": hours, "late_min": [day["late_min"] for day in days]}

    def _two_workdays(self) -> list[Facts] | None:
        days = self.owner.get(f"people/{self.site.people[MARA]}/workdays", **self._month())
        return days if len(days) == 2 and all(day["worked_min"] for day in days) else None

    def performance_line(self) -> Facts:
        """Punctuality and its company, each a ratio, minutes or days, from the two workdays and nothing else."""
        figures = self.owner.get(f"people/{self.site.people[MARA]}/performance", **self._month())
        shown = {row["measure"]: _ratio(row) for row in figures if row["over"] is not None}
        expect(shown.get("punctuality") == "1/2", f"punctuality is {shown.get('punctuality')}")
        return shown

    def payslip_is_drafted(self) -> Facts:
        month = f"{self.monday:%Y-%m}"
        slip = self.owner.post(f"people/{self.site.people[MARA]}/payslip", month=month)
        expect(slip["state"] == "draft" and slip["lines"], "the payslip has no lines")
        lines = [{"code": line["code"], "minor": line["minor"]} for line in slip["lines"]]
        return {"state": slip["state"], "lines": lines, "net_minor": slip["net_minor"], "currency": slip["currency"]}

    def _month(self) -> dict[str, str]:
        return {"from": self.monday.isoformat(), "to": (self.monday + timedelta(days=2)).isoformat()}

    # --- the thief ------------------------------------------------------------------------------------------------

    def thief_finds_nothing(self) -> Facts:
        self.report = thief.drill(self.box.home)
        thief.remember(self.box.home, self.report, self.clock.now())
        expect(all(self.report.needles.values()), f"nothing to look for: {self.report.needles}")
        expect(self.report.clean, f"found {self.report.found}")
        needles, found = sum(self.report.needles.values()), sum(self.report.found.values())
        return {"files": self.report.files, "bytes": self.report.bytes, "needles": needles, "found": found}


def _ratio(row: Facts) -> str:
    return f"{row['over']}/{row['under']}" if row["under"] != 1 else str(row["over"])


def expect(truth: bool, otherwise: str) -> None:
    if not truth:
        raise Untrue(otherwise)


def wait_for_value(what: str, look: Callable[[], Any], within_s: float = 45.0) -> Any:
    """The first value that is not None. Raises TooSlow."""
    found: list[Any] = []

    def looked() -> bool:
        found[:] = [look()]
        return found[0] is not None

    wait_for(what, looked, within_s)
    return found[0]
