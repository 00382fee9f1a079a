from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from gatehouse.server.keyorder import InKeyOrder


def keep_the_one_that_is_read(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Two writers at once could leave a second row; only the first by id was ever read or changed again."""
    contract, kept = apps.get_model("payroll", "Contract"), set()
    for row_id, person_id in contract.objects.order_by("id").values_list("id", "person_id"):
        if person_id in kept:
            contract.objects.filter(pk=row_id).delete()
        kept.add(person_id)


class Migration(migrations.Migration):
    dependencies = [("payroll", "0002_in_key_order")]

    operations = [
        migrations.RunPython(keep_the_one_that_is_read, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="contract",
            constraint=models.UniqueConstraint(fields=["person"], name="contract_once_per_person"),
        ),
        InKeyOrder("Contract"),
    ]
