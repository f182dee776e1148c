"""Threads as clients see them."""

from datetime import datetime
from typing import Literal, Self

from pydantic import BaseModel

from frmk.runs.models import Message, Thread, ThreadPage, ThreadSummary


class MessageView(BaseModel):
    """Show one line of a conversation."""

    role: Literal["user", "assistant", "tool", "system"]
    content: str
    time: datetime
    run_id: str
    agent: str | None = None
    tool: str | None = None
    tool_call_id: str | None = None

    @classmethod
    def of(cls, message: Message) -> Self:
        """Build the view of a message."""
        return cls(
            role=message.role,
            content=message.content,
            time=message.time,
            run_id=message.run_id,
            agent=message.agent,
            tool=message.tool,
            tool_call_id=message.tool_call_id,
        )


class ThreadSummaryView(BaseModel):
    """Show a thread in a list."""

    thread_id: str
    created_at: datetime
    updated_at: datetime
    title: str | None = None

    @classmethod
    def of(cls, thread: ThreadSummary) -> Self:
        """Build the view of a thread."""
        return cls(
            thread_id=thread.thread_id,
            created_at=thread.created_at,
            updated_at=thread.updated_at,
            title=thread.title,
        )


class ThreadView(ThreadSummaryView):
    """Show a thread with its conversation, oldest line first."""

    messages: list[MessageView]

    @classmethod
    def whole(cls, thread: Thread) -> Self:
        """Build the view of a thread with its messages."""
        summary = ThreadSummaryView.of(thread)
        return cls(**dict(summary), messages=[MessageView.of(message) for message in thread.messages])


class ThreadList(BaseModel):
    """Show some threads, last updated first; `next_cursor` is null on the last page."""

    threads: list[ThreadSummaryView]
    next_cursor: str | None

    @classmethod
    def of(cls, page: ThreadPage) -> Self:
        """Build the view of a page."""
        return cls(
            threads=[ThreadSummaryView.of(item) for item in page.threads], next_cursor=page.next_cursor
        )
