"""The tables as this version wants them: an older database is migrated, an empty one is made whole.

Replaying every migration on an empty database costs a new installation (and every test that starts a server) some ten
seconds, because Django renders all models anew for each step; the tables that come out are those of the models.
"""

from django.apps import apps
from django.core.management import call_command
from django.db import connection, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from gatehouse.server.keyorder import InKeyOrder, lay_by_key


def bring_up_to_date() -> None:
    """Idempotent; cut off at any moment it begins again. Raises django.db.Error."""
    _make_whole()
    call_command("migrate", interactive=False, verbosity=0)


def _make_whole() -> None:
    """Every table and the word that every migration is done, in one transaction; nothing where any table is."""
    if connection.introspection.table_names():  # before the migrations are read, which takes longer
        return
    executor = MigrationExecutor(connection)
    made = executor.loader.migrated_apps
    models = [model for config in apps.get_app_configs() if config.label in made for model in config.get_models()]
    with connection.constraint_checks_disabled(), transaction.atomic(), connection.schema_editor() as editor:
        for model in models:
            if model._meta.can_migrate(connection):
                editor.create_model(model)
        lay_rows_by_key(editor, executor.loader)
        executor.recorder.ensure_schema()
        for key in executor.loader.graph.nodes:
            executor.recorder.record_applied(*key)


def lay_rows_by_key(editor: BaseDatabaseSchemaEditor, migrations: MigrationLoader) -> None:
    """The tables of which some migration says so; see `keyorder`."""
    for app, name in sorted(migrations.disk_migrations or ()):
        for step in migrations.disk_migrations[app, name].operations:
            if isinstance(step, InKeyOrder):
                lay_by_key(editor, [apps.get_model(app, model)._meta.db_table for model in step.names])
