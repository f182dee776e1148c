"""`/openapi.json` is complete and true."""

from contextlib import nullcontext
from typing import Any

import pytest

from app.main import create_app
from app.settings import read_settings

OPEN = ("/health", "/assets")


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    app = create_app(read_settings({"SEATRIAL_AUTH": "open"}), opening=lambda _settings: nullcontext())  # type: ignore[arg-type,return-value]  # never opened
    return app.openapi()


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def test_every_error_has_the_one_body(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        for status, answer in operation["responses"].items():
            if status >= "400" and not (status == "503" and path.startswith("/health")):
                schema = answer["content"]["application/json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/ErrorBody"}, (method, path, status)


def test_every_protected_operation_says_so(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        protected = path != "/" and not path.startswith(OPEN)
        assert bool(operation.get("security")) == protected, (method, path)
        assert ("401" in operation["responses"]) == protected, (method, path)


def test_every_body_that_is_read_lists_what_can_be_wrong_with_it(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        if "requestBody" in operation:
            assert {"400", "413", "415", "422"} <= operation["responses"].keys(), (method, path)


def test_every_answer_is_described_by_a_model_or_a_media_type(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        for status, answer in operation["responses"].items():
            if status in {"204", "304"}:
                assert "content" not in answer, (method, path, status)
            else:
                for media in answer["content"].values():
                    assert media.get("schema") != {}, (method, path, status)
                    assert not media.get("schema", {}).get("additionalProperties"), (method, path, status)


def test_the_message_answers_as_json_or_as_events(document: dict[str, Any]) -> None:
    answer = document["paths"]["/api/v1/message"]["post"]["responses"]["200"]

    assert answer["content"].keys() == {"application/json", "text/event-stream"}


def test_events_and_frames_are_described(document: dict[str, Any]) -> None:
    stream = document["paths"]["/api/v1/runs/{id}/events"]["get"]["responses"]

    assert stream["200"]["content"].keys() == {"text/event-stream"}
    assert "204" in stream


def test_fastapis_own_error_form_is_gone(document: dict[str, Any]) -> None:
    assert "HTTPValidationError" not in str(document)
