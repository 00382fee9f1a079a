from django.db import migrations, models

from gatehouse.server.keyorder import InKeyOrder


class Migration(migrations.Migration):
    dependencies = [("people", "0002_in_key_order")]

    operations = [
        migrations.AddField("vehicle", "vehicle_class", models.CharField(blank=True, default="", max_length=64)),
        InKeyOrder("Vehicle"),
    ]
