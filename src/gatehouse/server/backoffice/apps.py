from django.apps import AppConfig


class BackofficeConfig(AppConfig):
    """Unfold over the tables; no tables of its own."""

    name = "gatehouse.server.backoffice"
    label = "backoffice"
