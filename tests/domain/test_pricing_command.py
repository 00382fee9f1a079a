"""`gatehouse price`: the worked stays through the command, and what it says to bad input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gatehouse.cli import app

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "parking.json").read_text("utf-8"))


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["price", *words])


@pytest.fixture
def tariff(tmp_path: Path):
    def write(name: str) -> str:
        file = tmp_path / f"{name}.json"
        file.write_text(json.dumps(VECTORS["tariffs"][name]), "utf-8")
        return str(file)

    return write


@pytest.mark.parametrize("case", VECTORS["stays"], ids=lambda case: case["says"])
def test_every_worked_stay_comes_out_to_the_cent(case, tariff) -> None:
    words = [tariff(case["tariff"]), "--from", case["entry"], "--to", case["exit"], "--class", case["class"], "--json"]
    words += ["--validated-min", str(case["validated_min"])] if "validated_min" in case else []
    words += ["--validated-amount", str(case["validated_amount"])] if "validated_amount" in case else []
    said = run(*words)
    assert said.exit_code == 0, said.output
    answer = json.loads(said.stdout)
    assert (answer["total"], answer["tax"]) == (case["total"], case["tax"])
    assert sum(line["amount"] for line in answer["lines"]) == case["total"]
    assert sum(line["covered_s"] for line in answer["lines"]) == answer["length_s"]
    assert [line["amount"] for line in answer["lines"]] == [line["amount"] for line in case["lines"]]


def test_the_table_names_rule_time_and_amount(tariff) -> None:
    said = run(tariff("shopping-centre"), "--from", "2026-06-10T18:50", "--to", "2026-06-11T01:00").stdout
    told = " ".join(said.split())
    assert "2026-06-10: never more than CNY 40.00 CNY -4.00" in told
    assert "total 6 h 10 min CNY 48.00" in told


@pytest.mark.parametrize(
    ("entry", "exit_at", "word"),
    [
        ("yesterday", "2026-06-10T10:00", "--from is a time such as"),
        ("2026-06-10T10:00", "", "--to is a time such as"),
        ("2026-11-01T01:10", "2026-11-01T05:00", "twice; write 2026-11-01T01:10:00-04:00 or 2026-11-01T01:10:00-05:00"),
        ("2026-03-08T02:30", "2026-03-08T05:00", "never show 2026-03-08T02:30"),
        ("2026-06-10T10:00", "2026-06-10T09:59", "before entry"),
        ("0001-01-01T00:00:00+14:00", "2026-06-10T09:59", "no time of a stay"),
        ("2026-06-10T10:00", "2036-07-10T10:00", "more than 3660 days"),
    ],
)
def test_a_stay_that_cannot_be_is_refused_in_words(entry: str, exit_at: str, word: str, tariff) -> None:
    said = run(tariff("downtown"), "--from", entry, "--to", exit_at)
    assert said.exit_code == 1
    assert word in " ".join(said.stderr.split())


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "not JSON"),
        (b"[" * 50_000, "not JSON"),
        (b"\xff\xfe{}", "not JSON in UTF-8"),
        (b"[]", "write an object in braces"),
        (b"{}", "name"),
        (b" " * 1_100_000, "over 1024 kB"),
    ],
)
def test_a_file_that_is_no_tariff_is_refused_in_words(content: bytes, word: str, tmp_path: Path) -> None:
    file = tmp_path / "tariff.json"
    file.write_bytes(content)
    said = run(str(file), "--from", "2026-06-10T10:00", "--to", "2026-06-10T11:00")
    assert said.exit_code == 1
    assert word in said.stderr


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    said = run(str(tmp_path / "none.json"), "--from", "2026-06-10T10:00", "--to", "2026-06-10T11:00")
    assert (said.exit_code, "No such file" in said.stderr) == (1, True)


def test_a_class_that_the_tariff_does_not_name_is_said_to_pay_as_a_car(tariff) -> None:
    asked = (tariff("event"), "--from", "2026-06-10T10:00", "--to", "2026-06-10T11:00", "--class")
    assert "truck is not named in this tariff: priced as a car" in run(*asked, "truck").stdout
    assert "priced as a car" not in run(*asked, "motorcycle").stdout
    bad = run(*asked, "Motor cycle!")
    assert (bad.exit_code, "--class: write a short name" in bad.stderr) == (1, True)


@pytest.mark.parametrize("content", ["", "[" * 100_000, "NaN", '{"name": 1e999}', "9" * 5000, "{}", "[]", "null"])
def test_garbage_in_a_file_is_refused_in_words_also_for_apds(tmp_path, content) -> None:
    file = tmp_path / "odd.json"
    file.write_text(content, "utf-8")
    for more in (["--apds"], ["--from", "2026-06-10T10:00", "--to", "2026-06-10T11:00"]):
        said = run(str(file), *more)
        assert (said.exit_code, said.stdout, "odd.json" in said.stderr.replace("\n", "")) == (1, "", True)
        assert "Traceback" not in said.stderr
