"""The Azure OpenAI endpoint: roles as Azure checks them, streaming through, tamed requests."""

import asyncio
import json
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.twin.config import ModelConfig, TwinConfig
from infra.twin.identity.tokens import Principal
from infra.twin.models.backend import ModelBackend, ModelUnavailableError
from infra.twin.models.endpoint import tame
from tests.infra.twin.conftest import GROUP, OPENAI_USER, Rehearsal, rehearsal

ECHO = textwrap.dedent(
    """
    import http.server, json, sys
    class Model(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            kind = "text/event-stream" if asked.get("stream") else "application/json"
            self.send_header("Content-Type", kind)
            self.end_headers()
            if asked.get("stream"):
                for word in ("one", "two"):
                    self.wfile.write(f"data: {word}\\n\\n".encode()); self.wfile.flush()
            else:
                self.wfile.write(json.dumps({"asked": asked}).encode())
        def log_message(self, *a): pass
    port = int(sys.argv[sys.argv.index("--port") + 1])
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Model)
    print(json.dumps({"url": f"http://127.0.0.1:{server.server_port}/v1", "model": "echo"}), flush=True)
    server.serve_forever()
    """
)


@pytest.fixture
def twin(config: TwinConfig, tmp_path: Path) -> Iterator[Rehearsal]:
    script = tmp_path / "model.py"
    script.write_text(ECHO)
    model = ModelConfig(command=(sys.executable, str(script)))
    with rehearsal(config.model_copy(update={"model": model})) as started:
        started.group()
        yield started


@pytest.fixture
def caller(twin: Rehearsal) -> dict[str, str]:
    """Return the properties of an identity that may call the deployment `chat`."""
    account = twin.account()["id"]
    twin.deployment(account)
    identity = twin.identity()["properties"]
    twin.role(account, identity["principalId"], OPENAI_USER)
    return dict(identity)


def token(twin: Rehearsal, principal: str, audience: str = "https://cognitiveservices.azure.com") -> str:
    return twin.twin.identities.directory.issue(Principal(object_id=principal, client_id="c"), audience)[0]


def ask(twin: Rehearsal, bearer: str, deployment: str = "chat", **body: Any) -> httpx.Response:
    url = f"{twin.services}/openai/deployments/{deployment}/chat/completions?api-version=2024-10-21"
    body = {"messages": [{"role": "user", "content": "hi"}], **body}
    return httpx.post(url, json=body, headers={"Authorization": f"Bearer {bearer}"}, timeout=30)


def test_the_model_gets_a_tamed_request_from_who_has_the_role(
    twin: Rehearsal, caller: dict[str, str]
) -> None:
    answer = ask(twin, token(twin, caller["principalId"]), temperature=1.5, logit_bias={}, max_tokens=99_999)

    asked = answer.json()["asked"]
    assert asked["temperature"] == 0.2
    assert asked["max_tokens"] == 1024
    assert asked["repeat_penalty"] == 1.1
    assert "logit_bias" not in asked
    assert twin.admin.status()["model"]["name"] == "echo"
    assert twin.admin.status()["model"]["twin_of"] == "gpt-4o-mini 2024-07-18"


def test_the_v1_path_takes_the_deployment_from_the_body(twin: Rehearsal, caller: dict[str, str]) -> None:
    body = {"model": "chat", "messages": [{"role": "user", "content": "hi"}]}
    headers = {"Authorization": f"Bearer {token(twin, caller['principalId'])}"}

    answer = httpx.post(f"{twin.services}/openai/v1/chat/completions", json=body, headers=headers, timeout=30)

    assert answer.json()["asked"]["model"] == "echo"


def test_a_stream_comes_through_as_a_stream(twin: Rehearsal, caller: dict[str, str]) -> None:
    answer = ask(twin, token(twin, caller["principalId"]), stream=True)

    assert answer.headers["Content-Type"].startswith("text/event-stream")
    assert answer.text == "data: one\n\ndata: two\n\n"


def test_without_the_role_azure_names_the_action_and_the_twin_the_finding(
    twin: Rehearsal, caller: dict[str, str]
) -> None:
    stranger = twin.identity("stranger")["properties"]["principalId"]
    answer = ask(twin, token(twin, stranger))

    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "PermissionDenied")
    assert f"The principal `{stranger}` lacks the required data action" in answer.json()["error"]["message"]
    assert [found["code"] for found in twin.admin.status()["findings"]] == ["ST012"]
    twin.role(GROUP, stranger, OPENAI_USER, name="c" * 8)
    assert ask(twin, token(twin, stranger)).status_code == 200
    assert twin.admin.status()["findings"] == []


@pytest.mark.parametrize("audience", ["https://management.azure.com", None])
def test_a_token_for_something_else_is_refused(
    twin: Rehearsal, caller: dict[str, str], audience: str | None
) -> None:
    answer = ask(twin, token(twin, caller["principalId"], audience) if audience else "nonsense")

    assert answer.status_code == 401
    assert "audience is incorrect" in answer.json()["error"]["message"]


def test_an_unknown_deployment_is_named_as_such(twin: Rehearsal, caller: dict[str, str]) -> None:
    answer = ask(twin, token(twin, caller["principalId"]), deployment="other")

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "DeploymentNotFound")


@pytest.mark.parametrize("content", [b"{", b"[]", b"{}", b'{"messages": 1}'])
def test_a_malformed_question_is_a_clear_400(twin: Rehearsal, caller: dict[str, str], content: bytes) -> None:
    headers = {"Authorization": f"Bearer {token(twin, caller['principalId'])}"}

    answer = httpx.post(
        f"{twin.services}/openai/deployments/chat/chat/completions", content=content, headers=headers
    )

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadRequest")


@pytest.mark.parametrize(
    "values", [{"temperature": "hot"}, {"max_tokens": "many"}, {"max_tokens": -5}, {"n": None}]
)
def test_taming_survives_nonsense(values: dict[str, Any]) -> None:
    tamed = tame({"messages": [], **values}, "m")

    assert 0 < tamed["max_tokens"] <= 1024
    assert tamed["temperature"] <= 0.2
    json.dumps(tamed)


async def test_a_model_that_says_nonsense_at_start_is_a_finding(tmp_path: Path) -> None:
    found: list[Any] = []
    command = (sys.executable, "-c", "print('garbage')")
    backend = ModelBackend(ModelConfig(command=command), tmp_path, tmp_path / "model.log", found.append)
    backend.start()

    with pytest.raises(ModelUnavailableError, match="garbage"):
        await backend.address()
    await backend.close()
    assert [one.code for one in found] == ["ST019"]


async def test_a_model_command_that_does_not_exist_is_a_finding(tmp_path: Path) -> None:
    found: list[Any] = []
    backend = ModelBackend(
        ModelConfig(command=("no-such-model",)), tmp_path, tmp_path / "m.log", found.append
    )
    backend.start()

    with pytest.raises(ModelUnavailableError, match="no-such-model"):
        await asyncio.wait_for(backend.address(), 5)
    await backend.close()
    assert [one.code for one in found] == ["ST019"]


def test_a_deployment_for_embeddings_does_not_chat_and_the_report_says_what_it_does_not_do(
    twin: Rehearsal, caller: dict[str, str]
) -> None:
    account = twin.account()["id"]
    model = {"format": "OpenAI", "name": "text-embedding-3-small", "version": "1"}
    body = {"sku": {"name": "Standard", "capacity": 1}, "properties": {"model": model}}
    twin.arm.put(f"{account}/deployments/embed", body, "2025-06-01")

    answer = ask(twin, token(twin, caller["principalId"]), deployment="embed")

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "OperationNotSupported")
    assert any("embeddings" in sentence for sentence in twin.admin.status()["not_shown"])
