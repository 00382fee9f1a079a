from django.apps import AppConfig


class GatesConfig(AppConfig):
    """Gates, edges, attempts, passages."""

    name = "gatehouse.server.gates"
    label = "gates"
