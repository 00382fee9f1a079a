"""Times, money and numbers the way people say them, in the reader's language."""

from datetime import date, datetime, timedelta, tzinfo
from fractions import Fraction

from babel import Locale
from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_currency, format_decimal, format_percent
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from gatehouse.domain.money import Money, exponent, round_half_up

_WEEK = timedelta(days=7)
_JUST_NOW = timedelta(seconds=10)


def locale() -> Locale:
    return Locale.parse("zh_Hans_CN" if translation.get_language() == "zh-hans" else "en_GB")


def local(at: datetime, zone: tzinfo | None = None) -> datetime:
    """`at` on the clock of `zone`, or of the site whose page it is."""
    return at.astimezone(zone or timezone.get_current_timezone())


def exact(at: datetime) -> str:
    return format_datetime(local(at), "full", locale=locale())


def ago(at: datetime, now: datetime) -> str:
    """How long ago, or the date when it is more than a week."""
    if abs(at - now) > _WEEK:
        return format_date(local(at), "medium", locale=locale())
    if abs(at - now) < _JUST_NOW:
        return _("now")
    return format_timedelta(at - now, add_direction=True, locale=locale(), threshold=0.95)


def moment(at: datetime) -> str:
    """Date and time of day, short."""
    pattern = "M月d日 HH:mm" if locale().language == "zh" else "d MMM HH:mm"
    return format_datetime(local(at), pattern, locale=locale())


def time_of_day(at: datetime, zone: tzinfo | None = None) -> str:
    return local(at, zone).strftime("%H:%M")


def day(value: date) -> str:
    pattern = "M月d日 EEEE" if locale().language == "zh" else "EEEE d MMMM"
    return format_date(value, pattern, locale=locale())


def short_day(value: date) -> str:
    return format_date(value, "M月d日 EEE" if locale().language == "zh" else "EEE d MMM", locale=locale())


def date_full(value: date) -> str:
    return format_date(value, "y年M月d日" if locale().language == "zh" else "d MMM y", locale=locale())


def date_short(value: date) -> str:
    return format_date(value, "M月d日" if locale().language == "zh" else "d MMM", locale=locale())


def month(value: date) -> str:
    return format_date(value, "y年M月" if locale().language == "zh" else "MMMM y", locale=locale())


def money(value: Money) -> str:
    """In the reader's local form: ¥12.50."""
    places = exponent(value.currency)
    digits = str(abs(value.minor)).rjust(places + 1, "0")
    whole = f"{digits[:-places]}.{digits[-places:]}" if places else digits
    # One site has one currency, so "CN¥" says no more than "¥".
    said = str(format_currency(whole, value.currency, locale=locale())).replace("CN¥", "¥")
    return f"\N{MINUS SIGN}{said}" if value.minor < 0 else said


def hours(minutes: int) -> str:
    """Whole minutes as h:mm."""
    sign = "\N{MINUS SIGN}" if minutes < 0 else ""
    return f"{sign}{abs(minutes) // 60}:{abs(minutes) % 60:02d}"


def length(value: timedelta) -> str:
    """A length of time in whole minutes: 2 h 5 min, and 2 h when it is just that."""
    minutes = int(value.total_seconds()) // 60
    if minutes < 60:
        return _("%(minutes)d min") % {"minutes": minutes}
    if minutes % 60 == 0:
        return _("%(hours)d h") % {"hours": minutes // 60}
    return _("%(hours)d h %(minutes)d min") % {"hours": minutes // 60, "minutes": minutes % 60}


def percent(ratio: Fraction) -> str:
    """To the tenth of a percent, rounded half up."""
    tenths = round_half_up(ratio * 1000)
    return str(format_percent(f"{tenths / 1000:.3f}", format="0.#%", locale=locale()))


def number(value: Fraction) -> str:
    """To the hundredth, rounded half up."""
    hundredths = round_half_up(value * 100)
    return str(format_decimal(f"{hundredths / 100:.2f}", format="#,##0.##", locale=locale()))
