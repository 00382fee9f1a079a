"""What a gate does when something that it leans on is gone: fields of its policy, and facts about the moment.

A lane knows clearances and permits by itself; what it cannot know without a server is who has paid meanwhile. The rule
is that nobody is locked in and nothing is given away unseen: see docs/recipes/offline.md.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

LOOK_AGAIN = timedelta(seconds=5)  # at a car that was held because the server is away


class ServerAway(StrEnum):
    """What a lane does once the server was not heard of for `server_away_s`."""

    BY_LANE = "by_lane"  # an exit that collects opens and records; an entry goes on as ever
    HOLD = "hold"  # only permits and clearances that it knows
    ADMIT = "admit"  # an entry lets everybody in as a visitor
    OPEN_AFTER = "open_after"  # an exit lets every car whose plate it reads out and records what is owed
    OPEN_FREE = "open_free"  # an exit lets every car out and nothing is owed


class CameraLost(StrEnum):
    """What a lane does while none of its cameras gives a picture."""

    BY_LANE = "by_lane"  # stays shut; an exit that collects stands open once the server is away, too
    OPERATOR = "operator"  # stays shut: only an operator opens
    OPEN = "open"  # stands open until a camera is back


@dataclass(frozen=True, slots=True)
class Contact:
    """What a gate can lean on at this moment. By default all is well."""

    silent_s: float = 0.0  # how long the server has taken no letter or told no news
    blind: bool = False  # none of the gate's cameras gives a picture
    clock_doubtful: bool = False  # the machine's clock is set to a time that cannot be


ALL_WELL = Contact()


@dataclass(frozen=True, slots=True)
class Lane:
    """The fields of a gate's policy that this module judges."""

    collects: bool
    admits_unknown: bool
    server_away: ServerAway
    server_away_s: float
    camera_lost: CameraLost

    def is_cut_off(self, contact: Contact) -> bool:
        """Whether the lane must do without the server. Without a time that can be trusted nothing is worth waiting
        for: the server would have set it right."""
        return contact.clock_doubtful or contact.silent_s >= self.server_away_s

    def away(self) -> ServerAway:
        """What the lane does when it is cut off: its own choice, or what its direction suggests."""
        chosen = self.server_away
        if self.collects:
            return ServerAway.OPEN_AFTER if chosen in (ServerAway.BY_LANE, ServerAway.ADMIT) else chosen
        if chosen is ServerAway.BY_LANE:
            return ServerAway.ADMIT if self.admits_unknown else ServerAway.HOLD
        return ServerAway.HOLD if chosen is ServerAway.HOLD else ServerAway.ADMIT

    def stands_open(self, contact: Contact) -> bool:
        """Whether the lane stands open without a picture of who passes."""
        if not contact.blind:
            return False
        if self.camera_lost is CameraLost.BY_LANE:
            return self.collects and self.away() is not ServerAway.HOLD and self.is_cut_off(contact)
        return self.camera_lost is CameraLost.OPEN

    def thinks_again_at(self, contact: Contact, now: datetime) -> datetime:
        """When a held car may get another answer though no news came: the wait for the server is over, or the server
        may be back."""
        left = timedelta(seconds=self.server_away_s - contact.silent_s)
        return now + (left if left > timedelta() and not contact.clock_doubtful else LOOK_AGAIN)
