"""Finding somebody by a few letters: of a name, of its pinyin, of its initials, with or without accents."""

import time

import pytest

from gatehouse.keeper.index import NAME_LABEL, Index
from gatehouse.keeper.spelling import begins, parts, readings, typed

PEOPLE = {
    "zhang": "张三",
    "zhangsun": "长孙无忌",
    "shan": "单雄信",
    "lv": "吕布",
    "ouyang": "欧阳 锋",
    "mueller": "Jörg Müller",
    "los": "Zofia Łoś",
    "obrien": "Sinéad O'Brien-Ruiz",
    "moss": "Lin Moss",
    "mixed": "王小明 Ming",
}


@pytest.fixture
def index() -> Index:
    made = Index()
    for subject, name in PEOPLE.items():
        made.put(NAME_LABEL, subject, subject, name)
    return made


def found(index: Index, text: str) -> set[str]:
    return set(index.find(text, frozenset({NAME_LABEL}), 100))


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("张", {"zhang"}),
        ("张三", {"zhang"}),
        ("三", {"zhang"}),
        ("zha", {"zhang", "zhangsun"}),
        ("zhang", {"zhang", "zhangsun"}),
        ("ZhangSan", {"zhang"}),
        ("zhang san", {"zhang"}),
        ("zhangs", {"zhang", "zhangsun"}),
        ("zs", {"zhang", "zhangsun"}),
        ("csw", {"zhangsun"}),
        ("shan", {"shan"}),
        ("sxx", {"shan"}),
        ("lvb", {"lv"}),
        ("lubu", {"lv"}),
        ("lübu", {"lv"}),
        ("oyf", {"ouyang"}),
        ("ouyangfeng", {"ouyang"}),
        ("muller", {"mueller"}),
        ("müll", {"mueller"}),
        ("MÜL", {"mueller"}),
        ("los", {"los"}),
        ("łoś", {"los"}),
        ("obr", {"obrien"}),
        ("sinead", {"obrien"}),
        ("o'brien", {"obrien"}),
        ("lm", {"moss"}),
        ("linm", {"moss"}),
        ("mos", {"moss"}),
        ("wxmm", {"mixed"}),
        ("ming", {"mixed"}),
        ("ｚｈａ", {"zhang", "zhangsun"}),
    ],
)
def test_these_letters_mean_these_people(index: Index, text: str, who: set[str]) -> None:
    assert found(index, text) == who


@pytest.mark.parametrize(
    "text", ["", " ", "z", "zh", "an", "in", "os", "hang", "zsz", "zhangli", "李", "\0", "%", "..", "z.", "张李"]
)
def test_these_mean_nobody(index: Index, text: str) -> None:
    assert found(index, text) == set()


@pytest.mark.parametrize("text", ["z" * 5000, "[" * 5000, "张" * 5000, "\u202e" * 99, "é" * 999, "a\u0301" * 500])
def test_garbage_is_answered_soon(index: Index, text: str) -> None:
    index.put(NAME_LABEL, "long", "long", "ab " * 80)
    began = time.monotonic()
    assert found(index, text) == set()
    assert time.monotonic() - began < 1


def test_a_name_that_repeats_itself_costs_no_more_than_its_length() -> None:
    spelt = parts("aaaa " * 60)
    began = time.monotonic()
    assert not begins("a" * 59 + "b", spelt)
    assert time.monotonic() - began < 1


def test_whoever_begins_with_it_comes_first(index: Index) -> None:
    index.put(NAME_LABEL, "last", "last", "Ada Linden")
    assert index.find("lin", frozenset({NAME_LABEL}), 100) == ["moss", "last"]


def test_the_whole_number_comes_before_all_that_begin_with_it(index: Index) -> None:
    for n in (10, 11, 1, 12, 100):
        index.put("person.brief/1", str(n), str(n), f"S-{n} AB")
    found = index.find("s-1", frozenset({NAME_LABEL, "person.brief/1"}), 2)
    assert found[0] == "1"


def test_another_name_in_the_same_row_takes_the_place_of_the_one_before(index: Index) -> None:
    index.put(NAME_LABEL, "zhang", "zhang", "李四")
    assert found(index, "ls") == {"zhang"}
    assert "zhang" not in found(index, "zhang")


def test_all_readings_count_and_an_unknown_character_has_none() -> None:
    assert {"dan", "shan"} <= readings("单")
    assert readings("\U0002ceaf") == readings("\U0002ceaf")
    assert typed("zhang-san’s") == "zhangsans"
