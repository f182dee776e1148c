"""The description that clients read: complete and true."""

from typing import Any

from fastapi import FastAPI

OPEN_PATHS = ("/health", "/openapi.json", "/assets")


def install_openapi(app: FastAPI) -> None:
    """Describe who may call what, and replace FastAPI's own error form by ours."""
    describe = app.openapi

    def complete() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = describe()
            _secure(document)
            _own_errors(document)
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = complete  # type: ignore[method-assign]  # FastAPI's documented way to extend the document


def _secure(document: dict[str, Any]) -> None:
    schemes = document.setdefault("components", {}).setdefault("securitySchemes", {})
    schemes["bearer"] = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    schemes["session"] = {"type": "apiKey", "in": "cookie", "name": "seatrial_session"}
    for path, operations in document["paths"].items():
        if path != "/" and not path.startswith(OPEN_PATHS):
            for operation in operations.values():
                operation["security"] = [{"bearer": []}, {"session": []}]


def _own_errors(document: dict[str, Any]) -> None:
    schemas = document["components"].get("schemas", {})
    for operations in document["paths"].values():
        for operation in operations.values():
            answer = operation["responses"].get("422", {})
            if "HTTPValidationError" in str(answer):
                del operation["responses"]["422"]
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
