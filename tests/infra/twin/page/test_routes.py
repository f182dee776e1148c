"""The page over HTTP: who gets in, what it says, and what never leaves."""

import json
from collections.abc import Iterator

import httpx
import pytest

from infra.twin.page.assets import assets
from tests.infra.twin.page.stage import APP, SECRETS, Stage

SECTIONS = {
    "head", "findings", "apps", "pulls", "roles", "database", "watching", "traces", "resources",
}  # fmt: skip


@pytest.fixture(scope="module")
def anyone(stage: Stage) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=stage.url, trust_env=False) as client:
        yield client


@pytest.fixture(scope="module")
def reader(stage: Stage) -> Iterator[httpx.Client]:
    ticket = stage.twin.admin.page().partition("#ticket=")[2]
    session = httpx.post(f"{stage.url}/page/session", json={"ticket": ticket}, trust_env=False).json()[
        "session"
    ]
    headers = {"Authorization": f"Bearer {session}"}
    with httpx.Client(base_url=stage.url, headers=headers, trust_env=False) as client:
        yield client


def test_the_page_lets_nothing_foreign_in(anyone: httpx.Client) -> None:
    page = anyone.get("/page/")

    assert page.status_code == 200
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert anyone.get("/page", follow_redirects=True).text == page.text


def test_every_file_that_the_page_names_is_served_and_kept(anyone: httpx.Client) -> None:
    named = {part.partition('"')[0] for part in anyone.get("/page/").text.split('="/page/assets/')[1:]}

    assert {"main.js", "base.css", "parts.css", "mark.svg"} <= named <= set(assets())
    for name in assets():
        answer = anyone.get(f"/page/assets/{name}")
        assert answer.status_code == 200
        again = anyone.get(f"/page/assets/{name}", headers={"If-None-Match": answer.headers["ETag"]})
        assert again.status_code == 304
    assert anyone.get("/page/assets/nothing.js").status_code == 404
    assert anyone.get("/page/assets/..%2fmodel.py").status_code == 404


@pytest.mark.parametrize("path", ["/page/data", f"/page/resource?id={APP}", "/page/trace?operation=f"])
def test_the_data_wants_a_session_or_the_twins_token(anyone: httpx.Client, stage: Stage, path: str) -> None:
    wrong = {"Authorization": "Bearer wrong"}
    own = {"Authorization": f"Bearer {stage.twin.twin.token}"}

    assert anyone.get(path).status_code == 401
    assert anyone.get(path, headers=wrong).status_code == 401
    assert anyone.get(path, headers=own).status_code in {200, 404}


def test_only_the_operator_gets_tickets_and_tells_the_price(
    anyone: httpx.Client, reader: httpx.Client
) -> None:
    price = {"monthly": "1", "currency": "USD", "complete": True}

    for client in (anyone, reader):
        assert client.post("/twin/page/tickets").status_code == 401
        assert client.put("/twin/page/price", json=price).status_code == 401
        assert client.get("/twin/status").status_code == 401


def test_a_ticket_opens_the_page_once(anyone: httpx.Client, stage: Stage) -> None:
    address = stage.twin.admin.page()
    ticket = {"ticket": address.partition("#ticket=")[2]}

    assert address.startswith(f"{stage.url}/page/#")
    assert anyone.post("/page/session", json=ticket).status_code == 201
    assert anyone.post("/page/session", json=ticket).status_code == 401
    assert anyone.post("/page/session", json={"ticket": 7}).status_code == 400
    assert anyone.post("/page/session", content=b"{").status_code == 400


def test_a_foreign_host_is_refused(anyone: httpx.Client) -> None:
    assert anyone.get("/page/", headers={"Host": "evil.example"}).status_code == 421


def test_the_document_has_every_section(reader: httpx.Client) -> None:
    body = reader.get("/page/data").json()
    found = {name: section["value"] for name, section in body["sections"].items()}

    assert set(found) == SECTIONS
    assert found["head"]["price"]["monthly"] == "5.10"
    assert found["head"]["apps"][0]["state"] == "healthy"
    assert [row["allowed"] for row in found["pulls"]["rows"]] == [True, False]
    named = {(row["who"], row["role"]) for row in found["roles"]["rows"]}
    assert {("id-dev", "AcrPull"), ("seatrial-operator", "Owner")} <= named
    assert found["watching"]["alerts"]["rows"][0]["condition"] == "Total RestartCount > 3"
    assert found["findings"]["rows"][0]["code"] == "ST010"
    assert found["traces"]["rows"][0]["run"] == "run-1"


def test_the_database_counts_documents_by_thread_and_charges_by_operation(reader: httpx.Client) -> None:
    (account,) = reader.get("/page/data").json()["sections"]["database"]["value"]["rows"]
    (container,) = account["containers"]["rows"]

    assert (container["documents"], container["units"]) == (3, 6.5)
    assert container["partitions"]["rows"] == [
        {"key": "thread-1", "documents": 3, "kinds": "2 checkpoint, 1 writes"}
    ]
    assert {"operation": "create", "requests": 1, "units": 6.5} in account["operations"]


def test_a_role_is_used_by_what_really_happens(reader: httpx.Client) -> None:
    rows = reader.get("/page/data").json()["sections"]["roles"]["value"]["rows"]
    operator = next(row for row in rows if row["who"] == "seatrial-operator")

    assert any(use["action"].endswith("/write") for use in operator["uses"])
    used = {row["role"]: [use["action"].split("/", 1)[1] for use in row["uses"]] for row in rows}
    assert used["AcrPull"] == ["registries/pull/read"]
    assert used["Cognitive Services OpenAI User"] == ["accounts/OpenAI/deployments/chat/completions/action"]
    assert used["Cosmos DB Built-in Data Contributor"] == []


def test_only_what_changed_is_sent_again(reader: httpx.Client, stage: Stage) -> None:
    body = reader.get("/page/data").json()
    have = ",".join(f"{name}:{section['tag']}" for name, section in body["sections"].items())
    place = body["logs"]["ca-dev"]["next"]
    query = {"have": have, "logs": f"ca-dev:{place}"}

    same = reader.get("/page/data", params=query).json()
    stage.apps.console.line("one more line")
    stage.apps.health = "Unhealthy"
    later = reader.get("/page/data", params=query).json()
    stage.apps.health = "Healthy"

    assert same["sections"] == {}
    assert same["logs"]["ca-dev"]["lines"] == []
    assert set(later["sections"]) == {"head", "apps"}
    assert later["logs"]["ca-dev"]["lines"] == ["one more line"]


@pytest.mark.parametrize(
    "query", ["have=:,x,head:", "logs=ca-dev:x", "logs=ca-dev:99999999999999", "have=" + "a" * 9]
)
def test_a_query_of_nonsense_is_a_reader_who_has_nothing(reader: httpx.Client, query: str) -> None:
    answer = reader.get(f"/page/data?{query}")

    assert answer.status_code == 200
    assert set(answer.json()["sections"]) == SECTIONS


def test_a_resource_and_a_trace_are_read_by_their_ids(reader: httpx.Client) -> None:
    app = reader.get("/page/resource", params={"id": APP.lower()}).json()
    trace = reader.get("/page/trace", params={"operation": "f" * 32}).json()

    assert (app["id"], app["hidden"]) == (APP, 2)
    assert "LOG_LEVEL" in app["recorded"]
    assert trace["spans"][0]["name"] == "POST /api/v1/message"
    assert reader.get("/page/resource", params={"id": f"{APP}x"}).status_code == 404
    assert reader.get("/page/trace", params={"operation": "x"}).status_code == 404


def test_no_secret_reaches_the_page(anyone: httpx.Client, reader: httpx.Client, stage: Stage) -> None:
    document = reader.get("/page/data")
    rows = document.json()["sections"]["resources"]["value"]["rows"]
    texts = [document.text, anyone.get("/page/").text]
    texts += [reader.get("/page/resource", params={"id": row["id"]}).text for row in rows]
    texts += [anyone.get(f"/page/assets/{name}").text for name in assets()]
    everything = "\n".join(texts)

    assert len(rows) > 10
    assert [secret for secret in stage.secrets() if secret in everything] == []
    held = json.dumps([found.body for found in stage.twin.twin.store])
    assert SECRETS["inline"] in held, "the scan looks for what the twin holds"
