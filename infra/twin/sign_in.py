"""The variables with which Azure's own clients find a twin and sign in: a file for `.` in a shell."""

import shlex
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from infra.twin.arm.store import write_atomically

FILE = "clients.env"


def write(state: Path, address: dict[str, Any]) -> Path:
    """Write the file into a twin's state folder (mode 0600: it holds the secret); return it."""
    path = state / FILE
    lines = (f"export {name}={shlex.quote(value)}\n" for name, value in variables(state, address).items())
    write_atomically(path, "".join(lines))
    return path


def variables(state: Path, address: dict[str, Any]) -> dict[str, str]:
    """Return the variables of az, the SDKs (AZURE_*), and of Terraform and azure-native (ARM_*)."""
    arm, trust = str(address["arm_https_url"]), str(address["trust_file"])
    known = {
        "TENANT_ID": str(address["tenant"]),
        "SUBSCRIPTION_ID": str(address["subscription"]),
        "CLIENT_ID": str(address["client_id"]),
        "CLIENT_SECRET": str(address["client_secret"]),
    }
    both = {f"{prefix}_{name}": value for prefix in ("AZURE", "ARM") for name, value in known.items()}
    return both | {
        "AZURE_AUTHORITY_HOST": arm,
        "AZURE_CONFIG_DIR": str((state / "az").resolve()),
        "ARM_ENDPOINT": arm,
        "ARM_METADATA_HOSTNAME": urlsplit(arm).netloc,
        "ARM_METADATA_HOST": urlsplit(arm).netloc,
        "ARM_DISABLE_INSTANCE_DISCOVERY": "true",
        "REQUESTS_CA_BUNDLE": trust,
        "SSL_CERT_FILE": trust,
    }
