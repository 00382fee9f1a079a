"""How a site pays: its rulebook, its ledger's accounts, and from which account."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from gatehouse.domain.bank_accounts import compact, is_bic, is_iban, is_other_account, looks_like_iban
from gatehouse.domain.pay_journal import DEFAULT_ACCOUNTS, JournalError
from gatehouse.domain.payment_file import Charset, fold
from gatehouse.domain.rulebooks import Rulebook, RulebookError
from gatehouse.keeper.protocol import Refused
from gatehouse.server.console import words, words_payruns
from gatehouse.server.console.access import reader
from gatehouse.server.console.payruns import typed
from gatehouse.server.console.payruns.typed import Mistyped
from gatehouse.server.moment import now
from gatehouse.server.payroll import inputs, run_looks, run_queries
from gatehouse.server.payroll.rules import books
from gatehouse.server.payroll.run_cells import Payer
from gatehouse.server.people import queries
from gatehouse.server.people.models import Site

PURPOSE = "pay.setup"


def setup(request: HttpRequest) -> HttpResponse:
    """GET shows every site's; POST saves one."""
    who = reader(request)
    context: dict[str, object] = {"books": _books()}
    status = 200
    if request.method == "POST":
        try:
            _save(request)
        except (Mistyped, RulebookError, JournalError) as fault:
            context["error"], status = _why(fault), 422
        else:
            messages.success(request, _("Saved."), "yes")
            return HttpResponseRedirect(reverse("payruns-setup"))
    sites = []
    for site in queries.sites_visible_to(who):
        found = _shown(request, site)
        if isinstance(found, Refused):
            context["refused"] = words.refused(found.code)
        else:
            sites.append(found)
    return render(request, "payruns/setup.html", context | {"sites": sites}, status=status)


def _why(fault: Exception) -> str:
    if isinstance(fault, Mistyped):
        return str(fault)
    if isinstance(fault, RulebookError):
        return _("This rulebook cannot be used: %(why)s") % {"why": str(fault)[:200]}
    return _("An account is 1 to 35 plain letters and digits.")


def _books() -> list[dict[str, str]]:
    return [
        {
            "name": name,
            "title": found.title
            if isinstance(found, Rulebook)
            else _("Cannot be read: %(why)s") % {"why": str(found)[:200]},
            "source": found.source if isinstance(found, Rulebook) else "",
        }
        for name, found in books()
    ]


def _shown(request: HttpRequest, site: Site) -> dict[str, object] | Refused:
    row = run_queries.setup_of(site)
    payer = run_looks.payer(row, reader(request).by.authority, PURPOSE)
    if isinstance(payer, Refused):
        return payer
    numbers = {**DEFAULT_ACCOUNTS, **(row.accounts if row else {})}
    return {
        "site": site,
        "book": row.rulebook if row else "",
        "accounts": [(key, words_payruns.ACCOUNTS[key], numbers[key]) for key in DEFAULT_ACCOUNTS],
        "payer": payer or Payer("", ""),
    }


def _save(request: HttpRequest) -> None:
    """Raises Mistyped, RulebookError, JournalError."""
    who, form = reader(request), request.POST
    site = next((s for s in queries.sites_visible_to(who) if str(s.pk) == form.get("site", "")), None)
    if site is None:
        raise Mistyped(_("Choose a site."))
    accounts = {key: typed.text(form, f"account_{key}", 35) or number for key, number in DEFAULT_ACCOUNTS.items()}
    payer = Payer(
        typed.text(form, "name", 140),
        typed.text(form, "account", 42),
        compact(form.get("bic", "")[:11]),
        "any" if form.get("charset") == "any" else "sepa",
    )
    if payer.name or payer.account:
        _check(payer)
    inputs.set_setup(
        site,
        rulebook=typed.text(form, "rulebook", 32),
        accounts=accounts,
        payer=payer if payer.name or payer.account else None,
        by=who.by,
        at=now(),
    )


def _check(payer: Payer) -> None:
    """Raises Mistyped."""
    if not fold(payer.name, Charset(payer.charset)):
        raise Mistyped(
            _("The payer's name has letters that the bank does not read. Choose the other letters, or spell it.")
        )
    good = is_iban(payer.account) if looks_like_iban(payer.account) else is_other_account(payer.account)
    if not good or (payer.charset == "sepa" and not is_iban(payer.account)):
        raise Mistyped(_("This account number is not right: its check digits or its length do not fit."))
    if payer.bic and not is_bic(payer.bic):
        raise Mistyped(_("A BIC has 8 or 11 letters and digits."))
