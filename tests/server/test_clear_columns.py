"""The closed list of docs/specs/clear-columns.md, held against every table that there is."""

import re
from collections import Counter
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import models

SPEC = Path(__file__).parents[2] / "docs" / "specs" / "clear-columns.md"
TIMED = {"gates.attempt", "gates.passage", "attendance.punch"}
PLACES = {"people.site"}
PERSONAL = {"people.person", "people.vehicle", "people.credential", "people.consent"}


def listed():
    """(table, column) -> sealed, in the order of the document."""
    found = []
    for line in SPEC.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 3 and re.fullmatch(r"[a-z]+\.[a-z_]+", cells[0]):
            sealed = cells[1].startswith("sealed:")
            names = cells[1].removeprefix("sealed:").split(",")
            found += [((cells[0], name.strip()), sealed) for name in names]
    return found


def tables():
    return list(apps.get_models(include_auto_created=True))


def columns():
    return {(m._meta.label_lower, field.column): field for m in tables() for field in m._meta.concrete_fields}


def test_every_column_is_in_the_list_and_the_list_holds_no_other():
    assert set(columns()) == {key for key, _ in listed()}
    assert [key for key, times in Counter(key for key, _ in listed()).items() if times > 1] == []


def test_a_sealed_column_is_bytes_and_is_called_a_cell():
    for key, sealed in listed():
        field = columns()[key]
        is_cell = field.column == "cell" or field.column.endswith("_cell") or key == ("gates.quarantine", "letter")
        assert sealed == is_cell, key
        assert not sealed or isinstance(field, models.BinaryField), key


def test_a_row_with_a_passages_time_points_only_to_its_site():
    for model in tables():
        if model._meta.label_lower in TIMED:
            pointed_at = {f.related_model._meta.label_lower for f in model._meta.get_fields() if f.is_relation}
            assert pointed_at <= PLACES, model


def test_nothing_points_into_attempts_passages_and_punches():
    for model in tables():
        for field in model._meta.concrete_fields:
            if field.is_relation:
                assert field.related_model._meta.label_lower not in TIMED, field


@pytest.mark.parametrize("label", sorted(PERSONAL))
def test_personal_rows_have_random_ids_and_no_time(label):
    model = apps.get_model(label)
    assert isinstance(model._meta.pk, models.UUIDField)
    assert model._meta.pk.get_default().version == 4
    assert not [f for f in model._meta.concrete_fields if isinstance(f, models.DateField | models.TimeField)]


def test_the_text_of_a_personal_row_is_its_id():
    for label in PERSONAL:
        row = apps.get_model(label)()
        assert str(row) == str(row.pk)


def test_no_session_token_or_password_table_is_there():
    names = {model._meta.label_lower for model in tables()}
    assert not {name for name in names if re.search(r"session|token|password|outbox", name)}


@pytest.mark.django_db
def test_the_migrations_are_complete():
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)
