from django.db import migrations, models

from gatehouse.server.keyorder import InKeyOrder


class Migration(migrations.Migration):
    dependencies = [("parking", "0003_payments_in_key_order")]

    operations = [
        migrations.AddField("payment", "excess_minor", models.BigIntegerField(default=0)),
        migrations.AlterField(
            "laneexception",
            "kind",
            models.CharField(
                choices=[
                    ("exit_without_stay", "Exit Without Stay"),
                    ("entered_twice", "Entered Twice"),
                    ("late_payment", "Late Payment"),
                    ("excess_payment", "Excess Payment"),
                    ("unpriced_payment", "Unpriced Payment"),
                    ("stay_unreadable", "Stay Unreadable"),
                ],
                max_length=24,
            ),
        ),
        InKeyOrder("Payment"),
    ]
