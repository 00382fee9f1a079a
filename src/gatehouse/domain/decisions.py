"""What a gate answers: a grant or a refusal, the reason for it, and what decided."""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Every answer a gate can give; worded for people in the pages, never here."""

    RULE = "rule"  # grant: a rule covers this person here and now
    PERMIT = "permit"  # grant: the vehicle's permit is in force
    VISITOR = "visitor"  # grant: the lane admits vehicles that it does not know
    WELCOME = "welcome"  # grant: the vehicle is on the welcome list
    BOOKING = "booking"  # grant: the stay was booked
    EMERGENCY = "emergency"  # grant: an ambulance, the fire brigade, the police
    POOL_FULL = "pool_full"  # grant as a visitor, or refusal: all bays of the vehicle's contract are taken
    CLEARED = "cleared"  # grant: the stay is paid or free of charge
    BY_HAND = "by_hand"  # grant: an operator opened
    RECEIPT = "receipt"  # grant: the signed receipt of a paid stay was shown
    GATE_OPEN = "gate_open"  # grant: the gate's mode admits everybody
    OFFLINE_OWED = "offline_owed"  # grant: the server is away; let out, and what the stay costs is owed
    OFFLINE_FREE = "offline_free"  # grant: the server is away; let out free of charge
    TWO_PERSON = "two_person"  # grant: two went in together
    EVACUATION = "evacuation"  # grant: the site is being left, every gate stands open
    PASSBACK = "passback"  # refusal, or grant where that is only told: they are inside already
    ZONE_FULL = "zone_full"  # as many people as may be are in the zone
    SECOND_PERSON = "second_person"  # the zone is entered by two; waits for the other
    FIRST_PERSON = "first_person"  # somebody else must come first on this day
    ESCORT = "escort"  # comes in only after an escort
    INTERLOCK = "interlock"  # another door of the vestibule is open
    LOCKDOWN = "lockdown"  # the site was locked down
    UNKNOWN_FACE = "unknown_face"
    UNKNOWN_CARD = "unknown_card"
    UNKNOWN_PIN = "unknown_pin"
    UNKNOWN_PLATE = "unknown_plate"
    INVALID_PASS = "invalid_pass"  # noqa: S105 -- forged, taken back, or not this site's
    EXPIRED_PASS = "expired_pass"  # noqa: S105
    USED_PASS = "used_pass"  # noqa: S105
    INVALID_RECEIPT = "invalid_receipt"  # forged, or of another site or garage
    EXPIRED_RECEIPT = "expired_receipt"  # the time to leave is over
    USED_RECEIPT = "used_receipt"  # it has opened, or its stay has left
    NO_RULE = "no_rule"  # no rule names this person at this gate
    SCHEDULE = "schedule"  # a rule names them, but not at this time
    DENIED = "denied"  # a deny rule; it beats every grant
    BLOCKED = "blocked"  # the vehicle is on the blocked list
    FULL = "full"  # the garage has no bay for a visitor
    UNPAID = "unpaid"
    MEANS_NOT_ACCEPTED = "means_not_accepted"
    SERVER_AWAY = "server_away"  # the server is away and the gate's policy is to wait for it
    CAMERA_LOST = "camera_lost"  # no picture: by its policy the lane stands open (grant) or stays shut
    CLOCK_DOUBTFUL = "clock_doubtful"  # the time cannot be trusted: let through (grant) without a price, or not
    LEASE_EXPIRED = "lease_expired"  # the edge's copy of the people is too old for a face alone
    LIVENESS = "liveness"  # the face is known, but did not do what the gate asks of a living one
    STALE = "stale"  # the evidence is older than the gate's freshness limit: recorded, never acted on
    ALREADY_GRANTED = "already_granted"  # a grant for the same approach is still in force
    GATE_CLOSED = "gate_closed"  # the gate's mode admits nobody
    PAPER_MISSING = "paper_missing"  # a training or certificate that the site asks for is not held
    PAPER_NOT_YET = "paper_not_yet"  # it is held, and begins later
    PAPER_ENDED = "paper_ended"  # it has run out; the rule of all three is `papers.Lack.about`
    NOT_CONFIRMED = "not_confirmed"  # granted, but nobody passed


@dataclass(frozen=True, slots=True)
class Grant:
    reason: Reason
    rule: str | None = None  # id of the rule, permit or clearance that decided


@dataclass(frozen=True, slots=True)
class Refusal:
    reason: Reason
    rule: str | None = None


Decision = Grant | Refusal
