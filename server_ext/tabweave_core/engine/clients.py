"""What each client has been answered: its operations are numbered, and each number is answered once, the same for ever.

It must not know what operations do.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

import msgspec

from ..errors import BadMessage
from ..protocol.messages import Ack, Nack
from .statements import run

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from .journal import Journal

KEPT = 128
"""So many answers of a client are kept; more than it may have unanswered."""
FORGOTTEN = 30 * 86_400.0
"""Seconds after which a silent client's numbering is dropped."""
_MOST_CLIENTS = 1000
_ANSWER: msgspec.json.Decoder[Ack | Nack] = msgspec.json.Decoder(Ack | Nack)


class Clients:
    """The numbering of all clients as the writer's open transaction has it."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._answers: OrderedDict[str, OrderedDict[int, str]] = OrderedDict()

    def _of(self, client: str) -> OrderedDict[int, str]:
        found = self._answers.get(client)
        if found is None:
            found = OrderedDict(read(self._journal.connection, client))
            found.update((seq, answer) for name, seq, _, answer in self._journal.answers if name == client)
            while len(found) > KEPT:
                found.popitem(last=False)
            self._answers[client] = found
            while len(self._answers) > _MOST_CLIENTS:
                self._answers.popitem(last=False)
        self._answers.move_to_end(client)
        return found

    def answered(self, client: str, seq: int) -> Ack | Nack | None:
        """The answer to an operation that was here before, None for the next one; raises `BAD_SEQ` for any other number."""
        answers = self._of(client)
        last = next(reversed(answers), 0)
        if seq == last + 1:
            return None
        if seq in answers:
            return _ANSWER.decode(answers[seq])
        if seq > last:
            raise BadMessage(
                "BAD_SEQ", f"Operation {seq} came before operation {last + 1}.", hint="Say hello again.", where="seq"
            )
        raise BadMessage("BAD_SEQ", f"Operation {seq} was answered long ago.", hint="Say hello again.", where="seq")

    def record(self, client: str, seq: int, answer: Ack | Nack, *, time: float) -> None:
        """Takes in the answer to the next operation of a client."""
        answers = self._of(client)
        text = msgspec.json.encode(answer).decode()
        answers[seq] = text
        if len(answers) > KEPT:
            answers.popitem(last=False)
        self._journal.answers.append((client, seq, time, text))


def read(connection: DuckDBPyConnection, client: str) -> list[tuple[int, str]]:
    """The kept answers of a client by number, oldest first."""
    rows = run(connection, "SELECT seq, answer FROM _client WHERE client_id = ? ORDER BY seq DESC LIMIT ?", [client, KEPT])
    return [(int(seq), str(answer)) for seq, answer in reversed(rows)]


def last_seq(connection: DuckDBPyConnection, client: str) -> int:
    """The number of the last operation that was answered, 0 for a client that was not here."""
    ((last,),) = run(connection, "SELECT coalesce(max(seq), 0) FROM _client WHERE client_id = ?", [client])
    return int(last)


def prune(connection: DuckDBPyConnection, now: float) -> None:
    """Drops answers that no client can ask for again."""
    connection.execute(
        "DELETE FROM _client USING (SELECT client_id AS id, max(seq) AS last, max(time) AS seen FROM _client GROUP BY client_id) "
        "WHERE client_id = id AND (seq <= last - ? OR seen < ?)",
        [KEPT, now - FORGOTTEN],
    )
