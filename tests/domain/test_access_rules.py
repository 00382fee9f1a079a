"""Who may pass: the whole promise, as properties and worked cases."""

import pytest
from tests.domain.access_cases import CHECKS, domain


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_who_may_pass(check):
    check(domain())
