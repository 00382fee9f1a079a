import uuid
from django.db import migrations, models

from gatehouse.server.keyorder import InKeyOrder


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Recipient',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('sites', models.JSONField(blank=True, default=list)),
                ('address_cell', models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name='Watched',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('history', models.PositiveIntegerField(default=0)),
                ('size', models.BigIntegerField(default=0)),
                ('root', models.BinaryField(max_length=32)),
                ('through', models.BigIntegerField(default=0)),
                ('again', models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='Alert',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('history', models.PositiveIntegerField()),
                ('place', models.BigIntegerField()),
                ('kind', models.CharField(max_length=16)),
                ('actor', models.CharField(blank=True, max_length=64)),
                ('role', models.CharField(blank=True, max_length=16)),
                ('of', models.CharField(blank=True, max_length=64)),
                ('sites', models.JSONField(blank=True, default=list)),
                ('at', models.DateTimeField()),
                ('last_at', models.DateTimeField()),
                ('count', models.PositiveIntegerField(default=1)),
                ('acknowledged_at', models.DateTimeField(blank=True, null=True)),
                ('acknowledged_by', models.CharField(blank=True, max_length=64)),
            ],
            options={
                'indexes': [models.Index(fields=['acknowledged_at', 'at'], name='alert_by_answer_and_time')],
                'constraints': [models.UniqueConstraint(fields=('history', 'place'), name='alert_once_per_line')],
            },
        ),
        InKeyOrder("Recipient"),
    ]
