"""Accounts at payment providers: written by owners, sealed, and asked whether they work."""

from collections.abc import Iterable
from datetime import datetime
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from gatehouse.server import keeping
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.parking.models import Garage, ProviderAccount
from gatehouse.server.parking.providers import builtin
from gatehouse.server.parking.providers.known import KINDS, checked_keys, speak
from gatehouse.server.people.models import Site


def add_account(
    site: Site, provider: str, keys: dict[str, str], *, garage: Garage | None = None, by: By, at: datetime
) -> ProviderAccount:
    """Its keys are sealed and never shown again. Raises BadKeys, ProviderFault, KeeperAway."""
    new_id = uuid4()
    cell = keeping.seal_one("provider.account/1", site.pk, new_id, checked_keys(provider, keys))
    with transaction.atomic():
        account = ProviderAccount.objects.create(id=new_id, site=site, garage=garage, provider=provider, keys_cell=cell)
        record("provider_account.added", "provider_account", new_id, by=by, at=at)
    return account


def change_keys(account: ProviderAccount, keys: dict[str, str], *, by: By, at: datetime) -> None:
    """All of them anew. Raises BadKeys, KeeperAway."""
    data = checked_keys(account.provider, keys)
    cell = keeping.seal_one("provider.account/1", account.site_id, account.pk, data)
    with transaction.atomic():
        ProviderAccount.objects.filter(pk=account.pk).update(keys_cell=cell)
        record("provider_account.keys_changed", "provider_account", account.pk, by=by, at=at)
    account.keys_cell = cell


@transaction.atomic
def stop_account(account: ProviderAccount, *, by: By, at: datetime) -> None:
    """No new payment is begun by it; what was begun is still settled, paid back and compared."""
    if ProviderAccount.objects.filter(pk=account.pk, active=True).update(active=False):
        record("provider_account.stopped", "provider_account", account.pk, by=by, at=at)


@transaction.atomic
def resume_account(account: ProviderAccount, *, by: By, at: datetime) -> None:
    if ProviderAccount.objects.filter(pk=account.pk, active=False).update(active=True):
        record("provider_account.resumed", "provider_account", account.pk, by=by, at=at)


def try_account(account: ProviderAccount, at: datetime) -> None:
    """Talk to the provider once. Raises ProviderFault with what is wrong, KeeperAway."""
    speak(account).check(at)


def account_by_code(provider: str, code: str) -> ProviderAccount | None:
    return ProviderAccount.objects.select_related("site").filter(provider=provider, code=code).first()


def accounts(sites: Iterable[Site]) -> QuerySet[ProviderAccount]:
    found = ProviderAccount.objects.filter(site__in=list(sites)).select_related("site", "garage")
    return found.order_by("site", "provider", "code")


def ways_to_pay(garage: Garage) -> list[tuple[str, ProviderAccount | None]]:
    """Provider and account by which this garage takes money now; a garage's own account before the site's."""
    ways: dict[str, ProviderAccount | None] = {}
    held = ProviderAccount.objects.filter(Q(garage=garage) | Q(garage=None), site=garage.site_id, active=True)
    for account in sorted(held, key=lambda one: (one.garage_id is None, one.code)):
        takes = KINDS[account.provider].currencies
        if takes is None or garage.currency in takes:
            ways.setdefault(account.provider, account)
    found = sorted(ways.items())
    return [*found, (builtin.NAME, None)] if settings.TEST_PROVIDER else found


def ways_to_charge(site: Site) -> list[tuple[str, ProviderAccount | None]]:
    """Provider and account by which a driver's account can be charged at this site."""
    able = [kind.name for kind in KINDS.values() if kind.auto_pay]
    held = ProviderAccount.objects.filter(site=site, garage=None, active=True, provider__in=able).order_by("code")
    found: list[tuple[str, ProviderAccount | None]] = [(one.provider, one) for one in held]
    return [*found, (builtin.NAME, None)] if settings.TEST_PROVIDER else found
