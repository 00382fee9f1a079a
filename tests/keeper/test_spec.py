"""docs/specs/keeper.md names every label and every job as the keeper knows them, and no other."""

import re
from pathlib import Path

from gatehouse.keeper.labels import LABELS
from gatehouse.keeper.rules import JOB_READS, JOBS

SPEC = Path(__file__).parents[2] / "docs" / "specs" / "keeper.md"
TICKED = re.compile(r"`([^`]+)`")


def rows(title):
    """The lines of the table under a heading, without its head."""
    section = SPEC.read_text("utf-8").split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_every_label_stands_in_the_spec_with_its_key_its_cap_and_who_else_may_have_it():
    said = [(row[0].strip("`"), *row[1:5]) for row in rows("Labels")]
    known = [
        (one.name, one.key.value, one.budget.value, "yes" * one.indexed, "yes" * one.edges) for one in LABELS.values()
    ]
    assert sorted(said) == sorted(known)


def test_every_label_says_what_lies_in_it():
    assert [row[0] for row in rows("Labels") if not row[5]] == []


def test_every_job_stands_in_the_spec_with_what_it_may_and_reads():
    said = {row[0].strip("`"): (set(TICKED.findall(row[1])), set(TICKED.findall(row[2]))) for row in rows("Jobs")}
    assert said == {name: (set(JOBS[name]), set(JOB_READS.get(name, ()))) for name in JOBS}
