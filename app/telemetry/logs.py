"""Structured logs: one JSON object a line, no tokens, no message content."""

import logging
import logging.config
import re
from collections.abc import MutableMapping
from hashlib import sha256
from typing import Any, TextIO

import structlog

_SECRETS = re.compile(r"(?i)(ticket=|bearer[ ,]+)[^&\s\"',]+")


def configure_logs(level: str, output: TextIO) -> None:
    """Send every log of the process to `output` as JSON."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        _without_secrets,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(output)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for noisy in ("httpx", "httpcore", "openai", "azure", "aiosqlite", "urllib3", "opentelemetry"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level]))


def user_hash(user: str) -> str:
    """Return what logs and traces show instead of a user."""
    return sha256(user.encode()).hexdigest()[:12]


def _without_secrets(_logger: Any, _method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in entry.items():
        if isinstance(value, str):
            entry[key] = _SECRETS.sub(r"\1…", value)
    entry.pop("color_message", None)
    return entry
