from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatehouse.domain.access import decide
from gatehouse.domain.decisions import Grant, Reason, Refusal
from gatehouse.domain.policy import Clearance, Direction, Gate, GateKind, Permit, Policy, Rule, Subject
from gatehouse.domain.schedules import Schedule, TimeWindow, open_at, window_on
from gatehouse.domain.sightings import Means, Sighting

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 6, 10, 8, 0, tzinfo=UTC)  # a Wednesday, 10:00 in Berlin
EVERY_DAY = frozenset(range(7))
DOOR = Gate("door", GateKind.DOOR, Direction.IN, frozenset({Means.FACE, Means.PASS, Means.CARD, Means.PIN}))
ENTRY = Gate("entry", GateKind.LANE, Direction.IN, frozenset({Means.PLATE}))
EXIT = replace(ENTRY, code="exit", direction=Direction.OUT, collects=True)


def seen(means=Means.FACE, subject="ada", value="", at=NOW, **more):
    return Sighting(means, value, subject, at, at, 3, **more)


def plate(text="京A12345", subject=None, at=NOW):
    return seen(Means.PLATE, subject, text, at)


def office(*rules, **more):
    rules = rules or (Rule("r1", frozenset({"staff"}), frozenset({"door"})),)
    subjects = {"ada": Subject("ada", frozenset({"staff"}))}
    return Policy("Europe/Berlin", rules=rules, subjects=subjects, **more)


def garage(**more):
    permit = Permit("p1", frozenset({"entry", "exit"}), NOW - timedelta(days=1), NOW + timedelta(days=1))
    return Policy("Europe/Berlin", subjects={"car": Subject("car", permits=(permit,))}, **more)


def test_a_rule_for_the_group_and_the_gate_admits_and_is_named():
    assert decide(seen(), DOOR, office(), NOW) == Grant(Reason.RULE, "r1")


@pytest.mark.parametrize(
    ("means", "reason"),
    [
        (Means.FACE, Reason.UNKNOWN_FACE),
        (Means.CARD, Reason.UNKNOWN_CARD),
        (Means.PIN, Reason.UNKNOWN_PIN),
        (Means.PASS, Reason.INVALID_PASS),
    ],
)
@pytest.mark.parametrize("subject", [None, "somebody whom the feed no longer holds"])
def test_unknown_is_an_answer_of_its_own_for_each_means(means, reason, subject):
    assert decide(seen(means, subject), DOOR, office(), NOW) == Refusal(reason)


@pytest.mark.parametrize("late", [timedelta(seconds=10, microseconds=1), timedelta(seconds=-11)])
def test_evidence_that_is_not_fresh_is_stale_whatever_else_holds(late):
    open_door = replace(DOOR, mode="open")
    assert decide(seen(at=NOW - late), open_door, office(), NOW) == Refusal(Reason.STALE)


def test_evidence_as_old_as_the_limit_is_fresh():
    assert decide(seen(at=NOW - timedelta(seconds=10)), DOOR, office(), NOW) == Grant(Reason.RULE, "r1")


@pytest.mark.parametrize("mode", ["closed", "a mode of a later version"])
def test_a_closed_gate_admits_nobody_but_the_operator(mode):
    closed = replace(DOOR, mode=mode)
    assert decide(seen(), closed, office(), NOW) == Refusal(Reason.GATE_CLOSED)
    assert decide(seen(Means.OPERATOR, None), closed, office(), NOW) == Grant(Reason.BY_HAND)


def test_an_old_order_of_an_operator_is_not_carried_out():
    order = seen(Means.OPERATOR, None, at=NOW - timedelta(minutes=1))
    assert decide(order, DOOR, office(), NOW) == Refusal(Reason.STALE)


def test_an_open_gate_admits_strangers_but_no_one_who_is_denied():
    open_door = replace(DOOR, mode="open")
    deny = Rule("no", frozenset({"staff"}), frozenset({"door"}), deny=True)
    assert decide(seen(subject=None), open_door, office(), NOW) == Grant(Reason.GATE_OPEN)
    assert decide(seen(), open_door, office(deny), NOW) == Refusal(Reason.DENIED, "no")


def test_a_means_that_the_gate_does_not_take_is_refused_by_name():
    no_faces = replace(DOOR, means=frozenset({Means.CARD}))
    assert decide(seen(), no_faces, office(), NOW) == Refusal(Reason.MEANS_NOT_ACCEPTED)


def test_outside_the_span_of_enrolment_a_person_is_a_stranger():
    policy = office()
    policy.subjects["ada"] = replace(policy.subjects["ada"], starts=NOW, ends=NOW + timedelta(hours=1))
    answers = [decide(seen(at=at), DOOR, policy, at) for at in (NOW - timedelta(seconds=1), NOW)]
    answers.append(decide(seen(at=NOW + timedelta(hours=1)), DOOR, policy, NOW + timedelta(hours=1)))
    assert [a.reason for a in answers] == [Reason.UNKNOWN_FACE, Reason.RULE, Reason.UNKNOWN_FACE]


def test_a_rule_for_another_gate_or_group_is_no_rule():
    others = [
        Rule("r1", frozenset({"staff"}), frozenset({"back door"})),
        Rule("r2", frozenset({"guests"}), frozenset({"door"})),
        Rule("r3", frozenset(), frozenset({"door"})),
    ]
    assert decide(seen(), DOOR, office(*others), NOW) == Refusal(Reason.NO_RULE)


def test_a_deny_beats_a_grant_wherever_it_stands():
    grant = Rule("r1", frozenset({"staff"}), frozenset({"door"}))
    deny = replace(grant, id="r2", deny=True)
    for rules in [(grant, deny), (deny, grant)]:
        assert decide(seen(), DOOR, office(*rules), NOW) == Refusal(Reason.DENIED, "r2")


def test_a_temporary_rule_holds_from_its_start_until_before_its_end():
    rule = Rule("t", frozenset({"staff"}), frozenset({"door"}), starts=NOW, ends=NOW + timedelta(hours=1))
    times = [NOW - timedelta(seconds=1), NOW, NOW + timedelta(minutes=59), NOW + timedelta(hours=1)]
    reasons = [decide(seen(at=at), DOOR, office(rule), at).reason for at in times]
    assert reasons == [Reason.SCHEDULE, Reason.RULE, Reason.RULE, Reason.SCHEDULE]


def test_out_of_hours_is_told_apart_from_no_rule():
    rule = Rule("r1", frozenset({"staff"}), frozenset({"door"}), schedule="days")
    window = TimeWindow(EVERY_DAY, time(8), time(10))  # ends at the very moment
    policy = office(rule, schedules={"days": Schedule("days", (window,))})
    assert decide(seen(), DOOR, policy, NOW) == Refusal(Reason.SCHEDULE, "r1")
    earlier = NOW - timedelta(seconds=1)
    assert decide(seen(at=earlier), DOOR, policy, earlier) == Grant(Reason.RULE, "r1")


def test_a_rule_whose_schedule_is_missing_errs_to_the_safe_side():
    grant = Rule("r1", frozenset({"staff"}), frozenset({"door"}), schedule="gone")
    assert decide(seen(), DOOR, office(grant), NOW) == Refusal(Reason.SCHEDULE, "r1")
    always = replace(grant, id="r0", schedule=None)
    assert decide(seen(), DOOR, office(always, replace(grant, deny=True)), NOW).reason is Reason.DENIED


def test_after_the_lease_a_face_alone_is_refused_and_a_card_is_not():
    policy = office(lease_ends=NOW)
    assert decide(seen(), DOOR, policy, NOW) == Refusal(Reason.LEASE_EXPIRED)
    assert decide(seen(Means.CARD), DOOR, policy, NOW) == Grant(Reason.RULE, "r1")
    before = NOW - timedelta(seconds=1)
    assert decide(seen(at=before), DOOR, policy, before) == Grant(Reason.RULE, "r1")


def test_a_pass_opens_before_its_end_and_once():
    good = seen(Means.PASS, ends=NOW + timedelta(seconds=1))
    assert decide(good, DOOR, office(), NOW) == Grant(Reason.RULE, "r1")
    assert decide(replace(good, ends=NOW), DOOR, office(), NOW) == Refusal(Reason.EXPIRED_PASS)
    assert decide(replace(good, used=True), DOOR, office(), NOW) == Refusal(Reason.USED_PASS)


def test_a_pass_that_was_taken_back_opens_nothing():
    good = seen(Means.PASS, value="pass-1", ends=NOW + timedelta(hours=1))
    assert decide(good, DOOR, office(dead_passes=frozenset({"pass-2"})), NOW) == Grant(Reason.RULE, "r1")
    assert decide(good, DOOR, office(dead_passes=frozenset({"pass-1"})), NOW) == Refusal(Reason.INVALID_PASS)


# --- vehicles ----------------------------------------------------------------------------------------------


def test_a_permit_in_force_at_this_gate_admits_in_and_out_without_paying():
    for gate in (ENTRY, EXIT):
        assert decide(plate(subject="car"), gate, garage(), NOW) == Grant(Reason.PERMIT, "p1")


def test_a_permit_that_ended_or_is_for_another_garage_does_not():
    policy = garage()
    later = NOW + timedelta(days=1)
    assert decide(plate(subject="car", at=later), ENTRY, policy, later) == Refusal(Reason.NO_RULE)
    other = replace(ENTRY, code="other garage")
    assert decide(plate(subject="car"), other, policy, NOW) == Refusal(Reason.NO_RULE)
    assert decide(plate(subject="car", at=later), EXIT, policy, later) == Refusal(Reason.UNPAID)


def test_a_strange_vehicle_is_let_in_only_where_the_lane_admits_visitors():
    assert decide(plate(), ENTRY, garage(), NOW) == Refusal(Reason.UNKNOWN_PLATE)
    assert decide(plate(), replace(ENTRY, admits_unknown=True), garage(), NOW) == Grant(Reason.VISITOR)


def test_a_blocked_vehicle_is_kept_out_but_never_locked_in():
    policy = garage(clearances={"京A12345": Clearance("stay", "京A12345", NOW + timedelta(minutes=5))})
    policy.subjects["car"] = replace(policy.subjects["car"], blocked=True)
    for mode in ("controlled", "open"):
        entry = replace(ENTRY, admits_unknown=True, mode=mode)
        assert decide(plate(subject="car"), entry, policy, NOW) == Refusal(Reason.BLOCKED, "car")
    assert decide(plate(subject="car"), EXIT, policy, NOW) == Grant(Reason.CLEARED, "stay")


def test_a_stay_leaves_when_it_is_cleared_and_not_from_the_clearance_s_end_on():
    policy = garage(clearances={"京A12345": Clearance("stay", "京A12345", NOW + timedelta(minutes=5))})
    assert decide(plate(), EXIT, garage(), NOW) == Refusal(Reason.UNPAID)
    assert decide(plate(), EXIT, policy, NOW) == Grant(Reason.CLEARED, "stay")
    end = NOW + timedelta(minutes=5)
    assert decide(plate(at=end), EXIT, policy, end) == Refusal(Reason.UNPAID)


@given(st.integers(0, 6), st.sampled_from("0123456789ABCDEFGHJKLMNPQRSTUVWXYZ京沪苏"))
def test_a_plate_that_differs_in_one_character_is_never_cleared(position, character):
    other = "京A12345"[:position] + character + "京A12345"[position + 1 :]
    policy = garage(clearances={"京A12345": Clearance("stay", "京A12345", NOW + timedelta(minutes=5))})
    granted = isinstance(decide(plate(other), EXIT, policy, NOW), Grant)
    assert granted == (other == "京A12345")


# --- properties ---------------------------------------------------------------------------------------------

GROUPS = ["staff", "guests", "night"]
times = st.times(timezones=st.none()).map(lambda t: t.replace(second=0, microsecond=0))
windows = st.builds(
    TimeWindow, st.frozensets(st.integers(0, 6)), times, times, st.just(frozenset()) | st.just({NOW.date()})
)
schedules = st.lists(windows, max_size=3).map(lambda w: Schedule("s", tuple(w)))
spans = st.none() | st.integers(-48, 48).map(lambda h: NOW + timedelta(hours=h))
rules = st.builds(
    Rule,
    id=st.sampled_from(["a", "b", "c"]),
    groups=st.frozensets(st.sampled_from(GROUPS)),
    gates=st.frozensets(st.sampled_from(["door", "entry"])),
    schedule=st.none() | st.just("s"),
    deny=st.booleans(),
    starts=spans,
    ends=spans,
)
gates = st.builds(replace, st.sampled_from([DOOR, ENTRY, EXIT]), mode=st.sampled_from(["controlled", "open", "closed"]))
sightings = st.builds(
    seen, st.sampled_from([Means.FACE, Means.CARD, Means.PASS, Means.PLATE]), st.sampled_from(["ada", None])
)
policies = st.builds(
    lambda schedule, listed, groups: Policy(
        "Europe/Berlin",
        schedules={"s": schedule},
        rules=tuple(listed),
        subjects={"ada": Subject("ada", groups)},
    ),
    schedules,
    st.lists(rules, max_size=4),
    st.frozensets(st.sampled_from(GROUPS)),
)


@given(sightings, gates, policies, st.integers(0, 4), rules)
def test_adding_a_deny_admits_nobody(sighting, gate, policy, place, rule):
    deny = replace(rule, deny=True)
    stricter = replace(policy, rules=(*policy.rules[:place], deny, *policy.rules[place:]))
    if isinstance(decide(sighting, gate, stricter, NOW), Grant):
        assert isinstance(decide(sighting, gate, policy, NOW), Grant)


@given(sightings, gates, policies)
def test_a_deny_for_everybody_beats_every_grant_to_a_known_person(sighting, gate, policy):
    ban = Rule("ban", frozenset(GROUPS), frozenset({"door", "entry", "exit"}), deny=True)
    policy = replace(policy, rules=(*policy.rules, ban))
    if sighting.subject and policy.subjects["ada"].groups:
        assert isinstance(decide(sighting, gate, policy, NOW), Refusal)


@given(sightings, gates, policies)
def test_every_sighting_gets_an_answer_and_the_same_one_again(sighting, gate, policy):
    assert decide(sighting, gate, policy, NOW) == decide(sighting, gate, policy, NOW)


# --- schedules ----------------------------------------------------------------------------------------------

SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)  # 02:00 -> 03:00 and 03:00 -> 02:00 in Berlin


def minutes_open(window, day):
    """The instants of three days at which the schedule is open, minute by minute."""
    schedule = Schedule("s", (window,))
    start = datetime(day.year, day.month, day.day, tzinfo=BERLIN).astimezone(UTC) - timedelta(days=1)
    return [at for m in range(3 * 24 * 60) if open_at(schedule, at := start + timedelta(minutes=m), BERLIN)]


@pytest.mark.parametrize(("day", "hours"), [(SPRING, 7), (AUTUMN, 9), (date(2026, 6, 10), 8)])
def test_a_night_window_is_as_long_as_the_night_s_clocks_make_it(day, hours):
    evening = day - timedelta(days=1)
    night = TimeWindow(EVERY_DAY, time(22), time(6), frozenset({evening}))
    open_minutes = minutes_open(night, day)
    assert len(open_minutes) == hours * 60
    shown = [open_minutes[0].astimezone(BERLIN), open_minutes[-1].astimezone(BERLIN)]
    assert [(at.date(), at.hour, at.minute) for at in shown] == [(evening, 22, 0), (day, 5, 59)]


@given(st.sampled_from([SPRING, AUTUMN]), times, times)
def test_a_window_is_exact_on_days_when_the_clocks_change(day, start, end):
    window = TimeWindow(EVERY_DAY, start, end, frozenset({day}))
    period = window_on(window, day, BERLIN)
    schedule = Schedule("s", (window,))
    step = timedelta(microseconds=1)
    if not period.is_empty:
        assert open_at(schedule, period.start, BERLIN)
        assert open_at(schedule, period.end - step, BERLIN)
    assert not open_at(schedule, period.start - step, BERLIN)
    assert not open_at(schedule, period.end, BERLIN)


@given(st.sampled_from([SPRING, AUTUMN]), st.lists(times, min_size=3, max_size=3, unique=True))
def test_windows_that_meet_on_the_clock_meet_without_gap_or_overlap(day, clocks):
    first, middle, last = sorted(clocks)
    one = window_on(TimeWindow(EVERY_DAY, first, middle), day, BERLIN)
    other = window_on(TimeWindow(EVERY_DAY, middle, last), day, BERLIN)
    assert one.end == other.start


def test_a_window_that_the_spring_night_skips_is_empty():
    skipped = TimeWindow(EVERY_DAY, time(2, 15), time(2, 45))
    assert window_on(skipped, SPRING, BERLIN).is_empty


@pytest.mark.parametrize(("day", "hours"), [(SPRING, 23), (AUTUMN, 25)])
def test_midnight_to_midnight_is_the_whole_day(day, hours):
    whole = window_on(TimeWindow(EVERY_DAY, time(0), time(0)), day, BERLIN)
    assert whole.length == timedelta(hours=hours)


def test_a_window_belongs_to_the_weekday_and_date_that_it_starts_on():
    friday_night = Schedule("s", (TimeWindow(frozenset({4}), time(22), time(6)),))
    friday, saturday = date(2026, 6, 12), date(2026, 6, 13)

    def is_open(day, hour):
        return open_at(friday_night, datetime(day.year, day.month, day.day, hour, tzinfo=BERLIN), BERLIN)

    assert [is_open(friday, 5), is_open(friday, 22), is_open(saturday, 5), is_open(saturday, 22)] == [
        False,
        True,
        True,
        False,
    ]


def test_on_a_holiday_no_window_starts_but_the_night_before_still_ends():
    holiday = date(2026, 6, 11)
    nights = Schedule("s", (TimeWindow(EVERY_DAY, time(22), time(6)),), frozenset({holiday}))
    at = datetime(2026, 6, 11, 5, tzinfo=BERLIN)
    assert open_at(nights, at, BERLIN)
    assert not open_at(nights, at.replace(hour=22), BERLIN)
    assert not open_at(nights, at.replace(day=12), BERLIN)
    assert open_at(nights, at.replace(day=12, hour=22), BERLIN)
