from django.apps import AppConfig


class ParkingConfig(AppConfig):
    """Garages, stays, payments, permits."""

    name = "gatehouse.server.parking"
    label = "parking"
