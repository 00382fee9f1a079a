from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """Watch, Person, Month, Trust and the way in; no tables."""

    name = "gatehouse.server.console"
    label = "console"
