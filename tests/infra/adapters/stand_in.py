"""A twin process whose app is a small stand-in, for whatever drives ARM."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from infra.project import Project
from infra.twin.client import TwinClient, TwinUnreachableError

DIGEST = "sha256:" + "ab" * 32
KEYS = {"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB"}]}
STAND_IN = """
import http.server, os, signal, sys
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"here")
        print("asked for", self.path, flush=True)
    def log_message(self, *_): pass
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Page).serve_forever()
"""


@contextmanager
def twin_of(project: Project, root: Path, state: Path, stack: str = "dev", **more: Any) -> Iterator[None]:
    """Run a twin of a stack with this project's modules until the block ends; `more` is configuration."""
    config = {
        "stack": stack,
        "state": str(state),
        "mode": "process",
        "owner_pid": os.getpid(),
        "app_command": [sys.executable, "-c", STAND_IN],
        "app_cwd": str(root),
        "model": {"url": "http://127.0.0.1:9/v1", "name": "none"},
        **more,
    }
    written, log = root / f"{stack}.config.json", root / f"{stack}.log"
    written.write_text(json.dumps(config))
    command = [sys.executable, "-m", "infra.twin", "--config", str(written)]
    with (
        log.open("wb") as output,
        subprocess.Popen(command, cwd=project.root, stdout=output, stderr=subprocess.STDOUT) as twin,
    ):
        try:
            _until_ready(state, twin, log)
            yield
        finally:
            twin.terminate()
            twin.wait(30)


def _until_ready(state: Path, twin: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and twin.poll() is None:
        try:
            with TwinClient.connect(state) as client:
                client.status()
                return
        except TwinUnreachableError:
            time.sleep(0.1)
    raise AssertionError(f"the twin did not start: {log.read_text()[-2000:]}")
