from django.db import migrations

from gatehouse.server.keyorder import InKeyOrder


class Migration(migrations.Migration):
    dependencies = [("payroll", "0001_initial")]

    operations = [InKeyOrder("Contract", "Payslip")]
