"""Texts come as UTF-8, or are not read."""

import pytest
from django.test import Client
from tests.server.callers import caller

from gatehouse.keeper.protocol import Role


@pytest.mark.parametrize("charset", ["hex", "zlib", "rot13", "utf-16", "unicode_escape", "idna", "gbk"])
def test_another_charset_is_refused_before_anything_is_read_by_it(world, charset):
    """Some are none, for Python: an address that was read by them was a fault of ours."""
    headers = {"Authorization": f"Bearer {caller(world, Role.OWNER).token}"}
    for path in (
        f"/api/garages/{world.garage.pk}/stays?offset=0",
        "/enter/?next=/",
        f"/pay/{world.garage.pay_code}/?a=b",
    ):
        answer = Client(headers=headers).get(path, headers={"Content-Type": f"text/plain; charset={charset}"})
        assert answer.status_code == 415
        assert answer.json()["type"] == "urn:gatehouse:charset"
    form = Client(headers=headers).generic(
        "POST", "/enter/", b"--x--", content_type=f"multipart/form-data; boundary=x; charset={charset}"
    )
    assert form.status_code == 415


@pytest.mark.parametrize("charset", ["utf-8", "UTF8", "us-ascii", "nonsense"])
def test_utf8_by_any_name_is_taken_and_so_is_a_charset_that_nobody_knows(world, charset):
    """What Django does not know it leaves alone, and reads UTF-8."""
    headers = {"Authorization": f"Bearer {caller(world, Role.OWNER).token}"}
    kind = f"application/json; charset={charset}"
    body = b'{"name": "\xe6\x9e\x97"}'
    answer = Client(headers=headers).generic("POST", f"/api/sites/{world.site.pk}/groups", body, content_type=kind)
    assert answer.status_code == 201
