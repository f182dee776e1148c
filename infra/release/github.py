"""One comment, one issue: found again by the tag in their first line, renewed in place.

Requests of GitHub's REST API, version 2022-11-28 (https://docs.github.com/rest/issues).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import httpx

from infra.release.errors import GitHubError

API = "https://api.github.com"
VERSION = "2022-11-28"
PAGE = 100
Kept = Literal["created", "renewed", "unchanged", "closed", "none"]


def client(token: str, api: str = API) -> httpx.Client:
    """Return a client that speaks for a token."""
    headers = {
        "Accept": "application/vnd.github+json",
        "Authorization": f"Bearer {token}",
        "X-GitHub-Api-Version": VERSION,
    }
    return httpx.Client(base_url=api, headers=headers, timeout=httpx.Timeout(30, connect=10))


@dataclass(frozen=True)
class GitHub:
    """Keep one repository's comment and issue; texts of people are never touched, only a bot's."""

    http: httpx.Client
    repository: str

    def keep_comment(self, number: int, tag: str, text: str) -> Kept:
        """Write the comment of a pull request, once; raise GitHubError."""
        place = f"/repos/{self.repository}/issues/{number}/comments"
        found = next(self._own(place, tag), None)
        if found is None:
            self._ask("POST", place, {"body": text})
            return "created"
        return self._renew(f"/repos/{self.repository}/issues/comments/{found['id']}", found, {"body": text})

    def keep_issue(self, tag: str, title: str | None, text: str) -> Kept:
        """Open or renew the issue; without a title close it, for there is nothing left to say."""
        place = f"/repos/{self.repository}/issues"
        found = next(self._own(f"{place}?state=open", tag), None)
        if found is None and title is None:
            return "none"
        if found is None:
            self._ask("POST", place, {"title": title, "body": text})
            return "created"
        if title is None:
            self._ask("PATCH", f"{place}/{found['number']}", {"state": "closed", "body": text})
            return "closed"
        return self._renew(f"{place}/{found['number']}", found, {"title": title, "body": text})

    def _renew(self, place: str, found: Mapping[str, Any], wanted: Mapping[str, str]) -> Kept:
        if all(_lines(found.get(key)) == _lines(value) for key, value in wanted.items()):
            return "unchanged"
        self._ask("PATCH", place, wanted)
        return "renewed"

    def _own(self, place: str, tag: str) -> Iterator[dict[str, Any]]:
        for page in range(1, 101):
            mark = "&" if "?" in place else "?"
            found = self._ask("GET", f"{place}{mark}per_page={PAGE}&page={page}")
            for one in found:
                by_bot = (one.get("user") or {}).get("type") == "Bot"
                if by_bot and str(one.get("body") or "").startswith(tag):
                    yield one
            if len(found) < PAGE:
                return

    def _ask(self, method: str, place: str, body: Mapping[str, Any] | None = None) -> Any:
        try:
            reply = self.http.request(method, place, json=body)
        except httpx.HTTPError as failure:
            raise GitHubError(
                f"GitHub did not answer {method} {place}: {failure}; run the job again"
            ) from failure
        if reply.is_error:
            raise GitHubError(
                f"GitHub refused {method} {place}: HTTP {reply.status_code} {reply.text[:300]}; "
                "the job's token needs pull-requests: write for a comment, issues: write for an issue",
                reply.status_code,
            )
        return reply.json()


def _lines(text: object) -> list[str]:
    return str(text or "").replace("\r\n", "\n").rstrip().split("\n")
