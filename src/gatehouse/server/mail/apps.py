from django.apps import AppConfig


class MailConfig(AppConfig):
    """Mail that waits to be sent: to whom lies sealed, of whom it speaks nowhere."""

    name = "gatehouse.server.mail"
    label = "mail"
