"""How errors look in the API's own description: every route answers a problem (RFC 9457) where it refuses."""

from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

_PROBLEM = {"$ref": "#/components/responses/Problem"}
REFUSALS: dict[str, object] = {"4XX": _PROBLEM, "503": _PROBLEM}  # of each route
_COMPONENTS: dict[str, dict[str, object]] = {
    "responses": {
        "Problem": {
            "description": "What is wrong: `type` is stable, `title` is for people, `errors` are of single fields.",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    },
    "schemas": {
        "Fault": {
            "type": "object",
            "properties": {"field": {"type": "string"}, "code": {"type": "string"}},
            "required": ["field", "code"],
        },
        "Problem": {
            "type": "object",
            "properties": {
                "type": {"type": "string", "pattern": "^urn:gatehouse:[a-z_]+$"},
                "title": {"type": "string"},
                "status": {"type": "integer"},
                "errors": {"type": "array", "items": {"$ref": "#/components/schemas/Fault"}},
            },
            "required": ["type", "title", "status"],
            "additionalProperties": {"type": ["string", "integer"]},
        },
    },
}


class DescribedAPI(NinjaAPI):
    """A NinjaAPI whose description holds what REFUSALS points at."""

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        described = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        for kind, parts in _COMPONENTS.items():
            described["components"].setdefault(kind, {}).update(parts)
        return described
