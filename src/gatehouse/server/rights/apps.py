from django.apps import AppConfig


class RightsConfig(AppConfig):
    """What people may ask about their data, what is erased, and how long anything is kept."""

    name = "gatehouse.server.rights"
    label = "rights"
