from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gatehouse.domain.approaches import Answer, Approach, nearly_equal
from gatehouse.domain.decisions import Reason
from gatehouse.domain.sightings import Means, Read, Voting, settle

NOW = datetime(2026, 6, 10, 8, 0, tzinfo=UTC)
GAP = timedelta(seconds=3)
LEAVES = timedelta(seconds=2.5)


def at(seconds):
    return NOW + timedelta(seconds=seconds)


def faces(*subjects):
    return [Read(Means.FACE, at(i / 8), "", subject, 0.8) for i, subject in enumerate(subjects)]


def plates(*texts, confidence=0.8):
    return [Read(Means.PLATE, at(i / 8), text, None, confidence) for i, text in enumerate(texts)]


def shown(value="pass-1", means=Means.PASS, when=NOW, subject="ada", ends=None):
    return Read(means, when, value, subject, 1.0, ends)


# --- faces --------------------------------------------------------------------------------------------------


def test_a_face_is_believed_after_three_votes_of_five():
    assert settle(faces("ada", "ada")) is None
    sighting = settle(faces(None, "ada", None, "ada", "ada"))
    assert (sighting.subject, sighting.reads) == ("ada", 3)


def test_a_sighting_says_when_its_evidence_began_and_how_fresh_it_is():
    sighting = settle(faces("ada", None, "ada", "ada", None))
    assert (sighting.first_at, sighting.last_at) == (at(0), at(3 / 8))


def test_two_people_who_are_read_in_turns_are_nobody():
    assert settle(faces("ada", "bob", "ada", "bob", "ada")) is None


def test_a_face_is_unknown_only_after_enough_reads_that_found_nobody():
    assert settle(faces(*[None] * 5)) is None
    sighting = settle(faces(*[None] * 6))
    assert (sighting.means, sighting.subject, sighting.reads) == (Means.FACE, None, 6)


def test_one_read_that_found_somebody_leaves_it_open():
    assert settle(faces(None, None, None, "ada", None, None)) is None
    assert settle(faces("ada", *[None] * 6)).subject is None


def test_old_votes_do_not_count():
    assert settle(faces("ada", "ada", "ada", "bob", "bob", "bob", None, None)) is not None
    assert settle(faces("ada", "ada", "ada", None, None, None)) is None


@given(st.lists(st.sampled_from(["ada", "bob", None]), max_size=12))
def test_nobody_is_named_who_has_not_most_of_the_newest_reads(subjects):
    sighting = settle(faces(*subjects))
    if sighting is not None and sighting.subject is not None:
        newest = subjects[-5:]
        others = {"ada", "bob"} - {sighting.subject}
        assert newest.count(sighting.subject) >= 3
        assert all(newest.count(sighting.subject) - newest.count(other) >= 2 for other in others)


# --- plates -------------------------------------------------------------------------------------------------


def test_a_plate_is_believed_when_it_is_read_the_same_three_times():
    assert settle(plates("京A12345", "京A12345")) is None
    assert settle(plates("京A12345", "京A12346", "京A12345", "京A12345")).value == "京A12345"


def test_near_plates_are_never_added_together():
    assert settle(plates("京A12345", "京A12346", "京A12347", "京A12348")) is None


def test_a_plate_that_is_hardly_legible_is_no_read():
    assert settle(plates(*["京A12345"] * 5, confidence=0.29)) is None


def test_one_very_sure_read_is_enough_unless_another_is_as_sure():
    assert settle(plates("京A12345", confidence=0.97)).value == "京A12345"
    assert settle(plates("京A12345", "京A12346", confidence=0.97)) is None


def test_most_votes_beat_one_sure_read():
    reads = [*plates(*["京A12345"] * 3), *plates("京B99999", confidence=0.99)]
    assert settle(reads).value == "京A12345"


# --- passes -------------------------------------------------------------------------------------------------


def test_what_is_shown_counts_at_once_and_before_faces():
    sighting = settle([*faces(*[None] * 6), shown(ends=at(60))])
    assert (sighting.means, sighting.value, sighting.subject, sighting.ends) == (
        Means.PASS,
        "pass-1",
        "ada",
        at(60),
    )


def test_nothing_read_is_nothing_seen():
    assert settle([]) is None


# --- approaches ---------------------------------------------------------------------------------------------


def answer(sighting, granted=True, reason=Reason.VISITOR, version=1, again_at=None):
    return Answer(sighting, granted, reason, version, sighting.last_at, again_at)


class Lane:
    """Feeds an approach as a gate does and counts what had to be decided."""

    def __init__(self, granted=True, reason=Reason.VISITOR, serves_s=15):
        self.approach, self.decided, self.version = Approach(), [], 1
        self.granted, self.reason, self.serves_s = granted, reason, serves_s

    def look(self, seconds, *reads):
        now = at(seconds)
        self.approach = self.approach.seen(reads, now, GAP)
        sighting = self.approach.due(self.version, now) if reads else None
        if sighting is not None:
            self.decided.append((seconds, sighting.value or sighting.subject))
            until = now + timedelta(seconds=self.serves_s)
            given = answer(sighting, self.granted, self.reason, self.version)
            self.approach = self.approach.answered(given, until if self.granted else None)

    def passes(self):
        if self.approach.answers:
            self.approach = self.approach.passed(self.approach.answers[-1], self.approach.seen_at + LEAVES)

    def car(self, text, start, end, step=0.5):
        seconds = start
        while seconds < end:
            self.look(seconds, Read(Means.PLATE, at(seconds), text, None, 0.8))
            seconds += step


def test_a_parked_car_triggers_once():
    lane = Lane()
    lane.car("京A12345", 0, 600)
    assert lane.decided == [(1.0, "京A12345")]


def test_the_same_car_that_comes_again_triggers_again():
    lane = Lane()
    lane.car("京A12345", 0, 5)
    lane.look(6)
    lane.look(9)
    lane.car("京A12345", 10, 15)
    assert lane.decided == [(1.0, "京A12345"), (11.0, "京A12345")]


def test_a_short_gap_is_the_same_approach():
    lane = Lane()
    lane.car("京A12345", 0, 5)
    lane.car("京A12345", 7.5, 12)
    assert len(lane.decided) == 1


def test_the_next_car_bumper_to_bumper_is_decided_too():
    lane = Lane()
    lane.car("京A12345", 0, 5)
    lane.car("沪B77777", 5, 10)
    assert [value for _, value in lane.decided] == ["京A12345", "沪B77777"]


def test_a_car_that_was_let_in_and_is_then_misread_does_not_open_twice():
    lane = Lane()
    lane.car("京A12345", 0, 5)
    lane.car("京A12346", 5, 10)
    assert len(lane.decided) == 1


def test_after_the_passage_a_car_with_nearly_the_same_plate_is_another_car():
    lane = Lane()
    lane.car("京A12345", 0, 5)
    lane.passes()
    lane.car("京A12346", 5, 10)
    assert [value for _, value in lane.decided] == ["京A12345", "京A12346"]


def test_a_car_that_drives_off_and_is_misread_while_it_leaves_opens_nothing_more():
    lane = Lane()
    lane.car("京A12345", 0, 5)
    lane.passes()
    lane.car("京A1234", 5, 6)
    lane.car("京A78888", 6, 7)
    assert [value for _, value in lane.decided] == ["京A12345"]
    lane.car("沪B77777", 7, 12)
    assert [value for _, value in lane.decided] == ["京A12345", "沪B77777"]


def test_in_a_queue_without_a_gap_a_car_that_comes_back_is_decided_again():
    lane = Lane()
    for number, text in enumerate(["京A12345", "沪B77777", "粤C00001", "京A12345"]):
        lane.passes()
        lane.car(text, 20 * number, 20 * (number + 1))
    assert [value for _, value in lane.decided] == ["京A12345", "沪B77777", "粤C00001", "京A12345"]


def test_a_car_that_was_refused_as_misread_is_decided_when_it_is_read_well():
    lane = Lane(granted=False, reason=Reason.UNKNOWN_PLATE)
    lane.car("京A12346", 0, 2)
    lane.car("京A12345", 2, 6)
    assert [value for _, value in lane.decided] == ["京A12346", "京A12345"]


def test_a_refused_car_that_stands_is_decided_anew_when_the_policy_changes():
    lane = Lane(granted=False, reason=Reason.UNPAID)
    lane.car("京A12345", 0, 10)
    lane.version = 2
    lane.granted = True
    lane.car("京A12345", 10, 20)
    lane.version = 3
    lane.car("京A12345", 20, 30)
    assert lane.decided == [(1.0, "京A12345"), (10, "京A12345")]


def test_a_refusal_for_a_time_is_decided_anew_when_that_is_over():
    sighting = settle(plates(*["京A12345"] * 3))
    approach = Approach().seen(plates(*["京A12345"] * 3), NOW, GAP)
    approach = approach.answered(answer(sighting, False, Reason.ALREADY_GRANTED, again_at=at(10)))
    assert approach.due(1, at(9.9)) is None
    assert approach.due(1, at(10)) == sighting


def test_a_face_that_turns_away_after_a_grant_is_not_an_unknown_face():
    lane = Lane()
    for i, read in enumerate([*faces("ada", "ada", "ada"), *faces(*[None] * 20)]):
        lane.look(i / 8, read)
    assert lane.decided == [(2 / 8, "ada")]


def test_when_the_grant_is_over_an_unknown_face_is_an_answer_again():
    lane = Lane(serves_s=1)
    for i, read in enumerate([*faces("ada", "ada", "ada"), *faces(*[None] * 20)]):
        lane.look(i / 8, read)
    assert len(lane.decided) == 2


def test_somebody_else_right_behind_is_decided_for_themselves():
    lane = Lane()
    for i, read in enumerate(faces(*["ada"] * 4, *["bob"] * 5)):
        lane.look(i / 8, read)
    assert [value for _, value in lane.decided] == ["ada", "bob"]


def test_a_refused_pass_that_is_held_up_does_not_hide_the_face_behind_it():
    lane = Lane(granted=False, reason=Reason.EXPIRED_PASS)
    for i in range(10):
        lane.look(i / 8, shown(when=at(i / 8)), *faces("ada"))
    assert [value for _, value in lane.decided] == ["pass-1", "ada"]


@given(st.lists(st.sampled_from(["京A12345", "沪B77777", "粤C00001"]), max_size=60))
def test_within_one_approach_a_granted_plate_is_never_decided_twice(texts):
    lane = Lane()
    for i, text in enumerate(texts):
        lane.look(i / 2, Read(Means.PLATE, at(i / 2), text, None, 0.8))
    values = [value for _, value in lane.decided]
    assert len(values) == len(set(values))


def test_an_approach_is_open_until_what_is_read_has_its_answer():
    lane = Lane()
    assert not lane.approach.is_open()
    lane.car("京A12345", 0, 1)
    assert lane.approach.is_open()
    lane.car("京A12345", 1, 3)
    assert not lane.approach.is_open()
    lane.car("沪B77777", 3, 3.5)
    assert lane.approach.is_open()


def test_memory_of_an_approach_is_bounded():
    lane = Lane()
    lane.car("京A12345", 0, 600)
    assert len(lane.approach.reads) <= 2 * Voting().longest


def test_one_changed_missing_or_added_character_is_nearly_equal_and_two_are_not():
    near = [("A123", "A124"), ("A123", "A12"), ("A123", "A1234"), ("A123", "B123"), ("A123", "XA123"), ("A", "")]
    far = [("A123", "A145"), ("A123", "A1"), ("AB12", "BA12"), ("A123", "A12345")]
    assert all(nearly_equal(a, b) and nearly_equal(b, a) for a, b in near)
    assert not any(nearly_equal(a, b) or nearly_equal(b, a) for a, b in far)
