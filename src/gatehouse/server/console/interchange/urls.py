"""Addresses of files and webhooks, each with the roles that may open it."""

from gatehouse.server.console.access import OWNERS, PAYROLL, page
from gatehouse.server.console.interchange import exports, hooks, imports, photos

urlpatterns = [
    page("imports/", imports.imports, "imports", PAYROLL),
    page("imports/page/<int:number>/", imports.imports, "imports-page", PAYROLL),
    page("imports/bring", imports.bring, "imports-bring", PAYROLL),
    page("imports/photos", photos.announce, "imports-photos", PAYROLL),
    page("imports/<uuid:import_id>/pieces/<int:number>", photos.piece, "imports-photos-piece", PAYROLL),
    page("imports/<uuid:import_id>/read", photos.read, "imports-photos-read", PAYROLL),
    page("imports/<uuid:import_id>/", imports.one, "imports-one", PAYROLL),
    page("imports/<uuid:import_id>/columns", imports.columns, "imports-columns", PAYROLL),
    page("imports/<uuid:import_id>/rows", imports.rows, "imports-rows", PAYROLL),
    page("imports/<uuid:import_id>/rows/<int:number>", imports.rows, "imports-rows-page", PAYROLL),
    page("imports/<uuid:import_id>/start", imports.start, "imports-start", PAYROLL),
    page("imports/<uuid:import_id>/progress", imports.progress, "imports-progress", PAYROLL),
    page("imports/<uuid:import_id>/step", imports.step, "imports-step", PAYROLL),
    page("imports/<uuid:import_id>/undo", imports.undo, "imports-undo", PAYROLL),
    page("imports/<uuid:import_id>/drop", imports.drop, "imports-drop", PAYROLL),
    page("exports/", exports.exports, "exports", PAYROLL),
    page("exports/take", exports.take, "exports-take", PAYROLL),
    page("hooks/", hooks.hooks, "hooks", OWNERS),
    page("hooks/add", hooks.add, "hooks-add", OWNERS),
    page("hooks/<uuid:hook_id>/", hooks.one, "hooks-one", OWNERS),
    page("hooks/<uuid:hook_id>/page/<int:number>/", hooks.one, "hooks-page", OWNERS),
    page("hooks/<uuid:hook_id>/secret", hooks.secret, "hooks-secret", OWNERS),
    page("hooks/<uuid:hook_id>/change", hooks.change, "hooks-change", OWNERS),
    page("hooks/messages/<uuid:delivery_id>/again", hooks.again, "hooks-again", OWNERS),
]
