from django.db import migrations, models


class Migration(migrations.Migration):
    """The part of a camera's picture that is looked at, and whether somebody has tried a device. What stood before this
    is counted as tried: nobody who runs a site is asked to set it up again."""

    dependencies = [("gates", "0007_policies")]

    operations = [
        migrations.AddField(
            model_name="device", name="region", field=models.JSONField(blank=True, default=list)
        ),
        migrations.AddField(model_name="device", name="tried", field=models.BooleanField(default=True)),
        migrations.AlterField(model_name="device", name="tried", field=models.BooleanField(default=False)),
    ]
