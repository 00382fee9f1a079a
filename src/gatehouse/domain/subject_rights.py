"""What people may ask about their own data, until when they are answered, and when face data must be filed.

Sources: one month by GDPR article 12(3); PIPL articles 44 to 50 ask for an answer in time and GB/T 35273-2020, 8.7, for
one within 30 days, which is taken here. Filing: Security Management Measures for the Application of Facial Recognition
Technology (Cyberspace Administration of China and Ministry of Public Security, in force since 1 June 2025), article 15:
whoever stores the face data of 100,000 people files with the provincial office within 30 working days.
"""

from datetime import date, timedelta
from enum import StrEnum

ANSWER_DAYS = 30
SOON_DAYS = 7
FILING_FACES = 100_000
FILING_NEAR = 80_000


class Asked(StrEnum):
    CORRECTION = "correction"
    OBJECTION = "objection"
    ERASURE = "erasure"
    COPY = "copy"  # of what the own page does not show, as plates of vehicles
    OTHER = "other"


class Filing(StrEnum):
    NONE = "none"
    NEAR = "near"
    REQUIRED = "required"


def due_on(asked_on: date) -> date:
    return asked_on + timedelta(days=ANSWER_DAYS)


def is_late(due: date, today: date) -> bool:
    return today > due


def is_soon(due: date, today: date) -> bool:
    return today <= due <= today + timedelta(days=SOON_DAYS)


def filing(faces: int) -> Filing:
    if faces >= FILING_FACES:
        return Filing.REQUIRED
    return Filing.NEAR if faces >= FILING_NEAR else Filing.NONE
