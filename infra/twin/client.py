"""Clients of a running twin: its ARM, and its own admin endpoints. Both are synchronous."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from infra.findings.model import Finding

_POLL_SECONDS = 0.05
_POLL_CEILING = 0.5


class TwinUnreachableError(Exception):
    """Say that no twin answers for a state folder."""


class ArmError(Exception):
    """Carry an error as ARM gave it, with the twin's finding when it has one."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        target: str | None = None,
        finding: Finding | None = None,
        findings: tuple[Finding, ...] = (),
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.target = target
        self.finding = finding
        self.findings = findings or (() if finding is None else (finding,))

    @classmethod
    def read(cls, status: int, body: Any) -> "ArmError":
        """Return the error of an ARM answer; an answer in any other form is quoted as it is."""
        error = body.get("error") if isinstance(body, dict) else None
        if not isinstance(error, dict):
            return cls(status, "UnexpectedAnswer", f"HTTP {status}: {body!r:.500}")
        found = tuple(_findings(error))
        return cls(
            status,
            str(error.get("code", "Unknown")),
            str(error.get("message", "")),
            target=error.get("target"),
            finding=found[0] if found else None,
            findings=found,
        )


def _findings(error: dict[str, Any]) -> Iterator[Finding]:
    for extra in error.get("additionalInfo") or ():
        if extra.get("type") == "SeaTrialFinding":
            yield Finding.model_validate(extra["info"])
    for detail in error.get("details") or ():
        yield from _findings(detail)


@dataclass(frozen=True, kw_only=True)
class TwinAddress:
    """Hold what `twin.json` says about a running twin."""

    pid: int
    started_at: str
    arm_url: str
    token: str
    identity_endpoint: str
    operator_identity_header: str
    mode: str
    stack: str
    arm_https_url: str = ""
    trust_file: str = ""
    tenant: str = ""
    subscription: str = ""
    client_id: str = ""
    client_secret: str = ""

    @classmethod
    def read(cls, state: Path) -> "TwinAddress":
        """Return the address in a state folder (or in a twin.json itself).

        Raises TwinUnreachableError when the file is absent or unreadable.
        """
        path = state / "twin.json" if state.is_dir() else state
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError as error:
            raise TwinUnreachableError(f"no twin has started in {path.parent}: run `seatrial up`") from error
        except (ValueError, TypeError, OSError) as error:
            raise TwinUnreachableError(
                f"{path} cannot be read ({error}); run `seatrial down`, then `up`"
            ) from error


class _Session:
    def __init__(self, address: TwinAddress, timeout: float) -> None:
        self.address = address
        self._http = httpx.Client(
            base_url=address.arm_url,
            headers={"Authorization": f"Bearer {address.token}"},
            timeout=timeout,
            trust_env=False,
        )

    @classmethod
    def connect(cls, state: Path, timeout: float = 60.0) -> Self:
        """Return a client of the twin whose state folder (or twin.json) this is."""
        return cls(TwinAddress.read(state), timeout)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _send(self, method: str, url: str, **options: Any) -> httpx.Response:
        try:
            answer = self._http.request(method, url, **options)
        except httpx.TransportError as error:
            where = self.address.arm_url
            raise TwinUnreachableError(
                f"the twin at {where} does not answer ({error}); see `seatrial status`"
            ) from error
        if answer.is_error:
            raise ArmError.read(answer.status_code, _json(answer))
        return answer


def _json(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return answer.text


class ArmClient(_Session):
    """Speak ARM: every method raises ArmError on an error and TwinUnreachableError without a twin."""

    def put(
        self,
        resource_id: str,
        body: dict[str, Any],
        api_version: str,
        *,
        wait: bool = True,
        timeout: float = 600.0,
    ) -> dict[str, Any]:
        """Create or update a resource and return it as GET does, once its operation is over."""
        answer = self._send("PUT", resource_id, json=body, params={"api-version": api_version})
        return self._settled(answer, resource_id, api_version, timeout) if wait else dict(answer.json())

    def patch(
        self, resource_id: str, body: dict[str, Any], api_version: str, *, timeout: float = 600.0
    ) -> dict[str, Any]:
        """Merge a change into a resource and return it once its operation is over."""
        answer = self._send("PATCH", resource_id, json=body, params={"api-version": api_version})
        return self._settled(answer, resource_id, api_version, timeout)

    def get(self, resource_id: str, api_version: str) -> dict[str, Any]:
        """Return one resource."""
        return dict(self._send("GET", resource_id, params={"api-version": api_version}).json())

    def list(self, path: str, api_version: str) -> list[dict[str, Any]]:
        """Return the resources of a collection."""
        return list(self._send("GET", path, params={"api-version": api_version}).json()["value"])

    def delete(self, resource_id: str, api_version: str, *, timeout: float = 600.0) -> None:
        """Delete a resource and wait until it is gone; deleting what does not exist is no error."""
        answer = self._send("DELETE", resource_id, params={"api-version": api_version})
        operation = answer.headers.get("Azure-AsyncOperation")
        if operation:
            self.wait(operation, timeout)

    def wait(self, operation_url: str, timeout: float = 600.0) -> None:
        """Poll a long-running operation to its end; raise its error when it failed."""
        deadline = time.monotonic() + timeout
        pause = _POLL_SECONDS
        while True:
            body = self._send("GET", operation_url).json()
            if body.get("status") == "Succeeded":
                return
            if body.get("status") in {"Failed", "Canceled"}:
                raise ArmError.read(int(body.get("properties", {}).get("statusCode", 400)), body)
            if time.monotonic() > deadline:
                raise ArmError(
                    504,
                    "OperationTimedOut",
                    f"{operation_url} is still {body.get('status')!r} after {timeout:g} s",
                )
            time.sleep(pause)
            pause = min(pause * 1.5, _POLL_CEILING)

    def _settled(
        self, answer: httpx.Response, resource_id: str, api_version: str, timeout: float
    ) -> dict[str, Any]:
        operation = answer.headers.get("Azure-AsyncOperation")
        if not operation:
            return dict(answer.json())
        self.wait(operation, timeout)
        return self.get(resource_id, api_version)


class TwinClient(_Session):
    """Ask the twin about itself."""

    def status(self) -> dict[str, Any]:
        """Return what runs: mode, urls, resources, apps, findings, pulls, model, not_shown."""
        return dict(self._send("GET", "/twin/status").json())

    def logs(self, app: str | None = None, tail: int = 200) -> list[str]:
        """Return the last lines of an app's console, or of all apps'."""
        params: dict[str, str | int] = {"tail": tail} if app is None else {"tail": tail, "app": app}
        return self._send("GET", "/twin/logs", params=params).text.splitlines()

    def traces(
        self, limit: int = 20, run_id: str | None = None, *, runs_only: bool = False
    ) -> list[dict[str, Any]]:
        """Return the latest traces that components received, the newest first; or the one of a run."""
        params: dict[str, str | int] = {"limit": limit} if run_id is None else {"run": run_id}
        params |= {"of": "runs"} if runs_only else {}
        return list(self._send("GET", "/twin/traces", params=params).json()["traces"])

    def trace(self, operation_id: str) -> dict[str, Any]:
        """Return one trace's spans as a tree; raises ArmError when it is not there."""
        return dict(self._send("GET", f"/twin/traces/{operation_id}").json())

    def telemetry(self) -> dict[str, Any]:
        """Return how many rows each component has in each table."""
        return dict(self._send("GET", "/twin/telemetry").json())

    def search(self, texts: Sequence[str]) -> dict[str, Any]:
        """Return, account by account, which stored documents hold which of these texts."""
        return dict(self._send("POST", "/twin/database/search", json={"texts": list(texts)}).json())

    def stop(self) -> None:
        """Ask the twin to stop; it answers before it does (wait for its pid to end)."""
        self._send("POST", "/twin/stop")

    def page(self) -> str:
        """Return the address of the twin's page, with a ticket in it that is good once, for ten minutes."""
        ticket = self._send("POST", "/twin/page/tickets").json()["ticket"]
        return f"{self.address.arm_url}/page/#ticket={ticket}"

    def tell_price(self, price: Mapping[str, Any]) -> None:
        """Tell the twin what a month costs, for its page: monthly, currency, complete, expected."""
        self._send("PUT", "/twin/page/price", json=dict(price))

    def token(self, subject: str, audience: str, issuer: str) -> str:
        """Return a token as Entra ID would issue it to a user, for stacks with `auth: entra`."""
        body = {"subject": subject, "audience": audience, "issuer": issuer}
        return str(self._send("POST", "/twin/tokens", json=body).json()["token"])
