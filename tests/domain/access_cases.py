"""Policies, moments and moves for the checks of who may pass, and those checks; the mutants run them too.

Modules are handed in, so that a changed copy of the domain is judged by the same checks as the domain.
"""

import importlib
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import permutations
from types import SimpleNamespace
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

ROOM = "gatehouse.domain"
NOW = datetime(2026, 6, 10, 8, 0, tzinfo=UTC)  # a Wednesday, 10:00 in Berlin
GROUPS, GATES = ("staff", "night", "guests"), ("north", "south", "lab")
EXAMPLES = settings(
    max_examples=60, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


def domain() -> SimpleNamespace:
    """The domain as it is imported now."""
    names = ("access", "decisions", "modes", "policy", "schedules", "sightings", "whereabouts", "zones")
    return SimpleNamespace(**{name: importlib.import_module(f"{ROOM}.{name}") for name in names})


def gate(d, code="north", direction="in", **more):
    means = frozenset(d.sightings.Means) - {d.sightings.Means.PLATE}
    return d.policy.Gate(code, d.policy.GateKind.DOOR, d.policy.Direction(direction), means, **more)


def seen(d, subject="ada", at=NOW, means="card"):
    return d.sightings.Sighting(d.sightings.Means(means), subject, subject, at, at, 1)


def policy(d, *rules, **more):
    people = {"ada": ("staff",), "bo": ("staff",), "cy": ("guests",), "di": ("chiefs", "staff")}
    subjects = {own: d.policy.Subject(own, frozenset(groups)) for own, groups in people.items()}
    rules = rules or (rule(d, "r1", ("staff", "guests"), ("north",)),)
    codes = [gate(d, code) for code in GATES]
    parts = {"gates": {one.code: one for one in codes}, "subjects": subjects, "rules": rules} | more
    return d.policy.Policy("Europe/Berlin", **parts)


def rule(d, own, groups, gates, **more):
    return d.policy.Rule(own, frozenset(groups), frozenset(gates), **more)


def office(d, closed=()):
    every = frozenset(range(7))
    windows = (
        d.schedules.TimeWindow(every, time(1, 30), time(2, 30)),
        d.schedules.TimeWindow(every, time(22), time(1)),
    )
    return {"hours": d.schedules.Schedule("hours", windows, frozenset(closed))}


@st.composite
def drawn_rules(draw, d):
    made = []
    for number in range(draw(st.integers(0, 8))):
        span = draw(st.sampled_from([(None, None), (-2, 2), (1, None), (None, -1), (0, None), (None, 0)]))
        starts, ends = (None if hours is None else NOW + timedelta(hours=hours) for hours in span)
        made.append(
            rule(
                d, f"r{number}", draw(st.sets(st.sampled_from(GROUPS), min_size=1)),
                draw(st.sets(st.sampled_from(GATES), min_size=1)), deny=draw(st.booleans()),
                schedule=draw(st.sampled_from([None, None, "hours", "missing"])), starts=starts, ends=ends,
            )
        )  # fmt: skip
    return tuple(made)


def in_force_plainly(one, now):
    """As the specification says it, without the index."""
    if (one.starts and now < one.starts) or (one.ends and now >= one.ends):
        return False
    if one.schedule == "missing":
        return one.deny
    if one.schedule is None:
        return True
    shown = now.astimezone(ZoneInfo("Europe/Berlin")).time()
    return shown >= time(22) or shown < time(1) or time(1, 30) <= shown < time(2, 30)


def check_rules(d):
    """Deny beats grant; whoever is let in is let in by a rule in force that names them; nobody else is."""

    @EXAMPLES
    @given(drawn_rules(d), st.sets(st.sampled_from(GROUPS)), st.sampled_from(GATES), st.sampled_from(range(48)))
    def holds(rules, groups, code, half_hours):
        now = NOW + timedelta(minutes=30 * half_hours)
        subjects = {"ada": d.policy.Subject("ada", frozenset(groups))}
        ruled = policy(d, *(rules or (rule(d, "none", (), ()),)), subjects=subjects, schedules=office(d))
        answer = d.access.decide(seen(d, at=now), gate(d, code), ruled, now)
        named = [one for one in rules if code in one.gates and one.groups & groups]
        live = [one for one in named if in_force_plainly(one, now)]
        denies, grants = [one for one in live if one.deny], [one for one in live if not one.deny]
        reason = d.decisions.Reason
        if denies:
            expected = d.decisions.Refusal(reason.DENIED, denies[0].id)
        elif grants:
            expected = d.decisions.Grant(reason.RULE, grants[0].id)
        else:
            later = [one for one in named if not one.deny]
            expected = d.decisions.Refusal(*((reason.SCHEDULE, later[0].id) if later else (reason.NO_RULE,)))
        assert answer == expected

    holds()


def check_one_more_deny_admits_nobody(d):
    @EXAMPLES
    @given(drawn_rules(d), st.sets(st.sampled_from(GROUPS)), st.sampled_from(GATES), st.data())
    def holds(rules, groups, code, data):
        subjects = {"ada": d.policy.Subject("ada", frozenset(groups))}
        deny = rule(d, "more", data.draw(st.sets(st.sampled_from(GROUPS))), data.draw(st.sets(st.sampled_from(GATES))))
        place = data.draw(st.integers(0, len(rules)))
        more = (*rules[:place], replace(deny, deny=True), *rules[place:])
        mode = data.draw(st.sampled_from(["controlled", "open", "unlocked", "closed"]))
        answers = [
            d.access.decide(seen(d), gate(d, code, mode=mode), policy(d, *ruled, subjects=subjects), NOW)
            for ruled in (rules or (rule(d, "none", (), ()),), more)
        ]
        assert isinstance(answers[0], d.decisions.Grant) or isinstance(answers[1], d.decisions.Refusal)

    holds()


def check_temporary_and_replaced_rules(d):
    hour = timedelta(hours=1)
    for deny in (False, True):
        short = rule(d, "r1", ("staff",), ("north",), starts=NOW, ends=NOW + hour, deny=deny)
        ruled = replace(policy(d), rules=(rule(d, "always", ("staff",), ("north",)), short) if deny else (short,))
        for at, holds in ((NOW, True), (NOW - hour, False), (NOW + hour, False), (NOW + hour / 2, True)):
            answer = d.access.decide(seen(d, at=at), gate(d), ruled, at)
            assert isinstance(answer, d.decisions.Grant) == (holds != deny), (at, deny)
            free = d.access.decide(seen(d, at=at), gate(d, mode="open"), ruled, at)
            assert isinstance(free, d.decisions.Grant) == (not (holds and deny)), (at, deny)


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# 22:00 to 01:00 and 01:30 to 02:30 in Berlin: in spring 02:30 is the jump, in autumn the first showing counts.
HELD = {
    "2026-03-28T18:00": (("2026-03-28T21:00", "2026-03-29T00:00"), ("2026-03-29T00:30", "2026-03-29T01:00")),
    "2026-10-24T18:00": (("2026-10-24T20:00", "2026-10-24T23:00"), ("2026-10-24T23:30", "2026-10-25T00:30")),
}


def check_windows_over_clock_changes(d):
    """Each minute of both nights of changing clocks: the rule holds exactly while its window does."""
    ruled = policy(d, rule(d, "r1", ("staff",), ("north",), schedule="hours"), schedules=office(d))
    for begin, spans in HELD.items():
        for minutes in range(12 * 60):
            now = utc(begin) + timedelta(minutes=minutes)
            held = any(utc(start) <= now < utc(end) for start, end in spans)
            answer = d.access.decide(seen(d, at=now), gate(d), ruled, now)
            assert isinstance(answer, d.decisions.Grant) == held, now


def check_holidays_and_edges(d):
    noon = d.schedules.Schedule(
        "noon", (d.schedules.TimeWindow(frozenset({2}), time(10), time(11)),), frozenset({date(2026, 6, 17)})
    )
    ruled = policy(d, rule(d, "r1", ("staff",), ("north",), schedule="noon"), schedules={"noon": noon})
    for at, opens in (
        (NOW, True), (NOW - timedelta(microseconds=1), False), (NOW + timedelta(hours=1), False),
        (NOW + timedelta(minutes=59), True), (NOW + timedelta(days=7), False), (NOW + timedelta(days=14), True),
    ):  # fmt: skip
        answer = d.access.decide(seen(d, at=at), gate(d), ruled, at)
        assert isinstance(answer, d.decisions.Grant) == opens, at


ZONE = "hall"


def moves(d, *steps):
    """(subject, zone, minutes before NOW) -> moves with ids in that order."""
    return [
        d.whereabouts.Move(f"m{n}", who, zone, NOW - timedelta(minutes=ago)) for n, (who, zone, ago) in enumerate(steps)
    ]


def zoned(d, where=(), direction="in", outer="", gate_more=None, **rules):
    """The answer to ada at a gate of the hall."""
    more = dict(gate_more or {})
    at_gate = gate(d, direction=direction, stands_in=ZONE, outer=outer, **more)
    site = rules.pop("site", None)
    around = {key: rules.pop(key) for key in ("shown", "ajar", "coming", "arrived") if key in rules}
    who = rules.pop("who", "ada")
    contact = rules.pop("contact", None)
    zones = {ZONE: d.policy.ZoneRules(ZONE, **rules)} | ({"*": d.policy.ZoneRules("*", **site)} if site else {})
    other = gate(d, "south", interlock=more.get("interlock", ""))
    ruled = policy(d, zones=zones, gates={"north": at_gate, "south": other})
    ruled = replace(ruled, contact=contact) if contact else ruled
    known = d.zones.Around(d.whereabouts.NOWHERE.after(*where), **around)
    return d.access.decide(seen(d, who), at_gate, ruled, NOW, around=known)


def check_passback(d):
    reason, kinds = d.decisions.Reason, d.policy.Passback
    inside, went_out = moves(d, ("ada", ZONE, 1)), moves(d, ("ada", ZONE, 9), ("ada", "", 1))
    refused, told = d.decisions.Refusal(reason.PASSBACK, "r1"), d.decisions.Grant(reason.PASSBACK, "r1")
    let_in = d.decisions.Grant(reason.RULE, "r1")
    assert zoned(d, inside, passback=kinds.HARD) == refused
    assert zoned(d, inside, passback=kinds.SOFT) == told
    assert zoned(d, inside, passback=kinds.TIMED, passback_s=61) == refused
    assert zoned(d, inside, passback=kinds.TIMED, passback_s=60) == told
    assert zoned(d, inside, passback=kinds.OFF) == zoned(d, (), passback=kinds.HARD) == let_in
    assert zoned(d, went_out, passback=kinds.HARD) == let_in
    assert zoned(d, moves(d, ("bo", ZONE, 1)), passback=kinds.HARD) == let_in
    # The site's own kind, where the zone leaves it to the site.
    assert zoned(d, inside, site={"passback": kinds.HARD}) == refused
    assert zoned(d, inside, passback=kinds.OFF, site={"passback": kinds.HARD}) == let_in
    # Where one comes from counts: from the yard into the hall, seen on the street last.
    assert zoned(d, moves(d, ("ada", "", 1)), outer="yard", passback=kinds.HARD) == refused
    assert zoned(d, moves(d, ("ada", "yard", 1)), outer="yard", passback=kinds.HARD) == let_in
    # Nobody is kept in, and nobody is held up for ever.
    assert zoned(d, went_out, direction="out", passback=kinds.HARD, site={"passback": kinds.HARD}) == told
    assert zoned(d, moves(d, ("ada", ZONE, 16 * 60)), passback=kinds.HARD) == let_in
    # The server is away: held up still, or not where the zone says so.
    away = d.policy.Contact(silent_s=120)
    assert zoned(d, inside, passback=kinds.HARD, contact=away) == refused
    assert zoned(d, inside, passback=kinds.HARD, soft_when_away=True, contact=away) == told
    doubtful = d.policy.Contact(clock_doubtful=True)
    assert zoned(d, inside, passback=kinds.TIMED, contact=doubtful) == told


def check_company(d):
    reason = d.decisions.Reason
    let_in = d.decisions.Grant(reason.RULE, "r1")

    def refused(why):
        return d.decisions.Refusal(why, "r1")

    one, two = moves(d, ("bo", ZONE, 5)), moves(d, ("bo", ZONE, 5), ("cy", ZONE, 4))
    assert zoned(d, two, limit=2) == refused(reason.ZONE_FULL)
    assert zoned(d, one, limit=2) == let_in
    assert zoned(d, one, limit=2, coming={ZONE: frozenset({"cy"})}) == refused(reason.ZONE_FULL)
    assert zoned(d, moves(d, ("bo", "attic", 5)), site={"limit": 1}) == refused(reason.ZONE_FULL)
    assert zoned(d, moves(d, ("ada", ZONE, 5)), limit=1) == let_in
    waiting = d.zones.Shown("bo", frozenset({"staff"}), NOW - timedelta(seconds=30), True)
    assert zoned(d, two_person=True) == refused(reason.SECOND_PERSON)
    assert zoned(d, two_person=True, shown=(waiting,)) == d.decisions.Grant(reason.TWO_PERSON, "r1")
    assert zoned(d, two_person=True, shown=(replace(waiting, waits=False),)) == refused(reason.SECOND_PERSON)
    assert zoned(d, two_person=True, shown=(replace(waiting, subject="ada"),)) == refused(reason.SECOND_PERSON)
    late = replace(waiting, at=NOW - timedelta(seconds=31))
    assert zoned(d, two_person=True, shown=(late,)) == refused(reason.SECOND_PERSON)
    assert zoned(d, one, two_person=True) == let_in
    assert zoned(d, two_person=True, limit=1, shown=(waiting,)) == refused(reason.ZONE_FULL)
    chiefs = frozenset({"chiefs"})
    assert zoned(d, first_in=chiefs) == refused(reason.FIRST_PERSON)
    assert zoned(d, first_in=chiefs, who="di") == let_in
    assert zoned(d, first_in=chiefs, arrived={ZONE: NOW - timedelta(hours=1)}) == let_in
    assert zoned(d, first_in=chiefs, arrived={ZONE: NOW - timedelta(hours=11)}) == refused(reason.FIRST_PERSON)
    guests = {"escorted": frozenset({"guests"}), "escorts": frozenset({"staff"}), "who": "cy"}
    assert zoned(d, **guests) == refused(reason.ESCORT)
    assert zoned(d, **guests, shown=(replace(waiting, waits=False),)) == let_in
    assert zoned(d, **guests, shown=(replace(late, waits=False),)) == refused(reason.ESCORT)
    assert zoned(d, **guests, shown=(replace(waiting, groups=frozenset({"guests"})),)) == refused(reason.ESCORT)
    vestibule = {"gate_more": {"interlock": "v1"}}
    assert zoned(d, ajar=frozenset({"south"}), **vestibule) == d.decisions.Refusal(reason.INTERLOCK)
    assert zoned(d, ajar=frozenset({"north"}), **vestibule) == let_in
    assert zoned(d, ajar=frozenset({"south"})) == let_in


def check_told_again_late_and_in_any_order(d):
    """Where people are does not depend on how often, how late or in which order their passages are told."""
    three = moves(d, ("ada", ZONE, 9), ("ada", "", 5), ("ada", "attic", 5), ("bo", ZONE, 3))
    expected = {"ada": three[2], "bo": three[3]}
    for order in permutations(three):
        assert d.whereabouts.NOWHERE.after(*order).people == expected
        told = d.whereabouts.NOWHERE
        for move in (*order, *order[:2]):
            told = told.after(move)
        assert told.people == expected
    lasts = timedelta(hours=16)
    where = d.whereabouts.NOWHERE.after(*three)
    assert where.inside(ZONE, NOW, lasts) == {"bo"}
    assert where.inside("*", NOW, lasts) == {"ada", "bo"}
    forgotten = where.without_older({ZONE: NOW}).without_older({ZONE: NOW - timedelta(hours=1)})
    assert forgotten.inside(ZONE, NOW, lasts) == set()
    assert forgotten.of("bo", NOW, lasts) is None
    ahead = d.whereabouts.NOWHERE.after(d.whereabouts.Move("m", "ada", ZONE, NOW + timedelta(hours=2)))
    assert ahead.of("ada", NOW, lasts) is None

    before = d.whereabouts.NOWHERE.after(*moves(d, ("ada", ZONE, 9), ("bo", ZONE, 8)))
    left = moves(d, ("bo", "", 1))[0]
    two = policy(d, zones={ZONE: d.policy.ZoneRules(ZONE, two_person=True)})
    assert d.zones.leaves_alone(left, two, before.after(left), before, NOW) == ZONE


def check_modes(d):
    stand, alert = d.modes.Stand, d.policy.Alert
    chiefs = frozenset({"chiefs"})
    ruled = policy(d, schedules=office(d))
    night = NOW.replace(hour=21)  # 23:00 in Berlin
    door, first = gate(d, unlocks="hours"), gate(d, unlocks="hours", unlock_after=chiefs)
    assert d.modes.stand_at(door, ruled, night) is stand.UNLOCKED
    assert d.modes.stand_at(door, ruled, NOW) is stand.CONTROLLED
    assert d.modes.stand_at(gate(d, unlocks="missing"), ruled, night) is stand.CONTROLLED
    assert d.modes.stand_at(first, ruled, night) is stand.CONTROLLED
    assert d.modes.stand_at(first, ruled, night, night - timedelta(minutes=1)) is stand.UNLOCKED
    assert d.modes.stand_at(first, ruled, night, night - timedelta(hours=2)) is stand.CONTROLLED
    for own in ("closed", "open", "unlocked", "of a later version", "controlled"):
        shut, left = replace(ruled, alert=alert.LOCKDOWN), replace(ruled, alert=alert.EVACUATION)
        told = replace(door, mode=own, interlock="v1")
        both = d.zones.Around(ajar=frozenset({"south"}))
        crowd = replace(left, gates={"north": told, "south": gate(d, "south", interlock="v1")})
        assert d.access.decide(seen(d), told, shut, NOW) == d.decisions.Refusal(d.decisions.Reason.LOCKDOWN)
        by_hand = seen(d, means="operator")
        assert isinstance(d.access.decide(by_hand, told, shut, NOW), d.decisions.Grant)
        assert d.access.decide(seen(d, "a stranger"), told, crowd, NOW, around=both) == d.decisions.Grant(
            d.decisions.Reason.EVACUATION
        )
    assert d.modes.stand_at(gate(d, mode="of a later version"), ruled, NOW) is stand.CLOSED
    unlocked = gate(d, mode="unlocked")
    assert d.access.decide(seen(d, "a stranger"), unlocked, ruled, NOW) == d.decisions.Grant(
        d.decisions.Reason.GATE_OPEN
    )


CHECKS = (  # the quick ones first
    check_holidays_and_edges,
    check_temporary_and_replaced_rules,
    check_passback,
    check_company,
    check_told_again_late_and_in_any_order,
    check_modes,
    check_windows_over_clock_changes,
    check_rules,
    check_one_more_deny_admits_nobody,
)
