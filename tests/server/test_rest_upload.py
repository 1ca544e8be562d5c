"""Files uploaded as tables: every format, every way to send them, and what is wrong with them told."""

from __future__ import annotations

import gzip
import io
import json
import socket
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from server.rest import BASE, Rest
from servers import Server, wait_for

TABLE = pa.table({"item": ["pen", "ink"], "qty": pa.array([1, None], pa.int64())})
ROWS = [{"item": "pen", "qty": 1}, {"item": "ink", "qty": None}]
CSV = b"item,qty\npen,1\nink,\n"


def parquet(table: pa.Table = TABLE) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def arrow(table: pa.Table = TABLE, *, file: bool = False) -> bytes:
    sink = io.BytesIO()
    with (pa.ipc.new_file if file else pa.ipc.new_stream)(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def workbook() -> bytes:
    book, sink = openpyxl.Workbook(), io.BytesIO()
    for row in (("item", "qty"), ("pen", 1), ("ink", None)):
        book.active.append(row)
    book.save(sink)
    return sink.getvalue()


FILES: dict[str, bytes] = {
    "csv": CSV,
    "tsv": CSV.replace(b",", b"\t"),
    "json": json.dumps(ROWS).encode(),
    "jsonl": "\n".join(json.dumps(row) for row in ROWS).encode(),
    "xlsx": workbook(),
    "parquet": parquet(),
    "arrow stream": arrow(),
    "arrow file": arrow(file=True),
    "csv.gz": gzip.compress(CSV),
    "csv.zst": pa.compress(CSV, "zstd", asbytes=True),
    "parquet.gz": gzip.compress(parquet()),
}


def form(content: bytes, file_name: str = "t.csv", **fields: str) -> tuple[bytes, dict[str, str]]:
    """A multipart form and its headers."""
    mark = "a-boundary-of-tests"
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode() for name, value in fields.items()
    ]
    head = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{file_name}"\r\nContent-Type: text/csv\r\n\r\n'
    body = b"".join(parts) + head.encode() + content + f"\r\n--{mark}--\r\n".encode()
    return body, {"Content-Type": f"multipart/form-data; boundary={mark}"}


@pytest.mark.parametrize("kind", FILES)
def test_every_format_becomes_the_same_table(rest: Rest, kind: str) -> None:
    made = rest.ok("PUT", f"/datasets/of%20{kind.replace(' ', '%20')}", FILES[kind])
    assert made["columns"] == ["item", "qty"]
    assert (made["rejected"], made["n_rejected"]) == ([], 0)
    assert rest.rows(f"/datasets/of%20{kind.replace(' ', '%20')}") == ROWS


def test_a_form_names_the_table_or_its_file_does(rest: Rest) -> None:
    body, headers = form(CSV, name="from a form")
    made = rest.call("POST", "/datasets", body, headers)
    assert made.status == 201
    assert made.headers["Location"] == f"/{BASE}/datasets/from%20a%20form"
    body, headers = form(CSV, "C:\\data\\by file.name.csv")
    assert rest.call("POST", "/datasets", body, headers).json["dataset"]["name"] == "by file"


def test_a_form_says_how_to_read(rest: Rest) -> None:
    body, headers = form(
        b"007|1,5\n008|2,5\n", name="form options", header="0", delimiter="|", decimal=",", types="column_1=text"
    )
    rest.call("POST", "/datasets", body, headers)
    assert rest.rows("/datasets/form%20options") == [
        {"column_1": "007", "column_2": 1.5},
        {"column_1": "008", "column_2": 2.5},
    ]


def test_a_form_is_read_however_its_bytes_arrive(rest: Rest) -> None:
    content = b"a,b\n" + b"1,--a-boundary-of-tests\n\r\n--a-boundary-of-test,2\n" + b"3,4\n"
    body, headers = form(content, name="by bytes")
    made = rest.call("POST", "/datasets", iter([bytes([byte]) for byte in body]), headers)
    assert made.status == 201, made.content
    assert rest.rows("/datasets/by%20bytes") == [
        {"a": "1", "b": "--a-boundary-of-tests"},
        {"a": "--a-boundary-of-test", "b": "2"},
        {"a": "3", "b": "4"},
    ]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'--b\r\nContent-Disposition: form-data; name="name"\r\n\r\nx\r\n--b--\r\n', "no file"),
        (b'--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\na,b', "too early"),
        (b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--", "no name"),
        (b"--bXY", "new line"),
        (b"--b\r\n" + b"X: y\r\n" * 9000, "too long"),
        (b"", "too early"),
        (
            b'--b\r\nContent-Disposition: form-data; name="header"\r\n\r\nsoon\r\n--b\r\nContent-Disposition: form-data; '
            b'name="file"; filename="x"\r\n\r\na\r\n--b--',
            "int",
        ),
    ],
)
def test_a_broken_form_is_refused_with_the_reason(rest: Rest, body: bytes, words: str) -> None:
    answer = rest.refused("POST", "/datasets", body, {"Content-Type": "multipart/form-data; boundary=b"})
    assert (answer.status, answer.code) == (400, "BAD_MESSAGE")
    assert words in answer.json["error"]["message"]


def test_lines_that_do_not_fit_come_back_with_number_reason_and_text(rest: Rest) -> None:
    made = rest.ok("PUT", "/datasets/rejects", b"a,b\n1,2\n3\n4,5\n6,7,8\n")
    assert made["n_rejected"] == 2
    assert made["rejected"] == [
        {"line": 3, "reason": "1 cell instead of 2", "text": "3"},
        {"line": 5, "reason": "3 cells instead of 2", "text": "6,7,8"},
    ]
    assert [note["code"] for note in made["notes"]] == ["S1"]
    assert rest.rows("/datasets/rejects") == [{"a": 1, "b": 2}, {"a": 4, "b": 5}]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\n\n", "no table"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"<html><table>", "web page"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
        (b'{"a": [1, 2', "not JSON"),
        (parquet()[:-9], "damaged"),
        (arrow()[:-200], "damaged"),
        (arrow(file=True)[:200], "damaged"),
        (workbook()[:300], "damaged"),
        (gzip.compress(CSV * 1000)[:-20], "damaged"),
        (pa.compress(CSV * 1000, "zstd", asbytes=True)[:-5], "damaged"),
        (bytes(range(256)) * 40, "not a table file"),
        (b"PK\x03\x04" + b"\x00" * 40, "damaged"),
        (b"SQLite format 3\x00" + b"\x00" * 90, "SQLite"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_malformed_file_is_refused_with_the_reason_and_leaves_nothing(rest: Rest, content: bytes, words: str) -> None:
    answer = rest.refused("PUT", "/datasets/malformed", content)
    assert (answer.status, answer.code) == (422, "BAD_FILE")
    assert words in answer.json["error"]["message"]
    assert answer.json["error"]["hint"]
    assert rest.refused("GET", "/datasets/malformed").code == "NO_TABLE"


def test_an_archive_with_another_file_in_it_is_refused_by_name(rest: Rest) -> None:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("inside.txt", "x")
    assert "inside.txt" in rest.refused("PUT", "/datasets/archive", sink.getvalue()).json["error"]["message"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"header": "soon"}, 400),
        ({"header": "-1"}, 400),
        ({"sheets": "x"}, 400),
        ({"types": "a"}, 400),
        ({"types": "{"}, 400),
        ({"rights": "{}x"}, 400),
        ({"types": "a=colour"}, 422),
        ({"types": "nope=text"}, 422),
        ({"encoding": "klingon"}, 422),
        ({"format": "doc"}, 422),
        ({"delimiter": "ab"}, 422),
    ],
)
def test_an_option_that_cannot_be_is_refused(rest: Rest, query: dict[str, str], status: int) -> None:
    assert rest.refused("PUT", "/datasets/options", CSV, **query).status == status


def test_replace_gives_a_table_other_rows_and_only_when_said(rest: Rest) -> None:
    path = rest.share("replaced", a=[1])
    rest.ok("PUT", path, CSV, replace="true")
    assert rest.rows(path) == ROWS


def test_rights_can_come_with_the_file(rest: Rest) -> None:
    rest.ok("PUT", "/datasets/with%20rights", CSV, rights='{"everyone": "viewer", "columns": {"1": {"write": []}}}')
    assert rest.ok("GET", "/datasets/with%20rights/rights") == {"everyone": "viewer", "columns": {"1": {"write": []}}}


def test_the_index_that_pandas_wrote_comes_first(rest: Rest) -> None:
    import pandas as pd

    sink = io.BytesIO()
    pd.DataFrame({"v": [1, 2]}, index=pd.Index(["x", "y"], name="key")).to_parquet(sink)
    assert rest.ok("PUT", "/datasets/indexed", sink.getvalue())["columns"] == ["key", "v"]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that takes files of at most 200 kB."""
    options = {"TabweaveServer.max_upload": 200_000, "TabweaveServer.max_frame": 20_000}
    with Server(tmp_path_factory.mktemp("small"), options=options) as server:
        yield server


def uploads(server: Server) -> list[Path]:
    return list((server.base / "data" / "tabweave").glob("*.uploads/*"))


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("as_form", [False, True])
def test_a_file_that_is_too_large_is_refused(small: Server, chunked: bool, as_form: bool) -> None:
    rest = Rest(small)
    content = b"a,b\n" + b"1,2\n" * 60_000
    body: Any
    body, headers = form(content, name="large") if as_form else (content, {})
    if chunked:
        body = iter([body[at : at + 50_000] for at in range(0, len(body), 50_000)])
    answer = rest.refused("POST" if as_form else "PUT", "/datasets" if as_form else "/datasets/large", body, headers)
    assert (answer.status, answer.code) == (413, "TOO_LARGE")
    assert rest.refused("GET", "/datasets/large").code == "NO_TABLE"
    wait_for("the upload to be removed", lambda: not uploads(small))


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(b"a,b\n" + b"1,2\n" * 200_000),
        gzip.compress(json.dumps([{"a": 1}] * 50_000).encode()),
        pa.compress(b"a,b\n" + b"1,2\n" * 200_000, "zstd", asbytes=True),
        gzip.compress(parquet(pa.table({"a": list(range(100_000))}))),
    ],
    ids=["csv", "json", "zstd", "parquet"],
)
def test_a_file_that_is_too_large_once_unpacked_is_refused(small: Server, content: bytes) -> None:
    assert len(content) < 200_000
    answer = Rest(small).refused("PUT", "/datasets/bomb", content)
    assert (answer.status, answer.code) == (413, "TOO_LARGE")


def test_a_message_that_is_too_large_is_refused(small: Server) -> None:
    answer = Rest(small).refused("POST", "/datasets", {"name": "x", "columns": {"a": [1] * 20_000}})
    assert (answer.status, answer.code) == (413, "TOO_LARGE")


def test_who_hangs_up_leaves_no_file(small: Server) -> None:
    with socket.create_connection(("127.0.0.1", small.port)) as line:
        head = f"PUT /{BASE}/datasets/broken HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: token {small.token}\r\n"
        line.sendall(f"{head}Content-Length: 100000\r\n\r\n".encode() + b"a,b\n1,2\n")
        wait_for("the upload to begin", lambda: uploads(small))
    wait_for("the upload to be removed", lambda: not uploads(small))
    assert Rest(small).refused("GET", "/datasets/broken").code == "NO_TABLE"


def test_who_may_not_upload_is_refused_before_a_byte_is_read(small: Server) -> None:
    with socket.create_connection(("127.0.0.1", small.port), timeout=10) as line:
        head = f"PUT /{BASE}/datasets/unread HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100000\r\n"
        line.sendall(f"{head}Expect: 100-continue\r\n\r\n".encode())
        assert line.recv(1000).startswith(b"HTTP/1.1 403")
    assert uploads(small) == []


def test_after_an_upload_nothing_of_it_is_left(small: Server) -> None:
    Rest(small).ok("PUT", "/datasets/kept", CSV)
    wait_for("the upload to be removed", lambda: not uploads(small))


def test_what_a_server_left_behind_is_removed_by_the_next(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        left = server.base / "data" / "tabweave" / "store.duckdb.uploads" / "of a crash"
        left.mkdir(parents=True)
        Rest(server).ok("PUT", "/datasets/t", CSV)
        wait_for("the upload to be removed", lambda: not uploads(server))
