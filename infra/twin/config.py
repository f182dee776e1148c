"""How one twin is told what to be: the JSON file given with --config."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class ModelConfig(BaseModel):
    """Say which model answers: a server that runs already, or a command that starts one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str | None = None
    name: str | None = None
    command: tuple[str, ...] | None = None


class TwinConfig(BaseModel):
    """Describe one twin; a port of 0 means any that is free (the last one used, when it still is)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    stack: str
    state: Path
    mode: Literal["process", "docker"] = "process"
    owner_pid: int | None = None
    ingress_port: int = Field(default=0, ge=0, le=65535)
    registry_port: int = Field(default=0, ge=0, le=65535)
    arm_port: int = Field(default=0, ge=0, le=65535)
    arm_tls_port: int = Field(default=0, ge=0, le=65535)
    services_port: int = Field(default=0, ge=0, le=65535)
    app_command: tuple[str, ...] = ()
    app_cwd: Path = Path()
    model: ModelConfig = ModelConfig()
    registry_binary: str | None = None
    subscription: str = "00000000-0000-0000-0000-000000000000"
    tenant: str = "11111111-1111-1111-1111-111111111111"
