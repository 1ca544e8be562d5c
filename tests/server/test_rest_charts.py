"""Charts over REST: Plotly's JSON, or a page that needs nothing from elsewhere."""

from __future__ import annotations

import re
from typing import Any

import pytest
from server.rest import Rest

BARS = {"kind": "bar", "x": "item", "y": "sum(qty)", "sort": "-y"}


@pytest.fixture(scope="module")
def path(server: Any) -> str:
    return Rest(server).share("charted", item=["pen", "ink", "pen"], qty=[1, 2, 3])


def test_a_chart_is_plotlys_json_and_says_of_which_revision(rest: Rest, path: str) -> None:
    answer = rest.call("POST", f"{path}/chart", BARS)
    assert (answer.status, answer.headers["X-Tabweave-Rev"], answer.headers["X-Tabweave-Marks"]) == (200, "0", "2")
    trace = answer.json["data"][0]
    assert (trace["type"], trace["x"], trace["y"]) == ("bar", ["pen", "ink"], [4, 2])
    assert answer.json["layout"]["title"]["text"] == "sum of qty by item"


def test_a_browser_gets_a_page_that_needs_nothing_from_elsewhere(rest: Rest, path: str) -> None:
    answer = rest.call("POST", f"{path}/chart", {"x": "item", "title": "</script><b>"}, headers={"Accept": "text/html,*/*"})
    assert answer.headers["Content-Type"] == "text/html; charset=UTF-8"
    page = answer.content.decode()
    assert "Plotly.newPlot" in page
    assert page.count("</script>") == 2
    assert not re.search(r'<(?:script|link|img)[^>]+(?:src|href)="', page)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"kind": "bar", "x": "itm"}, 404, "NO_COLUMN"),
        ({"kind": "histogram", "x": "item"}, 422, "TYPE"),
        ({"x": "item", "y": "summ(qty)"}, 400, "BAD_MESSAGE"),
        ({"kind": "donut"}, 400, "BAD_MESSAGE"),
        ({}, 422, "CHECK"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_the_reason(
    rest: Rest, path: str, body: dict[str, Any], status: int, code: str
) -> None:
    answer = rest.refused("POST", f"{path}/chart", body)
    assert (answer.status, answer.code) == (status, code), answer.content


def test_the_library_comes_from_this_server(rest: Rest) -> None:
    answer = rest.call("GET", "/plotly.js")
    assert answer.headers["Content-Type"] == "text/javascript; charset=UTF-8"
    assert b"plotly.js" in answer.content[:400]
