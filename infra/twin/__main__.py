"""Run one twin: `python -m infra.twin --config FILE`."""

import asyncio
import json
import logging
import signal
import sys
from pathlib import Path

from pydantic import ValidationError

from infra.findings.model import Finding
from infra.twin.arm.behaviour import ArmProblem
from infra.twin.arm.store import CorruptedStateError
from infra.twin.config import TwinConfig
from infra.twin.lock import StateLock, TwinRunsError
from infra.twin.ports import PortInUseError
from infra.twin.runtime.behaviour import ContainerAppBehaviour
from infra.twin.server import serve

FAILED, USAGE, REFUSED = 1, 2, 3


def main(arguments: list[str]) -> int:
    """Run until stopped; return the exit code (0 stopped, 1 failed, 2 usage, 3 a port is in use)."""
    if len(arguments) != 2 or arguments[0] != "--config":  # noqa: PLR2004 - the option and its value
        sys.stderr.write("usage: python -m infra.twin --config FILE\n")
        return USAGE
    try:
        config = TwinConfig.model_validate_json(Path(arguments[1]).read_bytes())
    except (OSError, ValidationError) as error:
        sys.stderr.write(f"{arguments[1]}: {error}\n")
        return USAGE
    return _guarded(config)


def _guarded(config: TwinConfig) -> int:
    try:
        config.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        _log_to(config.state / "twin.log")
        lock = StateLock(config.state)
        lock.acquire()
        try:
            asyncio.run(_until_signal(config))
        finally:
            lock.release()
    except PortInUseError as error:
        return _say(REFUSED, str(error), error.finding)
    except TwinRunsError as error:
        return _say(FAILED, str(error), error.finding)
    except CorruptedStateError as error:
        return _say(
            FAILED, str(error), _unstarted(config, str(error), "follow the message, then start again")
        )
    except ArmProblem as error:
        return _say(FAILED, error.message, error.finding)
    except OSError as error:
        fix = f"check that {config.state} can be written and that the disk has space"
        return _say(FAILED, str(error), _unstarted(config, str(error), fix))
    return 0


async def _until_signal(config: TwinConfig) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    await serve(config, ContainerAppBehaviour, stopping)


def _unstarted(config: TwinConfig, message: str, fix: str) -> Finding:
    return Finding(code="ST021", resource=str(config.state), message=message, fix=fix)


def _say(code: int, message: str, finding: Finding | None) -> int:
    logging.getLogger(__name__).error("%s", message)
    said = {"error": message, "finding": finding.model_dump() if finding else None}
    sys.stderr.write(json.dumps(said) + "\n")
    return code


def _log_to(path: Path) -> None:
    logging.basicConfig(
        filename=path, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
