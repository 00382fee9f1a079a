from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("gates", "0003_offline")]

    operations = [migrations.AddField("opening", "numbered", models.BooleanField(default=False))]
