"""docs/specs/attacks.md names tests that exist, and says so where there is none."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"`(tests/[^`]+)`")
NONE_YET = re.compile(r"^no test yet: \w")


def rows() -> list[list[str]]:
    """The lines of the table, without its head: attack, what must hold, tests."""
    text = (ROOT / "docs" / "specs" / "attacks.md").read_text("utf-8")
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def names_in(file: Path) -> set[str]:
    return {node.name for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0][:40])
def test_every_attack_names_tests_that_exist_or_says_why_there_is_none(row: list[str]) -> None:
    assert len(row) == 3
    named = NAMED.findall(row[2])
    assert NONE_YET.match(row[2]) or (named and not NAMED.sub("", row[2]).strip())
    for one in named:
        file, _, name = one.partition("::")
        assert (ROOT / file).is_file(), one
        assert name.startswith("test_"), one
        assert name in names_in(ROOT / file), one


def test_every_file_of_this_folder_stands_in_the_list() -> None:
    """A new file of attacks is found by whoever reads the list."""
    named = {name.partition("::")[0] for row in rows() for name in NAMED.findall(row[2])}
    here = {f"tests/attacks/{file.name}" for file in Path(__file__).parent.glob("test_*.py")}
    assert here - named - {"tests/attacks/test_list_of_attacks.py"} == set()
