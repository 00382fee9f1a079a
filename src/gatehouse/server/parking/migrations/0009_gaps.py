from django.db import migrations, models

from gatehouse.server.keyorder import InKeyOrder
from gatehouse.server.parking.models import Act


class Migration(migrations.Migration):
    dependencies = [("parking", "0008_owner")]

    operations = [
        migrations.AddField("openstay", "vehicle_class", models.CharField(blank=True, default="", max_length=64)),
        migrations.AlterField("laneact", "act", models.CharField(choices=Act.choices, max_length=16)),
        InKeyOrder("OpenStay", "LaneAct"),
    ]
