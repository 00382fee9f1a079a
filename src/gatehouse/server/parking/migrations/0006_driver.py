import uuid

import django.db.models.deletion
from django.db import migrations, models

from gatehouse.server.keyorder import InKeyOrder


class Migration(migrations.Migration):
    dependencies = [("parking", "0005_lanes"), ("parking", "0005_payments")]

    operations = [
        migrations.CreateModel(
            name="ReceiptCount",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("year", models.PositiveSmallIntegerField()),
                ("last", models.PositiveIntegerField(default=0)),
                (
                    "garage",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="receipt_counts",
                        to="parking.garage",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("garage", "year"), name="one_receipt_count_per_garage_and_year"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Receipt",
            fields=[
                (
                    "payment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="receipt",
                        serialize=False,
                        to="parking.payment",
                    ),
                ),
                ("year", models.PositiveSmallIntegerField()),
                ("cell", models.BinaryField()),
                (
                    "garage",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="receipts", to="parking.garage"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="InvoiceRequest",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "state",
                    models.CharField(
                        choices=[("asked", "Asked"), ("issued", "Issued")], default="asked", max_length=8
                    ),
                ),
                ("cell", models.BinaryField()),
                (
                    "receipt",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="invoice", to="parking.receipt"
                    ),
                ),
            ],
        ),
        InKeyOrder("Receipt", "InvoiceRequest"),
    ]
