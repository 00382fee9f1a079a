from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("gates", "0001_initial")]

    operations = [
        migrations.RemoveConstraint(model_name="quarantine", name="letter_once_in_quarantine"),
        migrations.AddIndex(
            model_name="quarantine", index=models.Index(fields=["edge", "seq"], name="quarantine_by_letter")
        ),
    ]
