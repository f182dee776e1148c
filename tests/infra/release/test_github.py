"""One comment and one issue, renewed in place: real requests to a server that keeps what it is sent."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from infra.release.errors import GitHubError
from infra.release.github import GitHub, client

TAG = "<!-- tag -->"


@dataclass
class Kept:
    """Hold what a repository has; `refuse` is the status that every writing gets."""

    posts: list[dict[str, Any]] = field(default_factory=list)
    refuse: int | None = None
    address: str = ""
    tokens: set[str] = field(default_factory=set)

    def add(self, body: str, kind: str = "Bot", **more: Any) -> dict[str, Any]:
        number = len(self.posts) + 1
        one = {"id": number, "number": number, "state": "open", "body": body, "user": {"type": kind}, **more}
        self.posts.append(one)
        return one


def handler(kept: Kept) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def answer(self, status: int, value: Any) -> None:
            content = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def sent(self) -> dict[str, Any]:
            kept.tokens.add(str(self.headers["Authorization"]))
            return dict(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def do_GET(self) -> None:
            asked = parse_qs(urlsplit(self.path).query)
            page, size = int(asked["page"][0]), int(asked["per_page"][0])
            found = [one for one in kept.posts if "state" not in asked or one["state"] == asked["state"][0]]
            self.answer(200, found[(page - 1) * size : page * size])

        def do_POST(self) -> None:
            body = self.sent()
            if kept.refuse:
                self.answer(kept.refuse, {"message": "Resource not accessible by integration"})
            else:
                self.answer(201, kept.add(**body))

        def do_PATCH(self) -> None:
            number = int(self.path.rsplit("/", 1)[1])
            kept.posts[number - 1].update(self.sent())
            self.answer(200, kept.posts[number - 1])

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


@pytest.fixture
def kept() -> Iterator[Kept]:
    store = Kept()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(store))
    store.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield store
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def github(kept: Kept) -> Iterator[GitHub]:
    with client("secret", kept.address) as http:
        yield GitHub(http, "owner/name")


def test_the_comment_is_made_once_and_renewed_in_place(kept: Kept, github: GitHub) -> None:
    assert github.keep_comment(7, TAG, f"{TAG}\none\n") == "created"
    assert github.keep_comment(7, TAG, f"{TAG}\none\n") == "unchanged"
    assert github.keep_comment(7, TAG, f"{TAG}\ntwo\n") == "renewed"
    assert [one["body"] for one in kept.posts] == [f"{TAG}\ntwo\n"]
    assert kept.tokens == {"Bearer secret"}


def test_it_is_found_behind_a_hundred_others_and_nobody_elses_is_touched(kept: Kept, github: GitHub) -> None:
    for number in range(120):
        kept.add(f"a remark {number}")
    kept.add(f"{TAG}\na person quotes the tag", kind="User")
    kept.add(f"see {TAG}")
    kept.add(f"{TAG}\nold")

    assert github.keep_comment(7, TAG, f"{TAG}\nnew") == "renewed"
    assert len(kept.posts) == 123
    assert [one["body"] for one in kept.posts[-3:]] == [
        f"{TAG}\na person quotes the tag", f"see {TAG}", f"{TAG}\nnew"
    ]  # fmt: skip


def test_a_refusal_carries_its_status_and_the_missing_right(kept: Kept, github: GitHub) -> None:
    kept.refuse = 403

    with pytest.raises(GitHubError, match="needs pull-requests: write") as refused:
        github.keep_comment(7, TAG, TAG)

    assert refused.value.status == 403
    assert "Resource not accessible by integration" in str(refused.value)


def test_the_issue_opens_once_is_renewed_and_closes_when_nothing_is_left(kept: Kept, github: GitHub) -> None:
    assert github.keep_issue(TAG, None, TAG) == "none"
    assert github.keep_issue(TAG, "Drift: prod", f"{TAG}\n1") == "created"
    assert github.keep_issue(TAG, "Drift: prod", f"{TAG}\n1") == "unchanged"
    assert github.keep_issue(TAG, "Drift: dev, prod", f"{TAG}\n2") == "renewed"
    assert github.keep_issue(TAG, None, f"{TAG}\n3") == "closed"
    assert [(one["title"], one["state"]) for one in kept.posts] == [("Drift: dev, prod", "closed")]

    assert github.keep_issue(TAG, "Drift: dev", TAG) == "created"
    assert len(kept.posts) == 2


def test_a_server_that_does_not_answer_is_no_refusal(kept: Kept) -> None:
    with (
        client("secret", "http://127.0.0.1:1") as http,
        pytest.raises(GitHubError, match="did not answer") as error,
    ):
        GitHub(http, "owner/name").keep_comment(7, TAG, TAG)

    assert error.value.status is None
