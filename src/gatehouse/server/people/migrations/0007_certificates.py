"""Kinds of certificates that a construction site looks at."""

import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("people", "0006_alter_credential_kind")]

    operations = [
        migrations.CreateModel(
            name="CertificateKind",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=60)),
                ("asked", models.BooleanField(default=False)),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="certificate_kinds",
                        to="people.site",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="certificatekind",
            constraint=models.UniqueConstraint(fields=("site", "name"), name="certificate_name_once_per_site"),
        ),
    ]
