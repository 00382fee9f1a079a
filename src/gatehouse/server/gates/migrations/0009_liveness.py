from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('gates', '0008_device_region'),
    ]

    operations = [
        migrations.AddField(
            model_name='gate',
            name='liveness',
            field=models.CharField(choices=[('none', 'none'), ('challenge', 'challenge')], default='none', max_length=12),
        ),
    ]
