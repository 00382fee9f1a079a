"""Collectors of pupils, hand-overs, and notices of absence."""

import uuid
from typing import Any

import django.db.models.deletion
from django.db import migrations, models

from gatehouse.server.keyorder import InKeyOrder


def _one(to: str, name: str) -> models.OneToOneField[Any, Any]:
    return models.OneToOneField(
        on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name=name, serialize=False, to=to
    )


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("attendance", "0008_leave"),
        ("people", "0007_certificates"),
    ]

    operations = [
        migrations.CreateModel(
            name="PickupSetup",
            fields=[
                ("site", _one("people.site", "pickup_setup")),
                ("tells", models.BooleanField(default=False)),
                ("grace_min", models.PositiveSmallIntegerField(default=10)),
                (
                    "group",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="people.group"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Collector",
            fields=[
                ("person", _one("people.person", "collector")),
                ("cell", models.BinaryField()),
                ("mail_cell", models.BinaryField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="PickupBook",
            fields=[("person", _one("people.person", "pickup_book")), ("cell", models.BinaryField())],
        ),
        migrations.CreateModel(
            name="AbsenceRound",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("on", models.DateField()),
                ("session", models.CharField(max_length=16)),
                (
                    "school_class",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rounds",
                        to="attendance.schoolclass",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="absenceround",
            constraint=models.UniqueConstraint(
                fields=("school_class", "on", "session"), name="absence_round_once_per_bell"
            ),
        ),
        migrations.CreateModel(
            name="AbsenceNotice",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("on", models.DateField()),
                (
                    "state",
                    models.CharField(
                        choices=[("told", "Told"), ("nobody", "Nobody"), ("answered", "Answered")], max_length=12
                    ),
                ),
                ("cell", models.BinaryField()),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="absence_notices",
                        to="people.site",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="absencenotice",
            index=models.Index(fields=["site", "on"], name="notice_by_site_and_date"),
        ),
        InKeyOrder("Collector", "PickupBook", "AbsenceNotice"),
    ]
