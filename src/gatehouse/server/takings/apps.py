from django.apps import AppConfig


class TakingsConfig(AppConfig):
    """What garages took, whom it belongs to, and what drivers contest."""

    name = "gatehouse.server.takings"
    label = "takings"
