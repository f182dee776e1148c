"""What to do where a service is closed to the internet: the finding behind its own refusal."""

from infra.findings.model import Finding

CODE = "ST031"
FIX = (
    "give the app's network a private endpoint for the service, with the service's private DNS zone linked "
    "to the network (the stack key `network` makes all of it), and let the app depend on them"
)


def closed(resource: str, said: str, why: str) -> Finding:
    """Return the finding of a refused caller: the service's own words, and what is missing."""
    return Finding(code=CODE, resource=resource, message=f"{said} In the twin: {why}.", fix=FIX)
