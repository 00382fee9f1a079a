"""The accounting journal of a pay run: what its payslips mean for the books, by account, in balance by construction.

Every line of every payslip is posted once to the account of its code or section, and the net to what is owed to the
people. Earnings are costs (debit when positive), contributions, tax and recoveries are owed or taken back (credit).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gatehouse.domain.earnings import Section
from gatehouse.domain.errors import DomainError
from gatehouse.domain.money import Money, total
from gatehouse.domain.payroll import Payslip

NET = "net"
DEFAULT_ACCOUNTS: Mapping[str, str] = {
    Section.EARNING: "6600",
    Section.CONTRIBUTION: "2240",
    Section.TAX: "2221",
    Section.RECOVERY: "1221",
    NET: "2211",
}


class JournalError(DomainError):
    """Codes: `no_account`, `bad_account`, `currencies`."""


@dataclass(frozen=True, slots=True)
class Posting:
    """One account's sum; one of `debit` and `credit` is nothing."""

    account: str
    debit: Money
    credit: Money


@dataclass(frozen=True, slots=True)
class Accounts:
    """The account of a line's code (`earning.basic`), of its section (`earning`), and of the net (`net`)."""

    numbers: Mapping[str, str]

    def __post_init__(self) -> None:
        """Raises JournalError."""
        for key, number in self.numbers.items():
            if not number or len(number) > 35 or not number.isascii() or not number.isprintable():
                raise JournalError("bad_account", f"{key} needs an account of 1 to 35 plain characters", key=key)

    def of(self, section: str, code: str = "") -> str:
        found = self.numbers.get(f"{section}.{code}") or self.numbers.get(section)
        if found is None:
            raise JournalError("no_account", f"no account for {section}; name one", key=section)
        return found


def journal(slips: Iterable[Payslip], accounts: Accounts) -> tuple[Posting, ...]:
    """One posting an account, in the order of the accounts; debits and credits are equal. Raises JournalError."""
    sums: dict[str, int] = defaultdict(int)
    currencies: set[str] = set()
    for slip in slips:
        currencies.add(slip.currency)
        for line in slip.lines:
            sums[accounts.of(line.section, line.code)] += line.amount.minor
        sums[accounts.of(NET)] -= slip.net.minor
    if len(currencies) > 1:
        raise JournalError("currencies", "a journal has one currency; export each by itself")
    zero = Money.zero(currencies.pop() if currencies else "EUR")
    found = []
    for account, minor in sorted(sums.items()):
        amount = Money(abs(minor), zero.currency)
        if minor > 0:
            found.append(Posting(account, amount, zero))
        elif minor < 0:
            found.append(Posting(account, zero, amount))
    return tuple(found)


def balance(postings: Iterable[Posting], currency: str) -> tuple[Money, Money]:
    """All debits and all credits."""
    rows = list(postings)
    return total((row.debit for row in rows), currency), total((row.credit for row in rows), currency)
