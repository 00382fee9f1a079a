"""The tables as this version wants them: an older database is migrated, an empty one is made whole.

Replaying every migration on an empty database costs a new installation (and every test that starts a server) some ten
seconds, because Django renders all models anew for each step; the tables that come out are those of the models.
"""

from django.apps import apps
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor


def bring_up_to_date() -> None:
    """Idempotent; cut off at any moment it begins again. Raises django.db.Error."""
    _make_whole()
    call_command("migrate", interactive=False, verbosity=0)


def _make_whole() -> None:
    """Every table and the word that every migration is done, in one transaction; nothing where any table is."""
    executor = MigrationExecutor(connection)
    if connection.introspection.table_names():
        return
    made = executor.loader.migrated_apps
    models = [model for config in apps.get_app_configs() if config.label in made for model in config.get_models()]
    with connection.constraint_checks_disabled(), transaction.atomic(), connection.schema_editor() as editor:
        for model in models:
            if model._meta.can_migrate(connection):
                editor.create_model(model)
        executor.recorder.ensure_schema()
        for key in executor.loader.graph.nodes:
            executor.recorder.record_applied(*key)
