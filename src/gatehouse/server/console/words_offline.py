"""What a lane does when something that it leans on is gone, in words for forms and tiles."""

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from gatehouse.domain import policy
from gatehouse.domain.offline import CameraLost, ServerAway
from gatehouse.server.console.words import Text

SERVER_AWAY: dict[str, Text] = {
    ServerAway.BY_LANE: _("What suits the lane: exits open and record what is owed, entries go on as ever"),
    ServerAway.HOLD: _("Hold everybody but permits and stays known to be paid"),
    ServerAway.ADMIT: _("An entry lets everybody in"),
    ServerAway.OPEN_AFTER: _("An exit lets everybody out and records what is owed"),
    ServerAway.OPEN_FREE: _("An exit lets everybody out free of charge"),
}

CAMERA_LOST: dict[str, Text] = {
    CameraLost.BY_LANE: _("What suits the lane: stay shut; an exit without a server as well stands open"),
    CameraLost.OPERATOR: _("Stay shut until somebody opens by hand"),
    CameraLost.OPEN: _("Stand open until the camera is back"),
}

_ALONE: dict[ServerAway, Text] = {
    ServerAway.HOLD: _("Alone it lets only permits and paid stays through."),
    ServerAway.ADMIT: _("Alone it lets everybody in."),
    ServerAway.OPEN_AFTER: _("Alone it lets everybody out and records what they owe."),
    ServerAway.OPEN_FREE: _("Alone it lets everybody out free of charge."),
}


def alone(gate: policy.Gate) -> Text:
    """What a lane does without its server."""
    return _ALONE[gate.offline().away()]


def in_trouble(gate: policy.Gate, fault: str) -> Text:
    """What a lane does now that `fault` is unsolved; "" where that goes without saying."""
    if gate.kind is not policy.GateKind.LANE:
        return ""
    match fault:
        case "edge_silent":
            minutes = max(1, round(gate.server_away_s / 60))
            after = ngettext("after %(count)d minute", "after %(count)d minutes", minutes) % {"count": minutes}
            return gettext("%(does)s It does so %(after)s without us.") % {"does": alone(gate), "after": after}
        case "camera_lost":
            stands_open = gate.camera_lost is CameraLost.OPEN
            return _("It stands open meanwhile.") if stands_open else _("It stays shut: open by hand.")
        case "relay_lost":
            return _("Nothing moves; nobody gets an old opening when it is back.")
    return ""
