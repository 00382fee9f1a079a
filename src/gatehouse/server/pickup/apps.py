from django.apps import AppConfig


class PickupConfig(AppConfig):
    """Who takes pupils from school, and whom their guardians are told of when the bell has rung."""

    name = "gatehouse.server.pickup"
    label = "pickup"
