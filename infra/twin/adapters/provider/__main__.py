"""Serve the provider: `python -m infra.twin.adapters.provider --twin STATE --stack NAME` prints its port."""

import argparse
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from threading import Event

import grpc  # type: ignore[import-untyped]  # no stubs locked
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS
from pulumi.runtime.proto import provider_pb2_grpc

from infra.twin.adapters.provider.noted import Noted
from infra.twin.adapters.provider.resources import TwinResources
from infra.twin.adapters.provider.servicer import Servicer
from infra.twin.adapters.translate import Translator
from infra.twin.client import ArmClient

AT_ONCE = 16
_LOOK_SECONDS = 1.0


def main(arguments: list[str]) -> int:
    """Serve until the engine ends this process, or is gone itself."""
    engine = os.getppid()
    parser = argparse.ArgumentParser(prog="provider")
    parser.add_argument("--twin", type=Path, required=True, help="the twin's state folder")
    parser.add_argument("--stack", required=True)
    options, _ = parser.parse_known_args(arguments)
    stopping = Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    with ArmClient.connect(options.twin) as client, ThreadPoolExecutor(AT_ONCE) as pool:
        server = grpc.server(pool, options=_GRPC_CHANNEL_OPTIONS)
        resources = TwinResources(client, Translator(options.stack))
        servicer = Servicer(resources, Noted.of(options.twin), version("pulumi-azure-native"))
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        sys.stdout.write(f"{port}\n")
        sys.stdout.flush()
        while not stopping.wait(_LOOK_SECONDS) and os.getppid() == engine:
            pass
        server.stop(1.0)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
