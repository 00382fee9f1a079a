import uuid

from django.db import migrations, models

from gatehouse.server.keyorder import InKeyOrder


class Migration(migrations.Migration):
    """Which vehicle and when are sealed now. Rows of before are of the last days and can be told anew by hand."""

    dependencies = [
        ('parking', '0009_gaps'),
    ]

    operations = [
        migrations.DeleteModel(name='FreedBay'),
        migrations.CreateModel(
            name='FreedBay',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('on', models.DateField()),
                ('cell', models.BinaryField()),
                ('site', models.ForeignKey(on_delete=models.deletion.CASCADE, related_name='+', to='people.site')),
            ],
        ),
        InKeyOrder("FreedBay"),
    ]
