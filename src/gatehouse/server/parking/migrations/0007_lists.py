import django.db.models.deletion
import gatehouse.server.parking.room_models
import uuid
from django.db import migrations, models

from gatehouse.server.keyorder import InKeyOrder


class Migration(migrations.Migration):

    dependencies = [
        ('parking', '0006_driver'),
        ('people', '0002_in_key_order'),
    ]

    operations = [
        migrations.AddField(
            model_name='permit',
            name='grace_days',
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='permit',
            name='period',
            field=models.CharField(choices=[('none', 'None'), ('month', 'Month'), ('season', 'Season'), ('year', 'Year')], default='none', max_length=8),
        ),
        migrations.AddField(
            model_name='permit',
            name='renews',
            field=models.BooleanField(default=False),
        ),
        migrations.CreateModel(
            name='Booking',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('starts', models.DateTimeField()),
                ('ends', models.DateTimeField()),
                ('tolerance_min', models.PositiveSmallIntegerField(default=30)),
                ('prepaid_minor', models.BigIntegerField(default=0)),
                ('state', models.CharField(choices=[('expected', 'Expected'), ('used', 'Used'), ('no_show', 'No Show'), ('cancelled', 'Cancelled')], default='expected', max_length=9)),
                ('garage', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='bookings', to='parking.garage')),
                ('vehicle', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='bookings', to='people.vehicle')),
            ],
        ),
        migrations.CreateModel(
            name='FreedBay',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='people.site')),
                ('vehicle', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='people.vehicle')),
            ],
        ),
        migrations.CreateModel(
            name='GarageRoom',
            fields=[
                ('garage', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='room', serialize=False, to='parking.garage')),
                ('capacity', models.PositiveIntegerField(blank=True, null=True)),
                ('reopen_free', models.PositiveSmallIntegerField(default=2)),
                ('correction', models.IntegerField(default=0)),
                ('is_full', models.BooleanField(default=False)),
                ('overstay_days', models.PositiveSmallIntegerField(default=3)),
                ('emergency_forms', models.BooleanField(default=True)),
                ('sign_code', models.CharField(default=gatehouse.server.parking.room_models._sign_code, max_length=24, unique=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('reopen_free__gte', 1)), name='room_reopens_with_a_free_bay')],
            },
        ),
        migrations.CreateModel(
            name='ListEntry',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('blocked', 'Blocked'), ('welcome', 'Welcome'), ('emergency', 'Emergency')], max_length=9)),
                ('ends', models.DateField(blank=True, null=True)),
                ('batch', models.UUIDField(blank=True, null=True)),
                ('reason_cell', models.BinaryField(blank=True, null=True)),
                ('garage', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='parking.garage')),
                ('vehicle', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='listings', to='people.vehicle')),
            ],
        ),
        migrations.CreateModel(
            name='Merchant',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=60)),
                ('kind', models.CharField(choices=[('minutes', 'Minutes'), ('amount', 'Amount')], max_length=8)),
                ('gives', models.PositiveIntegerField()),
                ('most_per_stay', models.PositiveIntegerField()),
                ('month_budget', models.PositiveBigIntegerField()),
                ('active', models.BooleanField(default=True)),
                ('link_hash', models.CharField(max_length=64, unique=True)),
                ('pin_hash', models.CharField(blank=True, default='', max_length=64)),
                ('wrong_pins', models.PositiveSmallIntegerField(default=0)),
                ('garage', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='merchants', to='parking.garage')),
            ],
        ),
        migrations.CreateModel(
            name='MerchantDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('date', models.DateField()),
                ('stays', models.PositiveIntegerField(default=0)),
                ('given', models.PositiveBigIntegerField(default=0)),
                ('worth_minor', models.BigIntegerField(default=0)),
                ('merchant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='days', to='parking.merchant')),
            ],
        ),
        migrations.CreateModel(
            name='MerchantMonth',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('month', models.DateField()),
                ('taken', models.PositiveBigIntegerField(default=0)),
                ('merchant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='months', to='parking.merchant')),
            ],
        ),
        migrations.CreateModel(
            name='PermitPool',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('code', models.SlugField(max_length=32)),
                ('bays', models.PositiveSmallIntegerField()),
                ('starts', models.DateField()),
                ('ends', models.DateField(blank=True, null=True)),
                ('period', models.CharField(choices=[('none', 'None'), ('month', 'Month'), ('season', 'Season'), ('year', 'Year')], default='month', max_length=8)),
                ('renews', models.BooleanField(default=False)),
                ('grace_days', models.PositiveSmallIntegerField(default=0)),
                ('price_minor', models.BigIntegerField(default=0)),
                ('garage', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pools', to='parking.garage')),
            ],
        ),
        migrations.CreateModel(
            name='PoolVehicle',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('pool', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='members', to='parking.permitpool')),
                ('vehicle', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pools', to='people.vehicle')),
            ],
        ),
        migrations.CreateModel(
            name='Validation',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('stay', models.UUIDField()),
                ('given', models.PositiveIntegerField()),
                ('month', models.DateField()),
                ('merchant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='validations', to='parking.merchant')),
            ],
        ),
        migrations.AddConstraint(
            model_name='merchant',
            constraint=models.CheckConstraint(condition=models.Q(('gives__gt', 0), ('most_per_stay__gte', models.F('gives'))), name='merchant_gives_within_its_most'),
        ),
        migrations.AddConstraint(
            model_name='merchantday',
            constraint=models.UniqueConstraint(fields=('merchant', 'date'), name='one_line_per_merchant_and_date'),
        ),
        migrations.AddConstraint(
            model_name='merchantmonth',
            constraint=models.UniqueConstraint(fields=('merchant', 'month'), name='one_budget_per_merchant_and_month'),
        ),
        migrations.AddConstraint(
            model_name='permitpool',
            constraint=models.UniqueConstraint(fields=('garage', 'code'), name='pool_code_once_per_garage'),
        ),
        migrations.AddConstraint(
            model_name='permitpool',
            constraint=models.CheckConstraint(condition=models.Q(('bays__gte', 1)), name='pool_has_a_bay'),
        ),
        migrations.AddConstraint(
            model_name='poolvehicle',
            constraint=models.UniqueConstraint(fields=('pool', 'vehicle'), name='vehicle_once_per_pool'),
        ),
        migrations.AddIndex(
            model_name='validation',
            index=models.Index(fields=['stay'], name='validation_by_stay'),
        ),
        InKeyOrder("Permit", "PoolVehicle", "FreedBay", "ListEntry", "Booking", "Validation"),
    ]
