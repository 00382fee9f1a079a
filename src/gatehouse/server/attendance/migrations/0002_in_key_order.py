from django.db import migrations

from gatehouse.server.keyorder import InKeyOrder


class Migration(migrations.Migration):
    dependencies = [("attendance", "0001_initial")]

    operations = [InKeyOrder("WorkNote", "Workday")]
