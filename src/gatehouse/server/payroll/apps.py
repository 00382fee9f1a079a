from django.apps import AppConfig


class PayrollConfig(AppConfig):
    """Contracts and draft payslips."""

    name = "gatehouse.server.payroll"
    label = "payroll"
