"""The OpenAPI document says what the server does, and the server does what the document says."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
import schemathesis
from hypothesis import given, settings
from hypothesis import strategies as st
from schemathesis import checks
from schemathesis.specs.openapi import checks as openapi_checks
from server.rest import BASE, Rest
from servers import Server
from tabweave_core.errors import TabweaveError
from tabweave_server.app import TabweaveServer
from tabweave_server.envelope import STATUS
from tabweave_server.handlers.kernel import KernelSocket
from tabweave_server.handlers.nowhere import NowhereHandler
from tabweave_server.handlers.openapi import document
from tabweave_server.handlers.page import PageSocket
from tabweave_server.handlers.routes import ROUTES
from tornado.web import RequestHandler

DOCUMENT = document(ROUTES)
STREAM = f"/{BASE}/datasets/{{name}}/events"
NOT_REST = {PageSocket, KernelSocket, NowhereHandler}
OPERATIONS = [found.ok() for found in schemathesis.openapi.from_dict(DOCUMENT).get_all_operations()]
EXAMPLES = max(10, settings.get_profile(settings.get_current_profile_name()).max_examples // 6)
CHECKS = [
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_headers_conformance,
    openapi_checks.response_schema_conformance,
]
SMALL = {"column", "columns", "row", "rows", "ids", "before", "to", "at", "start", "stop", "count", "seq", "since", "ref"}
NAMES = {"name": "sales", "row": "0", "column": "qty", "file": "page.js", "rollup": "stock"}


def methods_of(handler: type[RequestHandler]) -> set[str]:
    """What a handler answers to, as its own code has it."""
    return {name for name in handler.SUPPORTED_METHODS if name.lower() in vars(handler)}


def test_every_route_and_method_is_documented_and_every_documented_one_exists() -> None:
    extension = TabweaveServer()
    extension.initialize_handlers()
    served = {
        (pattern, method)
        for pattern, handler, *_ in extension.handlers
        if handler not in NOT_REST
        for method in methods_of(handler)
    }
    patterns = {f"/{BASE}{route.path}": route.pattern for route in ROUTES}
    documented = {(patterns[path], method.upper()) for path, methods in DOCUMENT["paths"].items() for method in methods}
    assert served == documented


def test_every_refusal_has_a_status_and_every_answer_its_envelope() -> None:
    kinds = list(TabweaveError.__subclasses__())
    codes = {code for kind in kinds for code in kind.codes} | {"TOO_FAR"}
    assert codes <= set(STATUS)
    for methods in DOCUMENT["paths"].values():
        for operation in methods.values():
            for status, answer in operation["responses"].items():
                if int(status) >= 400:
                    assert answer == {"$ref": f"#/components/responses/{status}"}
    for answer in DOCUMENT["components"]["responses"].values():
        assert answer["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Refusal"}


def test_every_call_says_what_it_is() -> None:
    ids = []
    for methods in DOCUMENT["paths"].values():
        for operation in methods.values():
            ids.append(operation["operationId"])
            assert operation["summary"]
            assert operation["tags"]
            assert all(
                parameter.get("description") or parameter["in"] == "query" for parameter in operation.get("parameters", ())
            )
    assert len(set(ids)) == len(ids)


@pytest.fixture(scope="module")
def shaken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rest]:
    """A server that is asked anything that the document allows, and more."""
    with Server(tmp_path_factory.mktemp("shaken"), options={"TabweaveServer.max_upload": 100_000}) as server:
        yield Rest(server)
        assert "Uncaught exception" not in server.log()


def test_every_example_is_accepted(shaken: Rest) -> None:
    if shaken.call("GET", "/datasets/fruit").status == 200:
        shaken.ok("DELETE", "/datasets/fruit")
    created = DOCUMENT["paths"][f"/{BASE}/datasets"]["post"]["requestBody"]["content"]["application/json"]["example"]
    shaken.ok("POST", "/datasets", created)
    shaken.ok("PUT", "/datasets/fruit/cells/0/qty", {"value": 1})
    for path, methods in DOCUMENT["paths"].items():
        for method, told in methods.items():
            body = told.get("requestBody", {}).get("content", {}).get("application/json", {})
            if "example" in body and "name" not in body["example"]:
                place = path.removeprefix(f"/{BASE}").format(**NAMES | {"name": "fruit"})
                shaken.ok(method.upper(), place, body["example"])


def tamed(value: Any, key: str = "") -> Any:
    """The same request about rows and columns that are there."""
    if isinstance(value, dict):
        return {name: tamed(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [tamed(item, key) for item in value]
    if key in SMALL and isinstance(value, int) and not isinstance(value, bool):
        return value % 3
    return NAMES["column"] if key == "column" and isinstance(value, str) else value


def share_sales(rest: Rest) -> None:
    rest.share("sales", item=["pen", "ink", "pad"], qty=[1, 2, 3], price=[1.5, None, 2.0])


STOCK = ("PUT", "/datasets/sales/rollups/stock", {"by": ["item"], "of": [{"fn": "sum", "column": "qty"}]})


def steer(case: schemathesis.Case, rest: Rest, chance: Random) -> None:
    """Makes a request about a table that is there."""
    if rest.call("GET", "/datasets/sales").status != 200:
        share_sales(rest)
    if "rollup" in (case.path_parameters or {}) and rest.call(*STOCK).status != 200:
        rest.ok("DELETE", "/datasets/sales")
        share_sales(rest)
        rest.ok(*STOCK)
    case.path_parameters = {name: NAMES[name] for name in case.path_parameters or {}}
    bodies = DOCUMENT["paths"][case.path][case.method.lower()].get("requestBody", {}).get("content", {})
    example = bodies.get("application/json", {}).get("example")
    if chance.random() < 0.3 and example is not None and case.media_type == "application/json":
        case.body = example | {name: item for name, item in tamed(case.body).items() if chance.random() < 0.3}
    else:
        case.body = tamed(case.body)


def test_the_document_is_what_the_server_gives(shaken: Rest) -> None:
    assert shaken.ok("GET", "/openapi.json")["paths"] == DOCUMENT["paths"]


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each.path != STREAM], ids=lambda each: each.label)
def test_whatever_is_asked_is_answered_as_documented(shaken: Rest, operation: Any) -> None:
    url = f"http://127.0.0.1:{shaken.server.port}"

    @settings(max_examples=EXAMPLES, deadline=None)
    @given(case=operation.as_strategy(), known=st.booleans(), chance=st.randoms())
    def ask(case: schemathesis.Case, known: bool, chance: Random) -> None:
        if known:
            steer(case, shaken, chance)
        if case.query.get("wait"):
            case.query["wait"] = 0
        answer = case.call(base_url=url, headers=shaken.headers, timeout=30)
        case.validate_response(answer, checks=CHECKS)

    ask()


@pytest.mark.parametrize("method", ["TRACE", "PATCH", "DELETE"])
def test_a_method_that_is_not_there_is_refused_with_those_that_are(shaken: Rest, method: str) -> None:
    answer = shaken.refused(method, "/sql")
    assert answer.status == 405
    assert {"POST"} <= set(answer.headers["Allow"].split(", "))
