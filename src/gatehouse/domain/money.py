"""Money: whole minor units of one currency. Rounding is one named call; no float comes near.

The exponents are those of ISO 4217 (list one): how many decimal places a minor unit is of the major one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import total_ordering

from gatehouse.domain.errors import DomainError

_TWO_PLACES = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY
    COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR
    ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK
    MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP
    SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VES WST XCD YER ZAR ZMW
"""
_NO_PLACES = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE_PLACES = "BHD IQD JOD KWD LYD OMR TND"
_FOUR_PLACES = "CLF UYW"

EXPONENTS: dict[str, int] = {
    code: places
    for codes, places in ((_NO_PLACES, 0), (_TWO_PLACES, 2), (_THREE_PLACES, 3), (_FOUR_PLACES, 4))
    for code in codes.split()
}


class MoneyError(DomainError):
    """Codes: `unknown_currency`, `currency_mix`, `not_whole`, `bad_weights`, `bad_rate`."""


@total_ordering
@dataclass(frozen=True, slots=True)
class Money:
    """`minor` whole minor units (fen, cents, yen) of the ISO 4217 currency `currency`; may be negative.

    Adds, subtracts and compares within one currency, multiplies by whole numbers only; a share of it is
    `share()`, which names its rounding. Raises MoneyError.
    """

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise MoneyError(
                "not_whole", f"money is a whole number of minor units, not {self.minor!r}", minor=self.minor
            )
        exponent(self.currency)

    @classmethod
    def zero(cls, currency: str) -> Money:
        return cls(0, currency)

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __mul__(self, times: int) -> Money:
        if type(times) is not int:
            raise MoneyError(
                "not_whole", f"money is multiplied by whole numbers, not {times!r}; use share()", times=times
            )
        return Money(self.minor * times, self.currency)

    __rmul__ = __mul__

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._same(other)

    def __bool__(self) -> bool:
        return self.minor != 0

    def share(self, ratio: Fraction) -> Money:
        """This amount times an exact ratio, rounded half up (see `round_half_up`)."""
        return Money(round_half_up(self.minor * ratio), self.currency)

    def _same(self, other: Money) -> int:
        if other.currency != self.currency:
            raise MoneyError(
                "currency_mix",
                f"{self.currency} and {other.currency} do not add up or compare; convert first",
                left=self.currency,
                right=other.currency,
            )
        return other.minor


def exponent(currency: str) -> int:
    """Decimal places of the currency's minor unit: CNY 2, JPY 0, KWD 3. Raises MoneyError."""
    places = EXPONENTS.get(currency) if isinstance(currency, str) else None
    if places is None:
        shown = currency[:20] if isinstance(currency, str) else type(currency).__name__
        raise MoneyError(
            "unknown_currency",
            f"{shown!r} is no ISO 4217 code known here; write three capitals such as CNY, EUR or USD",
            currency=shown,
        )
    return places


def round_half_up(value: Fraction) -> int:
    """The nearest whole number; one half goes away from zero: 0.5 -> 1, -0.5 -> -1, 2.5 -> 3."""
    if isinstance(value, float):
        raise MoneyError("not_whole", "a float has no exact half; hand in a Fraction", value=value)
    whole, rest = divmod(abs(value.numerator), value.denominator)
    size = whole + (2 * rest >= value.denominator)
    return -size if value < 0 else size


def total(amounts: Iterable[Money], currency: str) -> Money:
    """The sum of the amounts, zero of `currency` when there are none."""
    result = Money.zero(currency)
    for amount in amounts:
        result += amount
    return result


def split(amount: Money, weights: Sequence[int | Fraction]) -> tuple[Money, ...]:
    """The amount in parts proportional to the weights; the parts add back to it exactly.

    Largest remainder (Hare-Niemeyer): every part is rounded down, the units left over go to the largest
    remainders, the earlier part first when equal. A negative amount is split by its size. Raises MoneyError
    when there is no weight above zero or one below.
    """
    shares = [Fraction(weight) for weight in weights]
    whole = sum(shares, Fraction(0))
    if any(share < 0 for share in shares) or whole <= 0:
        raise MoneyError("bad_weights", "weights are zero or more, and at least one above", weights=weights)
    size = abs(amount.minor)
    exact = [size * share / whole for share in shares]
    parts = [part.numerator // part.denominator for part in exact]
    by_remainder = sorted(range(len(parts)), key=lambda i: parts[i] - exact[i])  # stable: ties earlier
    for i in by_remainder[: size - sum(parts)]:
        parts[i] += 1
    sign = -1 if amount.minor < 0 else 1
    return tuple(Money(sign * part, amount.currency) for part in parts)


def tax_within(gross: Money, percent: Fraction) -> Money:
    """The tax that a tax-included amount holds: gross x rate / (100 + rate), rounded half up."""
    if percent < 0:
        raise MoneyError("bad_rate", f"a tax rate is 0 percent or more, not {percent}", percent=percent)
    return gross.share(Fraction(percent) / (100 + Fraction(percent)))


def decimal_text(money: Money) -> str:
    """The amount in major units for machines: "12.50", "-0.05", JPY "1250". No grouping, no symbol, always a
    point; people get the locale's own form elsewhere."""
    places = exponent(money.currency)
    digits = str(abs(money.minor)).rjust(places + 1, "0")
    sign = "-" if money.minor < 0 else ""
    return f"{sign}{digits[:-places]}.{digits[-places:]}" if places else f"{sign}{digits}"
