"""What a preview tells of the image when the registry is not asked."""

import pytest
from azure.core.exceptions import ClientAuthenticationError

from infra.image.context import context_hash, predicted
from infra.image.publish import foresee
from infra.project import Project


def signed_out() -> str:
    raise ClientAuthenticationError("DefaultAzureCredential failed to retrieve a token\nand much more")


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (lambda: "entra", "no answer from the registry localhost:1"),
        (signed_out, "DefaultAzureCredential failed to retrieve a token"),
    ],
)
def test_a_registry_that_is_not_asked_leaves_the_content_s_name_and_says_why(
    request: pytest.FixtureRequest, token: object, reason: str
) -> None:
    project, told = Project.find(request.config.rootpath), list[str]()

    found = foresee(project, "localhost:1", "seatrial", "linux/amd64", token=token, on_silence=told.append)  # type: ignore[arg-type]

    assert found == predicted("localhost:1/seatrial", context_hash(project))
    (sentence,) = told
    assert sentence.startswith(f"{found} is told without its digest: {reason}")
    assert "much more" not in sentence
