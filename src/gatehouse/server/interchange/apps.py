from django.apps import AppConfig


class InterchangeConfig(AppConfig):
    """Tables that come from elsewhere, and files for other programs."""

    name = "gatehouse.server.interchange"
    label = "interchange"
