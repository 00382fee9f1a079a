"""Operators: who works here. Who is signed in is the keeper's word, so no password and no session lies here."""

import uuid

from django.db import models

from gatehouse.keeper.protocol import Role

ROLES = [(role.value, role.value) for role in Role if role is not Role.WORKER]


class Operators(models.Manager["Operator"]):
    """What Django's own machinery asks of a user's manager."""

    def get_by_natural_key(self, handle: str) -> "Operator":
        return self.get(handle=handle)


class Operator(models.Model):
    """Somebody who may sign in with a one-time code of the keeper. `sites` holds site ids; empty means every site.
    `contractor` is the company whose people somebody of that role sees.

    Stands in as Django's user, without its password and last_login columns.
    """

    USERNAME_FIELD = "handle"
    REQUIRED_FIELDS: list[str] = []
    is_anonymous = False
    is_authenticated = True

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    handle = models.CharField(max_length=32, unique=True)
    role = models.CharField(max_length=16, choices=ROLES)
    sites = models.JSONField(default=list, blank=True)
    active = models.BooleanField(default=True)
    contractor = models.UUIDField(null=True, blank=True)
    contact_cell = models.BinaryField(null=True, blank=True)

    objects = Operators()

    def __str__(self) -> str:
        return self.handle

    def get_username(self) -> str:
        return self.handle

    def natural_key(self) -> tuple[str]:
        return (self.handle,)

    @property
    def is_active(self) -> bool:
        return self.active

    @property
    def is_staff(self) -> bool:
        """May enter the back office; what is seen there depends on `role` and `sites`."""
        return self.active and self.role != Role.CONTRACTOR

    @property
    def is_superuser(self) -> bool:
        return self.active and self.role == Role.OWNER

    def has_perm(self, perm: str, obj: object = None) -> bool:
        return self.is_superuser

    def has_perms(self, perms: list[str], obj: object = None) -> bool:
        return all(self.has_perm(perm, obj) for perm in perms)

    def has_module_perms(self, app_label: str) -> bool:
        return self.active
