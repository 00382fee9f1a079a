from django.apps import AppConfig


class AlertsConfig(AppConfig):
    """What the keeper saw and somebody should hear of; who hears of it by mail."""

    name = "gatehouse.server.alerts"
    label = "alerts"
