from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """Sites, people, consents, credentials, vehicles."""

    name = "gatehouse.server.people"
    label = "people"
