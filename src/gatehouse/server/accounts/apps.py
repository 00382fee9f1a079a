from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Operators and who is signed in."""

    name = "gatehouse.server.accounts"
    label = "accounts"
