"""What a rehearsal with a seeded mistake has to say."""

from infra.mistakes.catalogue import mistakes
from tests.e2e.rehearsal.conftest import Said

# Words that Azure itself says, so that a search for them finds its documentation.
AZURE_SAYS = {
    "probe": "startup probe failed",
    "secret": "SecretRef 'weather-api-key'",
    "acrpull": "unauthorized",
    "property": "gpus",
    "size": "CPU and memory resources for this application",
    "platform": "linux/amd64",
    "variable": "terminated with exit code",
    "crash": "terminated with exit code",
    "slow": "startup probe failed",
    "ingress": "Ingress of container app",
    "datarole": "does not have required RBAC permissions",
    "datareader": "does not have required RBAC permissions",
    "datascope": "does not have required RBAC permissions",
    "partition": "has the partition key '/thread_id'",
    "admin": "adminUserEnabled is true",
    "subnet": "at least /27",
    "endpoint": "is not allowed access",
    "vaultrole": "DeniedWithNoValidRBAC",
    "dnsrecord": "A TXT record pointing from asuid.chat.example.com",
    "vaultsecret": "Unable to get value using Managed identity",
}
# Those that show only once the app runs take longest: they are spread over the workers.
RUNNING = frozenset(
    {
        "probe",
        "variable",
        "crash",
        "slow",
        "ingress",
        "datarole",
        "datareader",
        "datascope",
        "partition",
    }
)
# Those of the database are a file of their own: a file is one worker's, and all of them take minutes.
DATABASE = frozenset({"datarole", "datareader", "datascope", "partition"})


def in_mode(mode: str, *, running: bool) -> list[str]:
    """Return the mistakes that a mode refuses, once the app runs or before."""
    return [
        name
        for name, seeded in mistakes().items()
        if mode in seeded.modes and (name in RUNNING) == running and not seeded.advisory
    ]


def must_fail(said: Said, name: str) -> None:
    """Check the code, Azure's words and the next step, and that nothing is left running."""
    assert said.code == 1, said.out + said.err
    report = said.body
    found = {finding["code"]: finding for finding in report["findings"]}
    assert set(found) == {mistakes()[name].code}, said.out + said.err
    finding = found[mistakes()[name].code]
    assert AZURE_SAYS[name].lower() in finding["message"].lower()
    assert finding["fix"]
    assert report["ok"] is False
    assert report["running"] is False
