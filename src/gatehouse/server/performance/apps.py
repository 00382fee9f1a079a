from django.apps import AppConfig


class PerformanceConfig(AppConfig):
    """Figures that their person sees first, goals, reviews, contests."""

    name = "gatehouse.server.performance"
    label = "performance"
