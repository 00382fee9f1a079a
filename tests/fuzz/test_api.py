"""Schemathesis over the API's own description: what fits it and what does not is answered as it says, at once, and by
no fault of ours.

Beside tests/server/test_api_doors.py, whose values are our own. Ids that were made up are replaced by those of
rows, or nothing behind them would be reached; what a case changed is taken back before the next.
"""

import itertools
import json
import warnings
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st
from ninja.responses import NinjaJSONEncoder
from tests.fuzz.entrance import connection_kept
from tests.fuzz.odd import LONGER, examples
from tests.server.api_rows import ids_of_rows
from tests.server.callers import caller
from tests.server.world import World

from gatehouse.keeper.protocol import Role
from gatehouse.server.api.app import api

WITHIN_S = 5.0
LISTED = 16  # of the cases that schemathesis lists for a route: bounds, and each thing that can be wrong
DRAWN = 6  # of those that it draws by chance
QUOTED = 8  # letters: shorter texts are met by chance


def described() -> dict[str, Any]:
    """As it is served, but with no room for a field beyond those that it names."""
    found = json.loads(json.dumps(api.get_openapi_schema(path_prefix="/api/"), cls=NinjaJSONEncoder))
    for part in found["components"]["schemas"].values():
        if "properties" in part:
            part.setdefault("additionalProperties", False)
    return found


TAGS = sorted({op["tags"][0] for ops in described()["paths"].values() for op in ops.values()})


@pytest.fixture(scope="module")
def walk() -> Iterator[Any]:
    """Schemathesis in front of this server. It changes hypothesis for its whole process; that ends with this file."""
    from hypothesis import core
    from hypothesis.internal.conjecture import engine
    from hypothesis.strategies._internal import collections

    changed = [(core, "RepresentationPrinter"), *((one, "BUFFER_SIZE") for one in (core, engine, collections))]
    with pytest.MonkeyPatch.context() as kept:
        for place, name in changed:
            kept.setattr(place, name, getattr(place, name))
        import schemathesis

        schema = schemathesis.openapi.from_dict(described(), config=schemathesis.Config(seed=1))
        schema.app = WSGIHandler()
        yield schema


@pytest.fixture
def rows(world: World) -> dict[str, str]:
    """Ids by the names that addresses and bodies have for them."""
    ids = ids_of_rows(world)
    of_bodies = {
        "garage": ids["garage_id"], "vehicle": ids["vehicle_id"], "owner": ids["person_id"],
        "person": ids["person_id"], "zone": str(world.garage.zone_id), "tariff": str(world.garage.tariff_id),
        "groups": str(world.group.pk), "gates": str(world.door.pk),
    }  # fmt: skip
    return ids | of_bodies


def operations(walk: Any, tag: str | None = None) -> list[Any]:
    found = [one.ok() for one in walk.get_all_operations()]
    return [one for one in found if tag is None or tag in one.tags]


def listed(operation: Any, most: int) -> list[Any]:
    """Of the cases that schemathesis lists for a route, so many, evenly out of all of them."""
    from schemathesis import GenerationMode

    of_phase = operation.schema.config.generation_for(operation=operation, phase="coverage")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*not valid syntax for a Python regular expression.*")
        cases = list(
            operation.schema.iter_coverage_cases(
                operation, generation_modes=list(GenerationMode), generation_config=of_phase
            )
        )
    return cases[:: -(-len(cases) // most)] if cases else []


def drawn(operation: Any) -> st.SearchStrategy[Any]:
    """Cases that fit the description, and cases that do not."""
    from schemathesis import GenerationMode
    from schemathesis.generation.feedback import NO_FEEDBACK

    return st.one_of(*(operation.as_strategy(mode, feedback=NO_FEEDBACK) for mode in GenerationMode))


def is_id(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(UUID(value))
    except ValueError:
        return False


def placed(value: Any, rows: dict[str, str], name: str = "") -> Any:
    """The same with the ids of rows that are there, where it has an id under a name that is known."""
    if isinstance(value, dict):
        return {key: placed(inner, rows, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [placed(inner, rows, name) for inner in value]
    return rows.get(name, value) if is_id(value) else value


def texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from texts_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_in(inner)
    elif isinstance(value, str):
        yield value


class Asker:
    """Asks what schemathesis made up, from an address of its own each time: who guesses codes is locked out by it."""

    def __init__(self, walk: Any, token: str | None) -> None:
        from schemathesis.checks import not_a_server_error
        from schemathesis.specs.openapi import checks

        self.token, self.asked = token, 0
        self._addresses = (f"203.0.{high}.{low}" for high, low in itertools.product(range(256), range(1, 255)))
        self._words = set(texts_in(walk.raw_schema))  # names of fields, codes: these an answer may have
        self._checks = [
            not_a_server_error, checks.status_code_conformance, checks.content_type_conformance,
            checks.response_schema_conformance, checks.response_headers_conformance,
        ]  # fmt: skip

    def ask(self, case: Any) -> int:
        """The status; fails where the answer is none that the description has, or came late, or quotes."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        with connection_kept(), transaction.atomic():
            answer = case.call(headers=headers, environ_base={"REMOTE_ADDR": next(self._addresses)})
            transaction.set_rollback(True)
        case.validate_response(answer, checks=self._checks)
        assert answer.elapsed < WITHIN_S, (case.operation.label, answer.elapsed)
        if answer.status_code >= 400:
            self._quotes_nothing(case, answer.content.decode())
        self.asked += 1
        return int(answer.status_code)

    def _quotes_nothing(self, case: Any, said: str) -> None:
        """What is refused may be personal: it would be read in a log."""
        for sent in itertools.chain(texts_in(case.body), texts_in(case.query), texts_in(case.path_parameters)):
            assert len(sent) < QUOTED or sent in self._words or sent not in said, (case.operation.label, sent, said)


def asked_for(operation: Any, asker: Asker, rows: dict[str, str]) -> set[int]:
    """The statuses that an operation answered with."""
    statuses: set[int] = set()

    def ask(case: Any) -> None:
        case.path_parameters = placed(case.path_parameters, rows)
        case.body = placed(case.body, rows)
        statuses.add(asker.ask(case))

    for case in listed(operation, LISTED * LONGER):
        ask(case)
    examples(DRAWN)(given(drawn(operation))(ask))()
    return statuses


@pytest.mark.timeout(300)
@pytest.mark.parametrize("tag", TAGS)
def test_whatever_schemathesis_makes_up_is_answered_as_described(
    walk: Any, world: World, rows: dict[str, str], tag: str
) -> None:
    statuses: set[int] = set()
    for operation in operations(walk, tag):
        asker = Asker(walk, caller(world, Role.OWNER).token)  # signing out is among what is asked
        statuses |= asked_for(operation, asker, rows)
        assert asker.asked > 1, operation.label
    assert statuses & {200, 201, 202, 204}  # not everything was refused at the door
    assert statuses & {405, 422}


@pytest.mark.timeout(300)
def test_without_a_ticket_whatever_schemathesis_makes_up_is_refused(walk: Any, world: World, rows: dict) -> None:
    asker = Asker(walk, None)
    for operation in operations(walk):
        public = operation.definition.raw["operationId"] == "sign_in"
        refused = {400, 401, 404, 405, 413, 415, 422, 429} if public else {401, 404, 405, 413}
        for case in listed(operation, 5 * LONGER):
            case.path_parameters = placed(case.path_parameters, rows)
            assert asker.ask(case) in refused, operation.label
