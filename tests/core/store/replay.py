"""The log of a store played again from the table it began with, by the plainest means."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import msgspec
from tabweave_core.engine.effects import decode, owner, parts

Text = str | None


class Replayed:
    """What the log of table `number` says the table is, and what the table is; of a closed store's file, or of a connection."""

    def __init__(
        self,
        store: Path | duckdb.DuckDBPyConnection,
        number: int,
        start: dict[int, dict[int, Text]],
        order: list[int],
        columns: list[int],
    ) -> None:
        self.cells = {cid: dict(texts) for cid, texts in start.items()}
        self.rows, self.columns = list(order), list(columns)
        with duckdb.connect(str(store), read_only=True) if isinstance(store, Path) else store.cursor() as connection:
            self.log = connection.execute(
                "SELECT rev, client_id, seq, effect FROM _log WHERE table_id = ? ORDER BY rev", [number]
            ).fetchall()
            cells: dict[int, list[tuple[int, int, Text, Text]]] = {}
            for rev, cid, rid, old, new in connection.execute(
                "SELECT rev, cid, rid, old, new FROM _cells WHERE table_id = ?", [number]
            ).fetchall():
                cells.setdefault(rev, []).append((cid, rid, old, new))
            self.answers = connection.execute("SELECT client_id, seq, answer FROM _client ORDER BY rowid").fetchall()
            for rev, _, _, effect in self.log:
                self._play(msgspec.json.decode(effect), cells.get(rev, []))
            self.stored = {
                cid: dict(connection.execute(f"SELECT _rid, CAST(c{cid} AS VARCHAR) FROM t{number}").fetchall())
                for cid in self.columns
            }
            stored_columns = connection.execute(f"SELECT * FROM t{number} LIMIT 0").description
        self.stored_columns = {int(column[0][1:]) for column in stored_columns if column[0] != "_rid"}

    def _play(self, effect: dict[str, Any], cells: list[tuple[int, int, Text, Text]]) -> None:
        """One revision; the old value of every cell must be what it is."""
        if effect["did"] == "several":
            whole = decode(msgspec.json.encode(effect).decode())
            find = owner(whole)
            for told, part in zip(effect["parts"], parts(whole), strict=True):
                self._play(told, [cell for cell in cells if find(cell[0], cell[1]) is part])
            return
        self._come(effect)
        for cid, rid, old, new in cells:
            assert self.cells[cid][rid] == old
            self.cells[cid][rid] = new
        self._go(effect)

    def _come(self, effect: dict[str, Any]) -> None:
        if effect["did"] == "rows_in":
            for position, rid in zip(effect["positions"], effect["rids"], strict=True):
                self.rows.insert(position, rid)
                for texts in self.cells.values():
                    texts[rid] = None
        elif effect["did"] == "columns_in":
            for column, place in zip(effect["columns"], effect["places"], strict=True):
                self.columns.insert(place, column["id"])
                self.cells[column["id"]] = dict.fromkeys(self.rows)
        elif effect["did"] == "move":
            self.columns.remove(effect["column"])
            self.columns.insert(effect["new"], effect["column"])

    def _go(self, effect: dict[str, Any]) -> None:
        """Rows and columns go with all their values logged, so nothing but missing ones is left in them."""
        if effect["did"] == "rows_out":
            for position, rid in sorted(zip(effect["positions"], effect["rids"], strict=True), reverse=True):
                assert self.rows.pop(position) == rid
                assert {texts.pop(rid) for texts in self.cells.values()} <= {None}
        elif effect["did"] == "columns_out":
            for column in effect["columns"]:
                self.columns.remove(column["id"])
                assert set(self.cells.pop(column["id"]).values()) <= {None}

    def check(self) -> None:
        """The log gives exactly the table, has no gap, and no operation twice."""
        assert {cid: self.cells[cid] for cid in self.columns} == self.stored
        assert set(self.columns) == self.stored_columns
        assert all(set(texts) == set(self.rows) for texts in self.stored.values())
        assert [rev for rev, *_ in self.log] == list(range(1, len(self.log) + 1))
        named = [(client, seq) for _, client, seq, _ in self.log]
        assert len(named) == len(set(named))
        for client in {client for client, _ in named}:
            assert [seq for other, seq in named if other == client] == sorted(seq for other, seq in named if other == client)
            kept = [seq for other, seq, _ in self.answers if other == client]
            assert kept == list(range(kept[0], kept[0] + len(kept)))
