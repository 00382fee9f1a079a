import uuid

import django.db.models.deletion
from django.db import migrations, models

from gatehouse.server.keyorder import InKeyOrder


class Migration(migrations.Migration):
    dependencies = [("people", "0004_registers")]

    operations = [
        migrations.AddField(
            "department",
            "parent",
            models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="below",
                to="people.department",
            ),
        ),
        migrations.AddField("department", "cell", models.BinaryField(blank=True, null=True)),
        migrations.CreateModel(
            name="StaffChange",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("done", "Done"), ("undone", "Undone")],
                        default="waiting", max_length=8,
                    ),
                ),
                ("cell", models.BinaryField()),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="changes", to="people.person"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "waiting")), fields=("person",),
                        name="one_change_waits_per_person",
                    )
                ]
            },
        ),
        InKeyOrder("Department", "StaffChange"),
    ]
