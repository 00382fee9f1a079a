import django.db.models.deletion
import gatehouse.server.parking.models
import uuid
from django.db import migrations, models

from gatehouse.server.keyorder import InKeyOrder


class Migration(migrations.Migration):

    dependencies = [
        ('parking', '0004_excess_payments'),
        ('people', '0002_in_key_order'),
    ]

    operations = [
        migrations.CreateModel(
            name='BuiltinEntry',
            fields=[
                ('id', models.UUIDField(primary_key=True, serialize=False)),
                ('merchant', models.UUIDField()),
                ('payment', models.UUIDField()),
                ('kind', models.CharField(max_length=8)),
                ('amount_minor', models.BigIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('day', models.DateField()),
            ],
        ),
        migrations.CreateModel(
            name='Difference',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('missing_here', 'Missing Here'), ('missing_there', 'Missing There'), ('amount', 'Amount'), ('double', 'Double'), ('refund_missing_here', 'Refund Missing Here'), ('refund_missing_there', 'Refund Missing There'), ('refund_amount', 'Refund Amount'), ('refund_double', 'Refund Double')], max_length=20)),
                ('subject', models.CharField(max_length=80)),
                ('ours_minor', models.BigIntegerField(null=True)),
                ('theirs_minor', models.BigIntegerField(null=True)),
                ('currency', models.CharField(max_length=3)),
                ('state', models.CharField(choices=[('open', 'Open'), ('explained', 'Explained'), ('gone', 'Gone')], default='open', max_length=9)),
                ('explanation', models.CharField(blank=True, default='', max_length=16)),
            ],
        ),
        migrations.CreateModel(
            name='Refund',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('amount_minor', models.BigIntegerField()),
                ('state', models.CharField(choices=[('requested', 'Requested'), ('sent', 'Sent'), ('done', 'Done'), ('failed', 'Failed')], default='requested', max_length=9)),
                ('reason', models.CharField(choices=[('excess', 'Excess'), ('late', 'Late'), ('wrong_car', 'Wrong Car'), ('complaint', 'Complaint'), ('fault', 'Fault')], max_length=12)),
                ('operator', models.CharField(max_length=64)),
                ('provider_ref', models.CharField(blank=True, default='', max_length=80)),
                ('code', models.CharField(blank=True, default='', max_length=64)),
                ('day', models.DateField()),
            ],
        ),
        migrations.CreateModel(
            name='Statement',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('provider', models.CharField(max_length=16)),
                ('day', models.DateField()),
                ('code', models.CharField(blank=True, default='', max_length=32)),
                ('rows', models.PositiveIntegerField(default=0)),
                ('paid_minor', models.BigIntegerField(default=0)),
                ('refunded_minor', models.BigIntegerField(default=0)),
            ],
        ),
        migrations.AddField(
            model_name='payment',
            name='order_ref',
            field=models.CharField(blank=True, default='', max_length=160),
        ),
        migrations.AddField(
            model_name='payment',
            name='refunded_minor',
            field=models.BigIntegerField(default=0),
        ),
        migrations.CreateModel(
            name='ProviderAccount',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('provider', models.CharField(max_length=16)),
                ('code', models.CharField(default=gatehouse.server.parking.models._pay_code, max_length=24, unique=True)),
                ('active', models.BooleanField(default=True)),
                ('keys_cell', models.BinaryField()),
                ('garage', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='accounts', to='parking.garage')),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='provider_accounts', to='people.site')),
            ],
        ),
        migrations.CreateModel(
            name='Mandate',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('provider', models.CharField(max_length=16)),
                ('state', models.CharField(choices=[('offered', 'Offered'), ('asked', 'Asked'), ('active', 'Active'), ('withdrawn', 'Withdrawn')], default='offered', max_length=9)),
                ('token_cell', models.BinaryField(default=b'')),
                ('consent_cell', models.BinaryField(default=b'')),
                ('vehicle', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='mandates', to='people.vehicle')),
                ('account', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='mandates', to='parking.provideraccount')),
            ],
        ),
        migrations.AddField(
            model_name='payment',
            name='account',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='payments', to='parking.provideraccount'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(('refunded_minor__gte', 0), ('refunded_minor__lte', models.F('amount_minor'))), name='no_more_is_paid_back_than_was_paid'),
        ),
        migrations.AddField(
            model_name='refund',
            name='payment',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='refunds', to='parking.payment'),
        ),
        migrations.AddField(
            model_name='statement',
            name='account',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='statements', to='parking.provideraccount'),
        ),
        migrations.AddField(
            model_name='statement',
            name='site',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='statements', to='people.site'),
        ),
        migrations.AddField(
            model_name='difference',
            name='statement',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='differences', to='parking.statement'),
        ),
        migrations.AddConstraint(
            model_name='mandate',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'active')), fields=('vehicle',), name='one_active_mandate_per_vehicle'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.CheckConstraint(condition=models.Q(('amount_minor__gt', 0)), name='a_refund_is_of_some_money'),
        ),
        migrations.AddConstraint(
            model_name='statement',
            constraint=models.UniqueConstraint(fields=('site', 'provider', 'account', 'day'), name='one_statement_per_account_and_day', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='difference',
            constraint=models.UniqueConstraint(fields=('statement', 'kind', 'subject'), name='a_difference_is_listed_once'),
        ),
        InKeyOrder("Payment", "Refund", "BuiltinEntry", "Mandate"),
    ]
