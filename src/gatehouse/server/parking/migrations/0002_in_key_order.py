from django.db import migrations

from gatehouse.server.keyorder import InKeyOrder


class Migration(migrations.Migration):
    dependencies = [("parking", "0001_initial")]

    operations = [InKeyOrder("OpenStay", "ExitClearance", "ClosedStay", "SpentKey", "Permit")]
