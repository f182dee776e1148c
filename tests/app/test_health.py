"""Health, probes and metrics."""

import asyncio
from typing import Any

import httpx
import pytest

from app.health import reachability, readiness
from app.health.reachability import model_check
from app.settings import ModelSettings
from frmk.errors import ModelError


async def test_health_names_service_and_version(client: httpx.AsyncClient) -> None:
    body = (await client.get("/health")).json()

    assert set(body) == {"status", "service", "version", "timestamp"}
    assert (body["status"], body["service"]) == ("healthy", "seatrial")


async def test_every_probe_answers_with_its_checks(client: httpx.AsyncClient) -> None:
    for probe, checks in (("live", {"process"}), ("startup", {"startup"}), ("ready", {"store", "model"})):
        answer = await client.get(f"/health/{probe}")
        assert answer.status_code == 200
        assert set(answer.json()["checks"]) == checks
        assert all(check["seconds"] >= 0 for check in answer.json()["checks"].values())


async def test_a_model_that_fails_makes_the_app_unready_but_not_dead(
    client: httpx.AsyncClient, backend: Any
) -> None:
    backend.model_error = ModelError("nobody answers on port 1")

    ready = await client.get("/health/ready")

    assert ready.status_code == 503
    assert "port 1" in ready.json()["checks"]["model"]["detail"]
    assert (await client.get("/health/live")).status_code == 200
    assert (await client.get("/health")).json()["status"] == "degraded"


async def test_a_dependency_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "CHECK_SECONDS", 0.05)

    found = await readiness.Readiness({"model": lambda: asyncio.sleep(60)}).results()

    assert found["model"].detail == "no answer within 0.05 s"


async def test_checks_are_asked_once_however_many_probe() -> None:
    asked = []

    async def check() -> None:
        asked.append(1)

    ready = readiness.Readiness({"store": check})
    await asyncio.gather(*(ready.results() for _ in range(5)))

    assert len(asked) == 1


async def test_metrics_count_requests_runs_and_tools(client: httpx.AsyncClient, ann: dict[str, str]) -> None:
    await client.post("/api/v1/message", json={"message": "hi"}, headers=ann)

    text = (await client.get("/metrics", headers=ann)).text

    assert 'seatrial_runs_total{outcome="completed"} 1.0' in text
    assert 'seatrial_tools_total{outcome="ok",tool="budget"} 1.0' in text
    assert 'seatrial_requests_total{method="POST",route="/api/v1/message",status="200"} 1.0' in text
    assert 'seatrial_tokens_total{kind="output_tokens",model="scripted"} 5.0' in text


class TestOpenMetrics:
    @pytest.fixture
    def environment(self, environment: dict[str, str]) -> dict[str, str]:
        return {**environment, "SEATRIAL_METRICS_OPEN": "true"}

    async def test_a_setting_opens_the_metrics(self, client: httpx.AsyncClient) -> None:
        assert (await client.get("/metrics")).status_code == 200


async def test_a_run_that_breaks_is_counted_as_failed(
    client: httpx.AsyncClient, ann: dict[str, str], environment: dict[str, str]
) -> None:
    await client.post("/api/v1/message", json={"message": "fail"}, headers=ann)

    text = (await client.get("/metrics", headers=ann)).text

    assert 'seatrial_runs_total{outcome="failed"} 1.0' in text


@pytest.mark.parametrize(
    ("settings", "addresses"),
    [
        ({"provider": "local", "api_key": "k"}, []),
        ({"api_key": "k"}, ["https://api.openai.com"]),
        ({"api_key": "k", "api_base": "http://here:1/v1"}, ["http://here:1/v1"]),
        ({"api_base": "http://here:1/v1", "azure_endpoint": "https://a.openai.azure.com"}, 2),
        ({"provider": "ollama"}, ["http://127.0.0.1:11434"]),
    ],
)
def test_readiness_asks_where_the_model_really_is(settings: dict[str, str], addresses: Any) -> None:
    found = reachability._addresses(ModelSettings(**settings))

    assert found == addresses or len(found) == addresses


async def test_one_model_that_answers_is_enough(unused_tcp_port_factory: Any) -> None:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    gone = f"http://127.0.0.1:{unused_tcp_port_factory()}"
    here = f"http://127.0.0.1:{port}"

    await model_check(ModelSettings(api_base=gone, azure_endpoint=here))()
    with pytest.raises(OSError, match="Connect call failed"):
        await model_check(ModelSettings(api_base=gone))()
    server.close()
