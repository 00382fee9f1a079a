"""Whoever writes the stays, payments or clearances of a site waits for the others.

The change of date writes every open stay anew: whoever had read one before would write over it, and whoever waited for
the old row would find it gone.
"""

from uuid import UUID

from django.db import connection

from gatehouse.server.people.models import Site


def lock_site(site_id: UUID) -> Site:
    """The site's row as it is now, held until the transaction ends. Comes before every other lock of parking."""
    assert connection.in_atomic_block
    return Site.objects.select_for_update(no_key=True).get(pk=site_id)
