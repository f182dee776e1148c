"""`seatrial up` on a machine without Docker: deployed, answered, proved and priced."""

import json
import re
import shlex
import subprocess
import time
import urllib.request
from decimal import Decimal

import httpx
import pytest

from tests.e2e.rehearsal.conftest import Checkout, Said

pytestmark = [pytest.mark.twin, pytest.mark.model, pytest.mark.timeout(300)]

STAGES = ["twin", "program", "app", "verify", "price"]


def test_up_ends_with_a_verified_answer(up: Said) -> None:
    assert up.code == 0, up.err + up.out
    assert up.body["ok"] is True
    assert [stage["name"] for stage in up.body["stages"]] == STAGES
    assert up.body["findings"] == []


def test_up_names_the_language_model_that_answered(up: Said) -> None:
    assert "smollm2" in up.body["model"].lower()
    assert "scripted" not in up.body["model"].lower()
    assert up.body["model_of"].startswith("gpt-")


def test_every_check_of_the_golden_path_was_made(up: Said) -> None:
    checks = {check["name"]: check["ok"] for check in up.body["verify"]["checks"]}

    wanted = {
        "health",
        "refusal",
        "message",
        "events",
        "agents",
        "tools",
        "model",
        "memory",
        "websocket",
        "isolation",
        "database",
        "deletion",
        "erased",
    }
    assert wanted <= set(checks)
    assert all(checks.values())
    assert up.body["verify"]["left_out"] == []


def test_the_conversation_was_in_the_database_and_is_gone(up: Said) -> None:
    checks = {check["name"]: check for check in up.body["verify"]["checks"]}
    seen = up.body["database"]

    assert checks["memory"]["evidence"]["store"] == "cosmos, database 'agents'"
    assert checks["memory"]["evidence"]["thread_id"] in seen["threads"]
    assert checks["message"]["evidence"]["run_id"] in seen["runs"]
    assert seen["events"] >= checks["events"]["evidence"]["count"]
    held = {container["name"]: container["of_conversation"] for container in seen["containers"]}
    assert held["checkpoints"] >= len(seen["threads"])
    assert held["runs"] >= len(seen["runs"])
    assert {container["partition_key"] for container in seen["containers"]} == {"/pk"}
    assert seen["left"] == 0
    assert seen["modelled"] is True
    assert seen["endpoint"].startswith("https://localhost:")


def test_every_resource_of_the_program_is_there(up: Said) -> None:
    kinds = {resource["type"] for resource in up.body["resources"]}

    assert {"Microsoft.App/containerApps", "Microsoft.DocumentDB/databaseAccounts"} <= kinds
    assert {resource["status"] for resource in up.body["resources"]} == {"Succeeded"}


def test_the_trace_of_the_verified_message_can_be_read(up: Said, checkout: Checkout) -> None:
    checks = {check["name"]: check["evidence"] for check in up.body["verify"]["checks"]}
    words = ("logs", "dev", "--traces", "--run", checks["message"]["run_id"])
    deadline = time.monotonic() + 30

    while "invoke_agent supervisor" not in (said := checkout.run(*words)).out:
        assert time.monotonic() < deadline, said
    assert {"chat ", "execute_tool "} <= set(re.findall(r"chat |execute_tool ", said.out))


def test_the_month_has_a_price(up: Said) -> None:
    assert Decimal(up.body["cost"]["monthly"]) > 0
    assert up.body["cost"]["currency"] == "USD"


def test_what_was_not_shown_is_said_once(up: Said) -> None:
    said = up.body["not_shown"]

    assert not any("not rehearsed" in sentence for sentence in said)
    assert any(sentence.startswith("database: request units are modelled") for sentence in said)
    assert any(sentence.startswith("image") for sentence in said)
    assert len(said) == len(set(said))


def test_status_tells_where_it_runs(up: Said, checkout: Checkout) -> None:
    (stack,) = checkout.run("status", "--json").body["stacks"]

    assert stack["mode"] == "process"
    assert up.body["url"] in stack["urls"].values()
    assert up.body["url"] in checkout.run("status").out


def test_the_page_opens_with_a_ticket(up: Said, checkout: Checkout) -> None:
    url = checkout.run("open", "dev", "--no-browser").out.strip()

    with urllib.request.urlopen(url, timeout=20) as answer:
        assert answer.status == 200
        assert "text/html" in answer.headers["content-type"]


@pytest.fixture(scope="module")
def twin_page(up: Said, checkout: Checkout) -> str:
    """Return the document of the twin's page, reached by the address that `open --twin` prints."""
    said = checkout.run("open", "dev", "--twin", "--no-browser", "--json")
    place, _, ticket = str(said.body["url"]).partition("/page/#ticket=")
    assert up.body["twin_page"].startswith(f"{place}/page/#ticket=")
    with httpx.Client(base_url=place, trust_env=False) as browser:
        session = browser.post("/page/session", json={"ticket": ticket}).json()["session"]
        return browser.get("/page/data", headers={"Authorization": f"Bearer {session}"}).text


def test_the_twins_page_shows_what_was_rehearsed(up: Said, twin_page: str) -> None:
    sections = {name: one["value"] for name, one in json.loads(twin_page)["sections"].items()}

    assert [app["url"] for app in sections["head"]["apps"]] == [up.body["url"]]
    assert sections["head"]["price"]["monthly"] == up.body["cost"]["monthly"]
    named = {resource["name"] for resource in up.body["resources"]}
    assert {row["name"] for row in sections["resources"]["rows"]} == named
    unused = [row["role"] for row in sections["roles"]["rows"] if not row["uses"]]
    assert unused == [], "the golden path needs every role that the stack assigns"


def test_no_secret_of_the_rehearsal_is_on_the_twins_page(twin_page: str, checkout: Checkout) -> None:
    state = checkout.project.state("dev")
    address = json.loads((state / "twin.json").read_text())
    resources = json.loads((state / "arm.json").read_text())["resources"]
    keys = {one["body"]["properties"].get("InstrumentationKey") for one in resources} - {None}
    secrets = keys | {address[name] for name in ("token", "client_secret", "operator_identity_header")}

    assert len(secrets) == 4
    assert [secret for secret in secrets if secret in twin_page] == []
    assert "eyJ" not in twin_page


def test_logs_are_json_lines_of_the_app(up: Said, checkout: Checkout) -> None:
    lines = checkout.run("logs", "dev", "--tail", "50").out.splitlines()

    assert any(up.body["verify"]["checks"][2]["evidence"]["run_id"] in line for line in lines) or lines


@pytest.mark.long
def test_verify_may_be_run_again_at_the_url(up: Said, checkout: Checkout) -> None:
    said = checkout.run("verify", up.body["url"], "--json")

    assert said.code == 0, said.out
    assert said.body["ok"] is True
    assert said.body["url"] == up.body["url"]


@pytest.mark.long
def test_with_one_users_token_isolation_is_left_out(up: Said, checkout: Checkout) -> None:
    token = checkout.run("token", "--user", "solo").out.strip()

    said = checkout.run("verify", up.body["url"], "--token", token, "--json")

    assert said.code == 0, said.out
    assert "isolation" not in {check["name"] for check in said.body["checks"]}
    assert said.body["left_out"][0].startswith("isolation")


@pytest.mark.long
def test_a_question_of_ones_own_that_is_not_answered_ends_with_3(up: Said, checkout: Checkout) -> None:
    suite = checkout.project.root / "suite.yaml"
    verified = up.body["verify"]["checks"][2]["evidence"]["message"]
    message = "Plan 2 days in Prague in June and tell me what it costs."
    question = {"name": "moon", "message": message, "contains": ["moonbase alpha"]}
    suite.write_text(json.dumps({"verified": verified, "questions": [question]}))

    said = checkout.run("verify", up.body["url"], "--suite", str(suite), "--json")

    assert said.code == 3
    assert [check["name"] for check in said.body["checks"] if not check["ok"]] == ["question moon"]


@pytest.mark.long
def test_a_second_up_updates_the_one_that_runs(up: Said, checkout: Checkout) -> None:
    (before,) = checkout.run("status", "--json").body["stacks"]

    said = checkout.run("up", "dev", "--mode", "process", "--detach")

    (after,) = checkout.run("status", "--json").body["stacks"]
    assert said.code == 0, said.err
    assert after["pid"] == before["pid"]
    assert before["urls"] == after["urls"]


@pytest.mark.long
def test_what_up_prints_for_a_person_can_be_pasted(up: Said, checkout: Checkout) -> None:
    said = checkout.run("up", "dev", "--mode", "process", "--detach")
    (line,) = [line for line in said.out.splitlines() if line.startswith("try ")]

    done = subprocess.run(shlex.split(line.removeprefix("try ")), capture_output=True, text=True, check=True)

    assert json.loads(done.stdout)["completed"] is True
    for words in (
        "page ",
        "price ",
        "database ",
        "none left after its deletion",
        "seatrial down dev",
        "pulumi -C infra up",
        "not shown",
        "containerApps",
    ):
        assert words in said.out
