"""The example of the documentation, run as it stands there."""

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from azure.cosmos.aio import ContainerProxy, DatabaseProxy

from frmk.checkpoint.cosmos import CHECKPOINTS
from tests.database import DatabaseServer
from tests.frmk.checkpoint.cosmos.conftest import everything

ROOT = Path(__file__).parents[4]
PAGE = ROOT / "docs" / "cosmos-saver.md"
# An emulator's certificate is its own; the twin's is verified as Azure's is.
UNCHECKED = """
from frmk.checkpoint.cosmos import connect
connect._VerifyingTransport = connect.AioHttpTransport
"""


@pytest.mark.long
async def test_the_example_runs_and_stores_the_thread(
    database_server: DatabaseServer, cosmos_database: DatabaseProxy, container: ContainerProxy
) -> None:
    example = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)[0]
    assert len([line for line in example.splitlines() if line.strip()]) <= 15
    code = example.replace('database="agents"', f'database="{cosmos_database.id}"')
    environment = {
        **os.environ,
        "COSMOS_ENDPOINT": database_server.endpoint,
        "COSMOS_KEY": database_server.key,
    }
    if database_server.certificate is None:
        code = UNCHECKED + code
    else:
        environment["SSL_CERT_FILE"] = database_server.certificate
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.stdout.strip() == "Message 1 is stored.", done.stderr
    items = await everything(container)
    assert {item["pk"] for item in items} == {"1"}
    assert {item["ttl"] for item in items} == {30 * 24 * 3600}


def test_the_page_describes_the_container_that_the_code_expects() -> None:
    text = PAGE.read_text()
    assert f"| partition key | `{CHECKPOINTS.partition_key}`" in text
    assert f"| indexed | {', '.join(f'`{path}`' for path in CHECKPOINTS.include)} |" in text
