"""Somebody of a contractor may sign in, and sees that company's people alone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="operator", name="contractor", field=models.UUIDField(blank=True, null=True)
        ),
        migrations.AlterField(
            model_name="operator",
            name="role",
            field=models.CharField(
                choices=[
                    ("owner", "owner"),
                    ("security", "security"),
                    ("hr", "hr"),
                    ("parking", "parking"),
                    ("auditor", "auditor"),
                    ("contractor", "contractor"),
                ],
                max_length=16,
            ),
        ),
    ]
