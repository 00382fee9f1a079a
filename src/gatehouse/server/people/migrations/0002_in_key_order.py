from django.db import migrations

from gatehouse.server.keyorder import InKeyOrder


class Migration(migrations.Migration):
    dependencies = [("people", "0001_initial")]

    operations = [InKeyOrder("Person", "Consent", "Credential", "Vehicle")]
