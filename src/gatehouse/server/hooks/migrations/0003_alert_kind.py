
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('hooks', '0002_alter_event_kind'),
    ]

    operations = [
        migrations.AlterField(
            model_name='event',
            name='kind',
            field=models.CharField(choices=[('gate.answered', 'Answered'), ('gate.passed', 'Passed'), ('payment.settled', 'Paid'), ('payrun.locked', 'Locked'), ('alarm.raised', 'Alarm'), ('workdays.counted', 'Counted'), ('visit.arrived', 'Visited'), ('alert.raised', 'Alerted')], max_length=24),
        ),
    ]
