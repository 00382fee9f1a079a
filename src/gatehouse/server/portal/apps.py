from django.apps import AppConfig


class PortalConfig(AppConfig):
    """Pay, the exit display, My page; no tables."""

    name = "gatehouse.server.portal"
    label = "portal"
