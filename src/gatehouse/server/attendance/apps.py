from django.apps import AppConfig


class AttendanceConfig(AppConfig):
    """Punches, plans, workdays."""

    name = "gatehouse.server.attendance"
    label = "attendance"
