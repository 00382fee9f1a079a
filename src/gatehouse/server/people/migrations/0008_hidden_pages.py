from django.db import migrations, models


class Migration(migrations.Migration):
    """Which pages a site's people do without; a site that stands already goes on showing all."""

    dependencies = [("people", "0007_certificates")]

    operations = [
        migrations.AddField(
            model_name="site", name="hidden_pages", field=models.JSONField(blank=True, default=list)
        ),
    ]
