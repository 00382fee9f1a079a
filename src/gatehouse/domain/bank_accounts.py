"""Bank accounts as a payment file takes them: IBAN with its check digits, BIC, and other account numbers."""

from __future__ import annotations

import re

# Lengths by country: the IBAN registry of ISO 13616.
_LENGTHS = """
    AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24
    FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21
    LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22
    RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20
"""
IBAN_LENGTHS = {pair[:2]: int(pair[2:]) for pair in _LENGTHS.split()}
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{1,30}")  # IBAN2007Identifier, in capitals
_BIC = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?")  # BICFIDec2014Identifier
_OTHER = re.compile(r"[A-Za-z0-9 /-]{1,34}")  # Max34Text, as banks print account numbers


def compact(account: str) -> str:
    """Without the spaces that people write, and in capitals."""
    return "".join(account.split()).upper()


def looks_like_iban(account: str) -> bool:
    return bool(_IBAN.fullmatch(compact(account))) and compact(account)[:2] in IBAN_LENGTHS


def is_iban(account: str) -> bool:
    """Length of its country and check digits right: the number with its first four characters moved to the end and
    letters written as 10 to 35 leaves 1 when divided by 97 (ISO 13616, ISO/IEC 7064 MOD 97-10)."""
    text = compact(account)
    if not _IBAN.fullmatch(text) or len(text) != IBAN_LENGTHS.get(text[:2], 0):
        return False
    return int("".join(str(int(c, 36)) for c in text[4:] + text[:4])) % 97 == 1


def is_bic(text: str) -> bool:
    return bool(_BIC.fullmatch(text))


def is_other_account(account: str) -> bool:
    """A number that a bank of a country without IBAN keeps; it has no check that is the same everywhere."""
    return bool(_OTHER.fullmatch(account.strip())) and any(c.isdigit() for c in account)
