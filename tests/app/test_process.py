"""`python -m app` as a process of its own."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest

# A machine that does other work too takes its time to start an interpreter; a healthy app takes two seconds.
PATIENCE_SECONDS = 90
QUIET = {"PATH", "HOME", "LANG", "PYTHONPATH", "VIRTUAL_ENV", "TMPDIR"}


def start(**variables: str) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if name in QUIET}
    return subprocess.Popen(
        [sys.executable, "-m", "app"],
        env={**environment, "SEATRIAL_HOST": "127.0.0.1", **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        (
            {"SEATRIAL_AUTH": "open", "SEATRIAL_COLOUR": "red"},
            ["SEATRIAL_COLOUR", "Legal names", "SEATRIAL_GOAL"],
        ),
        ({"SEATRIAL_AUTH": "open", "SEATRIAL_GOALS": "/nowhere"}, ["/nowhere", "goal"]),
    ],
)
def test_a_wrong_configuration_is_one_line_and_exit_1(variables: dict[str, str], words: list[str]) -> None:
    process = start(**variables)

    _, errors = process.communicate(timeout=PATIENCE_SECONDS)

    assert process.returncode == 1
    assert errors.startswith("configuration: ")
    assert len(errors.splitlines()) == 1
    assert [word for word in words if word not in errors] == []


def test_a_port_in_use_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        _, errors = start(SEATRIAL_AUTH="open", PORT=str(port)).communicate(timeout=PATIENCE_SECONDS)

    assert errors.startswith(f"configuration: PORT={port}")
    assert len(errors.splitlines()) == 1


class Collector(BaseHTTPRequestHandler):
    """Takes traces over OTLP."""

    seen: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append(self.path)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        return None


@pytest.fixture
def collector() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Collector) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture
def running(tmp_path: Path, collector: str) -> Iterator[Any]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = start(
        SEATRIAL_AUTH="open",
        SEATRIAL_MODEL="scripted",
        SEATRIAL_GRACE_SECONDS="3",
        SEATRIAL_STORE_PATH=str(tmp_path / "store.db"),
        OTEL_EXPORTER_OTLP_ENDPOINT=collector,
        PORT=str(port),
    )
    began = time.monotonic()
    try:
        while not _healthy(port):
            assert process.poll() is None, process.communicate()
            assert time.monotonic() - began < PATIENCE_SECONDS
            time.sleep(0.02)
        yield process, port
    finally:
        process.kill()
        process.wait()


def _healthy(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health/ready", timeout=2).status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.long
def test_the_app_answers_sends_traces_and_ends_well_on_sigterm(running: Any) -> None:
    process, port = running
    began = time.monotonic()
    while not Collector.seen and time.monotonic() - began < PATIENCE_SECONDS:
        answer = httpx.post(
            f"http://127.0.0.1:{port}/api/v1/message", json={"message": "hello"}, timeout=PATIENCE_SECONDS
        )
        time.sleep(0.2)
    process.send_signal(signal.SIGTERM)
    output, errors = process.communicate(timeout=PATIENCE_SECONDS)

    assert answer.status_code == 200, answer.text
    assert "/v1/traces" in Collector.seen
    assert process.returncode == 0, errors
    assert errors == ""
    assert all(line.startswith("{") for line in output.splitlines())
    assert answer.json()["run_id"] in output
