from typing import Any

from django.db import migrations, models

import gatehouse.server.people.models
from gatehouse.server.keyorder import InKeyOrder


def renumber(apps: Any, schema_editor: Any) -> None:
    """Memberships were numbered as the back office wrote them. Nothing refers to one."""
    memberships = apps.get_model("people", "Membership")._base_manager
    for old in list(memberships.values_list("pk", flat=True)):
        memberships.filter(pk=old).update(id=gatehouse.server.people.models.random_number())


class Migration(migrations.Migration):
    dependencies = [("people", "0009_photos")]

    operations = [
        migrations.AlterField(
            model_name="membership",
            name="id",
            field=models.BigIntegerField(
                default=gatehouse.server.people.models.random_number, editable=False, primary_key=True, serialize=False
            ),
        ),
        migrations.RunPython(renumber, migrations.RunPython.noop),
        InKeyOrder("Membership"),
    ]
