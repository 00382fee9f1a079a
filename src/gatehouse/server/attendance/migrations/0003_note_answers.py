import uuid

import django.db.models.deletion
from django.db import migrations, models

from gatehouse.server.keyorder import InKeyOrder


class Migration(migrations.Migration):
    dependencies = [("attendance", "0002_in_key_order")]

    operations = [
        migrations.CreateModel(
            name="NoteAnswer",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("to_reckon", models.BooleanField(default=False)),
                ("cell", models.BinaryField()),
                (
                    "note",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="answer", to="attendance.worknote"
                    ),
                ),
            ],
        ),
        InKeyOrder("NoteAnswer"),
    ]
