"""The interactive page about the REST API, in a browser."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from servers import Server

DOCS = "tabweave/api/v1/docs"


@pytest.fixture
def reference(browser: Browser, server: Server) -> Iterator[Page]:
    """The page, logged in; errors in it and requests to other places fail the test."""
    context = browser.new_context()
    context.add_cookies([{"name": "person", "value": "ann", "url": server.url}])
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda asked: None if asked.url.startswith((server.url, "data:", "blob:")) else wrong.append(asked.url))
    page.on("console", lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None)
    page.goto(f"{server.url}{DOCS}?token={server.token}")
    page.locator("nav a").first.wait_for()
    yield page
    context.close()
    assert wrong == []


def choose(page: Page, summary: str) -> None:
    page.locator("nav").get_by_text(summary, exact=True).click()
    page.locator(".tw-Ref-summary").get_by_text(summary, exact=True).wait_for()


def send(page: Page) -> str:
    """The status of the answer."""
    page.get_by_role("button", name="Send").click()
    status = page.locator(".tw-Ref-answer .tw-Ref-status")
    status.wait_for()
    return status.inner_text()


def test_a_table_is_made_read_and_dropped_with_the_page_alone(reference: Page) -> None:
    choose(reference, "Create a table")
    body = {"name": "by hand", "records": [{"item": "pen", "qty": 1}, {"item": "ink", "qty": 2}]}
    reference.get_by_label("Body", exact=True).fill(json.dumps(body))
    assert send(reference) == "201 Created"
    choose(reference, "Read rows")
    reference.get_by_label("name").fill("by hand")
    reference.get_by_label("sort").fill("-qty")
    assert send(reference) == "200 OK"
    told = json.loads(reference.locator(".tw-Ref-answer pre").inner_text())
    assert [row["values"]["item"] for row in told["records"]] == ["ink", "pen"]
    choose(reference, "Drop a table")
    reference.get_by_label("name").fill("by hand")
    assert send(reference) == "204 No Content"
    assert send(reference) == "404 Not Found"
    assert '"NO_TABLE"' in reference.locator(".tw-Ref-answer pre").inner_text()


def test_a_file_is_uploaded_from_the_page(reference: Page) -> None:
    choose(reference, "Upload a table")
    reference.get_by_label("name").fill("from a file")
    reference.get_by_label("file").set_input_files({"name": "t.csv", "mimeType": "text/csv", "buffer": b"a,b\n1,2\n3\n"})
    assert send(reference) == "201 Created"
    assert '"n_rejected": 1' in reference.locator(".tw-Ref-answer pre").inner_text()


def test_changes_are_shown_as_they_come(reference: Page, server: Server) -> None:
    rows = {"name": "followed", "records": [{"qty": 1}]}
    assert server.request("POST", "tabweave/api/v1/datasets", rows)[0] == 201
    choose(reference, "Follow")
    reference.get_by_label("name").fill("followed")
    assert send(reference) == "200 listening"
    events = reference.locator(".tw-Ref-answer pre")
    expect(events).to_contain_text("event: ready")
    assert server.request("PUT", "tabweave/api/v1/datasets/followed/cells/0/qty", {"value": 77})[0] == 200
    expect(events).to_contain_text('"values":[77]')
    reference.get_by_role("button", name="Stop").click()
    expect(events).to_contain_text("stopped")


def test_the_calls_can_be_found_by_their_words(reference: Page) -> None:
    reference.keyboard.press("/")
    reference.keyboard.type("upload")
    expect(reference.locator("nav a")).to_have_count(1)


def test_the_shown_curl_command_is_the_call(reference: Page) -> None:
    choose(reference, "Ask in SQL")
    reference.get_by_label("Body", exact=True).fill('{"query": "SELECT \'x\'"}')
    command = reference.locator("main > pre").inner_text()
    assert """--json '{"query": "SELECT '\\''x'\\''"}'""" in command
    assert command.endswith("/tabweave/api/v1/sql'")


def test_the_page_has_a_light_and_a_dark_dress(reference: Page) -> None:
    def paper() -> str:
        return str(reference.evaluate("getComputedStyle(document.documentElement).backgroundColor"))

    first = paper()
    reference.get_by_role("button", name="Switch between light and dark").click()
    assert paper() != first
