"""What the terminal says of a step: plain words, and no fact dropped."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from rich.console import Console

from gatehouse.demo.acts import Told
from gatehouse.demo.narration import Narrator, lines


def test_money_is_told_in_major_units_with_its_currency() -> None:
    facts = {"reason": "unpaid", "amount": 2000, "currency": "CNY", "on_display": True, "on_page": True}
    assert lines(facts) == [
        "held: the stay is not paid",
        "CNY 20.00 asked on the exit's display and on the driver's page",
    ]


def test_a_payslip_is_told_line_by_line() -> None:
    slip = [{"code": "basic", "minor": 1_200_000}, {"code": "income_tax", "minor": -21_000}]
    facts = {"state": "draft", "lines": slip, "net_minor": 1_179_000, "currency": "CNY"}
    assert lines(facts) == ["basic: CNY 12000.00", "income tax: CNY -210.00", "draft: CNY 11790.00 net"]


def test_a_passage_is_told_with_what_let_it_through_and_what_the_gate_did() -> None:
    facts = {"reason": "rule", "means": "face", "faces_detected": 1, "opened": 1}
    assert lines(facts) == ["let in by the site's rule, known by face, 1 face seen, opens once"]
    assert lines({"reason": "odd_reason", "opened": 2}) == ["odd_reason, opens 2 times"]


def test_a_fact_without_words_of_its_own_is_told_all_the_same() -> None:
    assert lines({"failed": "the relay of exit: not within 45 s"}) == ["failed: the relay of exit: not within 45 s"]


def test_each_step_carries_the_storys_time_in_the_sites_zone() -> None:
    console = Console(record=True, width=200, no_color=True)
    narrator = Narrator(console, ZoneInfo("Asia/Shanghai"))
    narrator("Mara is [late]", Told("late", True, 1100, {"opened": 1}), datetime(2026, 12, 1, 1, 17, tzinfo=UTC))
    assert console.export_text().splitlines() == ["Tue 09:17  ✓ Mara is [late] (1.1 s)", " " * 13 + "opens once"]
