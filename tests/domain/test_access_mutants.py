"""The checks of who may pass see the slips that such rules are prone to: each is made once, and must be found."""

from collections.abc import Callable
from functools import partial, wraps

import pytest
from tests.domain.access_cases import CHECKS, domain
from tests.domain.mutants import Mutant, failed, fresh_domain

MUTANTS = [
    Mutant("a grant is looked for before a deny", "access", "if rule.deny and _in_force", "if False and _in_force"),
    Mutant(
        "a missing schedule lets in",
        "access",
        "return rule.deny if schedule is None",
        "return True if schedule is None",
    ),
    Mutant(
        "a deny lifts where the gate is open",
        "access",
        "frozenset({Reason.DENIED, Reason.BLOCKED})",
        "frozenset({Reason.BLOCKED})",
    ),
    Mutant(
        "the last rule that names somebody is the first",
        "rule_index",
        "for place in held.get(one, ())})]",
        "for place in held.get(one, ())}, reverse=True)]",
    ),
    Mutant(
        "a rule is found by one of its gates",
        "rule_index",
        "places.setdefault(gate, []).append(place)",
        "places.setdefault(gate, [place])",
    ),
    Mutant(
        "another policy keeps the index of the one before",
        "policy",
        "if self.index.rules is not self.rules:",
        "if not self.index.rules:",
    ),
    Mutant(
        "a window holds its end",
        "periods",
        "return self.start <= instant(moment) < self.end",
        "return self.start <= instant(moment) <= self.end",
    ),
    Mutant(
        "a temporary rule holds its end", "periods", "(ends is None or now < ends)", "(ends is None or now <= ends)"
    ),
    Mutant("a holiday is as any other day", "schedules", "if day not in schedule.closed_on", "if True"),
    Mutant(
        "the night's window is forgotten at midnight",
        "schedules",
        "for day in (today - DAY, today)",
        "for day in (today,)",
    ),
    Mutant(
        "a repeated hour ends at its second showing",
        "schedules",
        "at_local(last, window.end, zone)",
        "at_local(last, window.end, zone, fold=1)",
    ),
    Mutant("the newest told counts, not the newest", "whereabouts", "held is None or move.is_newer_than(held)", "True"),
    Mutant(
        "of two at one time the first told counts",
        "whereabouts",
        "(self.at, self.id) > (other.at, other.id)",
        "self.at > other.at",
    ),
    Mutant("nobody is ever forgotten", "whereabouts", "or now - move.at >= lasts", "or False"),
    Mutant("an older word undoes a newer one", "whereabouts", "max(at, self.forgotten.get(zone, at))", "at"),
    Mutant(
        "timed holds for ever", "zones", "return now - move.at < timedelta(seconds=rules.passback_s)", "return True"
    ),
    Mutant("who leaves is held", "zones", "if soft and gate.direction is Direction.IN and", "if soft and"),
    Mutant("a soft zone refuses", "zones", "if kind is Passback.SOFT or away:", "if away:"),
    Mutant(
        "without the server a zone holds on though it should not",
        "zones",
        "if kind is Passback.SOFT or away:",
        "if kind is Passback.SOFT:",
    ),
    Mutant(
        "a limit holds one too many",
        "zones",
        "len(others) + coming > rules.limit",
        "len(others) + coming > rules.limit + 1",
    ),
    Mutant(
        "who is on the way in is not counted", "zones", "| around.coming.get(rules.id, frozenset())", "| frozenset()"
    ),
    Mutant("one counts as two", "zones", "if one.waits and one.subject != subject and", "if one.waits and"),
    Mutant(
        "who was let in long ago is the second",
        "zones",
        "timedelta() <= now - one.at <= timedelta(seconds=rules.together_s)",
        "True",
    ),
    Mutant("yesterday's first person counts", "zones", "local_date(came, zone) == local_date(now, zone)", "True"),
    Mutant("a guest escorts a guest", "zones", "one.groups & rules.escorts and", ""),
    Mutant("a door is interlocked with itself", "zones", "code != gate.code and code in", "code in"),
    Mutant(
        "a lockdown keeps what was told the gate before",
        "modes",
        "if policy.alert is Alert.LOCKDOWN:",
        "if policy.alert is Alert.LOCKDOWN and gate.mode == 'controlled':",
    ),
    Mutant("yesterday's first person unlocks", "modes", "not began <= first_came <= now", "False"),
    Mutant(
        "an unknown mode is a rule's",
        "modes",
        "_OWN.get(gate.mode, Stand.CLOSED)",
        "_OWN.get(gate.mode, Stand.CONTROLLED)",
    ),
]


def checks() -> list[Callable[[], None]]:
    """Of the copy of the domain that is imported now."""
    rooms = domain()
    return [wraps(check)(partial(check, rooms)) for check in CHECKS]


def test_the_checks_pass_on_a_fresh_copy_of_the_source_as_it_is() -> None:
    with fresh_domain(None):
        assert failed(checks()) is None


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.says)
def test_a_slip_in_who_may_pass_is_found(mutant: Mutant) -> None:
    with fresh_domain(mutant):
        found = failed(checks())
    assert found is not None, f"nothing noticed that {mutant.says}"
