import django.db.models.deletion
import uuid
from django.db import migrations, models

from gatehouse.server.keyorder import InKeyOrder


class Migration(migrations.Migration):

    dependencies = [
        ('parking', '0004_excess_payments'),
    ]

    operations = [
        migrations.CreateModel(
            name='LaneAct',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('operator', models.CharField(max_length=36)),
                ('act', models.CharField(choices=[('free_pass', 'Free Pass'), ('opened', 'Opened'), ('left_unseen', 'Left Unseen'), ('closed_unpaid', 'Closed Unpaid'), ('same_car', 'Same Car')], max_length=16)),
                ('reason', models.CharField(max_length=24)),
                ('on', models.DateField()),
                ('waived_minor', models.BigIntegerField(default=0)),
                ('currency', models.CharField(max_length=3)),
            ],
        ),
        migrations.CreateModel(
            name='TakenAlong',
            fields=[
                ('opening', models.UUIDField(primary_key=True, serialize=False)),
                ('stay', models.UUIDField(null=True)),
            ],
        ),
        migrations.AddField(
            model_name='laneexception',
            name='answer',
            field=models.CharField(blank=True, max_length=24),
        ),
        migrations.AddField(
            model_name='laneexception',
            name='cell',
            field=models.BinaryField(null=True),
        ),
        migrations.AddField(
            model_name='laneexception',
            name='fact',
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name='laneexception',
            name='gate',
            field=models.CharField(blank=True, max_length=32),
        ),
        migrations.AddField(
            model_name='laneexception',
            name='passed',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='laneexception',
            name='reason',
            field=models.CharField(blank=True, max_length=24),
        ),
        migrations.AddField(
            model_name='laneexception',
            name='taken_by',
            field=models.CharField(blank=True, max_length=36),
        ),
        migrations.AddField(
            model_name='laneexception',
            name='token',
            field=models.BinaryField(max_length=32, null=True),
        ),
        migrations.AddField(
            model_name='openstay',
            name='folded',
            field=models.BinaryField(default=b'', max_length=32),
        ),
        migrations.AddField(
            model_name='openstay',
            name='second_cell',
            field=models.BinaryField(null=True),
        ),
        migrations.AddField(
            model_name='openstay',
            name='second_token',
            field=models.BinaryField(max_length=32, null=True),
        ),
        migrations.AlterField(
            model_name='laneexception',
            name='kind',
            field=models.CharField(choices=[('held_without_stay', 'Held Without Stay'), ('two_alike', 'Two Alike'), ('unread', 'Unread'), ('help', 'Help'), ('overstayed', 'Overstayed'), ('exit_without_stay', 'Exit Without Stay'), ('tailgate', 'Tailgate'), ('reversed', 'Reversed'), ('entered_twice', 'Entered Twice'), ('late_payment', 'Late Payment'), ('excess_payment', 'Excess Payment'), ('unpriced_payment', 'Unpriced Payment'), ('stay_unreadable', 'Stay Unreadable')], max_length=24),
        ),
        migrations.AddIndex(
            model_name='laneexception',
            index=models.Index(condition=models.Q(('done', False)), fields=['at'], name='exceptions_that_wait'),
        ),
        migrations.AddIndex(
            model_name='laneexception',
            index=models.Index(condition=models.Q(('done', False)), fields=['garage', 'gate'], name='exceptions_at_a_lane'),
        ),
        migrations.AddIndex(
            model_name='openstay',
            index=models.Index(fields=['garage', 'folded'], name='open_stay_by_looks'),
        ),
        migrations.AddConstraint(
            model_name='openstay',
            constraint=models.UniqueConstraint(fields=('garage', 'second_token'), name='one_open_stay_per_second_plate'),
        ),
        migrations.AddField(
            model_name='laneact',
            name='garage',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='acts', to='parking.garage'),
        ),
        migrations.AddIndex(
            model_name='laneact',
            index=models.Index(fields=['garage', 'on'], name='act_by_garage_and_date'),
        ),
        InKeyOrder("OpenStay", "LaneAct", "TakenAlong"),
    ]
