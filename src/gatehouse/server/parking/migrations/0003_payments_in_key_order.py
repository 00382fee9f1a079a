from django.db import migrations

from gatehouse.server.keyorder import InKeyOrder


class Migration(migrations.Migration):
    dependencies = [("parking", "0002_in_key_order")]

    operations = [InKeyOrder("Payment")]
