"""The addresses of set-up. Whoever sets a site up is an owner of it."""

from gatehouse.server.console.access import OWNERS, page
from gatehouse.server.console.setup import devices, gates, home, rule

urlpatterns = [
    page("setup/", home.home, "setup", OWNERS),
    page("setup/site/", home.new_site, "setup-site", OWNERS),
    page("setup/<uuid:site_id>/", home.home, "setup-at", OWNERS),
    page("setup/<uuid:site_id>/pages/", home.pages, "setup-pages", OWNERS),
    page("setup/<uuid:site_id>/gates/new/", gates.new, "setup-gate-new", OWNERS),
    page("setup/<uuid:site_id>/rule/", rule.first_rule, "setup-rule", OWNERS),
    page("setup/gates/<uuid:gate_id>/", gates.gate, "setup-gate", OWNERS),
    page("setup/gates/<uuid:gate_id>/remove", gates.remove, "setup-gate-remove", OWNERS),
    page("setup/gates/<uuid:gate_id>/camera/", devices.camera, "setup-camera", OWNERS),
    page("setup/gates/<uuid:gate_id>/camera/<uuid:device_id>/", devices.camera, "setup-camera-change", OWNERS),
    page("setup/gates/<uuid:gate_id>/find", devices.find, "setup-find", OWNERS),
    page("setup/gates/<uuid:gate_id>/relay/", devices.relay, "setup-relay", OWNERS),
    page("setup/gates/<uuid:gate_id>/asked/<uuid:question_id>/", devices.asked, "setup-asked", OWNERS),
    page("setup/shown/<uuid:question_id>", devices.shown, "setup-shown", OWNERS),
    page("setup/devices/<uuid:device_id>/picture/", devices.picture, "setup-picture", OWNERS),
    page("setup/devices/<uuid:device_id>/look", devices.look, "setup-look", OWNERS),
    page("setup/devices/<uuid:device_id>/seen", devices.seen, "setup-seen", OWNERS),
    page("setup/devices/<uuid:device_id>/test", devices.test, "setup-test", OWNERS),
    page("setup/devices/<uuid:device_id>/opened", devices.opened, "setup-opened", OWNERS),
    page("setup/devices/<uuid:device_id>/remove", devices.remove, "setup-device-remove", OWNERS),
]
