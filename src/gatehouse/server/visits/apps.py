from django.apps import AppConfig


class VisitsConfig(AppConfig):
    """Visitors: invited, expected, here, left, and forgotten."""

    name = "gatehouse.server.visits"
    label = "visits"
