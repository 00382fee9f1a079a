from django.apps import AppConfig


class HooksConfig(AppConfig):
    """Other programs that are told of events, and what waits to be told."""

    name = "gatehouse.server.hooks"
    label = "hooks"
