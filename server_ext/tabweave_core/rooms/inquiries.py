"""What a member asks in plain words: proposals, what they do to rows, commands on offer. It must not know how they are made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..crew import Job
from ..protocol import messages as m
from .premises import streamed

if TYPE_CHECKING:
    from collections.abc import Generator

    from ..protocol import asking as a
    from .member import Member

Inquiry = m.Ask | m.AskChanges | m.AskSuggestions | m.AskCode | m.Discard


class Inquiries:
    """The inquiries of one member, answered beside everything else. Called in the member's turn."""

    def __init__(self, member: Member) -> None:
        self._member = member
        self._jobs: dict[int, Job] = {}

    def take(self, request: Inquiry) -> None:
        """Has one answered."""
        if isinstance(request, m.Discard):
            self._member.room.premises.commands.forget(self._member.client, request.token)
            return
        job = Job(lambda job: self._reply(request, job))
        self._jobs[request.id] = job
        self._member.room.premises.thinkers.put(job)

    def cancel(self, number: int) -> None:
        """Gives one up."""
        job = self._jobs.pop(number, None)
        if job is not None:
            job.cancel()

    def close(self) -> None:
        """Gives all up, and lets go of what was shown."""
        for number in list(self._jobs):
            self.cancel(number)
        self._member.room.premises.commands.forget(self._member.client)

    def _reply(self, request: m.Ask | m.AskChanges | m.AskSuggestions | m.AskCode, job: Job) -> Generator[None]:
        member = self._member
        try:
            message, arrow = self._answer(request, job)
            with member.lock:
                if not job.cancelled():
                    member.post(message, arrow)
        except Exception as error:
            if not job.cancelled():
                member.fail(request.id, error)
        finally:
            with member.lock:
                if self._jobs.get(request.id) is job:
                    del self._jobs[request.id]
        yield

    def _answer(
        self, request: m.Ask | m.AskChanges | m.AskSuggestions | m.AskCode, job: Job
    ) -> tuple[m.Message, memoryview | None]:
        member, re = self._member, request.id
        name, commands = member.room.name, member.room.premises.commands
        match request:
            case m.AskChanges(token=token, rows=rows):
                rev, columns, removed = commands.changes(name, member.client, token, rows)
                return m.Differences(ch=member.ch, re=re, rev=rev, token=token, columns=columns, removed=removed), None
            case m.AskSuggestions(text=text, limit=limit):
                return m.Suggestions(ch=member.ch, re=re, commands=commands.suggest(name, member.person, text, limit)), None
            case m.AskCode(plan=plan):
                return m.Code(ch=member.ch, re=re, text=commands.code(name, member.person, plan, job.cancelled)), None

        def say(stage: a.Stage, message: str) -> None:
            with member.lock:
                if not job.cancelled():
                    member.post(m.Asking(ch=member.ch, re=re, stage=stage, message=message))

        proposal, rows_ = commands.ask(
            name,
            member.person,
            text=request.text,
            plan=request.plan,
            reading=request.reading,
            client=member.client,
            cancelled=job.cancelled,
            say=say,
        )
        return m.Proposed(ch=member.ch, re=re, proposal=proposal), None if rows_ is None else streamed(rows_)
