from django.apps import AppConfig


class AuditConfig(AppConfig):
    """What was written, by whom; due jobs."""

    name = "gatehouse.server.audit"
    label = "audit"
