"""The chat page and its assets, with headers that let nothing foreign in."""

from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath
from typing import Any

from fastapi import APIRouter, Request, Response

from app.errors import ErrorBody, NotFoundError

MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
POLICY = (
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """Hold one file of the page as it is sent."""

    body: bytes
    media_type: str
    tag: str


def page_router() -> APIRouter:
    """Serve the page at `/` and its files below `/assets/`; every file is read once, here."""
    folder = files("app.ui")
    page = _read(folder / "index.html")
    assets = {item.name: _read(item) for item in (folder / "assets").iterdir() if _media_type(item.name)}
    router = APIRouter(tags=["page"])

    async def get_page(request: Request) -> Response:
        """Return the chat page."""
        return _answer(request, page)

    async def get_asset(request: Request, name: str) -> Response:
        """Return a script, style sheet or image of the chat page."""
        if name not in assets:
            raise NotFoundError(f"The page has no asset {name!r}. Reload it: it names those it needs.")
        return _answer(request, assets[name])

    for path, endpoint, answers in (
        ("/", get_page, PAGE_ANSWERS),
        ("/assets/{name}", get_asset, ASSET_ANSWERS),
    ):
        router.add_api_route(path, endpoint, response_class=Response, responses=answers)
        router.add_api_route(path, endpoint, methods=["HEAD"], include_in_schema=False)
    return router


UNCHANGED: dict[str, Any] = {"description": "What the client holds (If-None-Match) is still right"}
PAGE_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "The chat page", "content": {"text/html": {}}},
    304: UNCHANGED,
}
ASSET_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file",
        "content": {kind.partition(";")[0]: {} for suffix, kind in MEDIA_TYPES.items() if suffix != ".html"},
    },
    304: UNCHANGED,
    404: {"model": ErrorBody},
}


def _media_type(name: str) -> str | None:
    return MEDIA_TYPES.get(PurePosixPath(name).suffix)


def _read(item: Traversable) -> Asset:
    body = item.read_bytes()
    media_type = _media_type(item.name) or "application/octet-stream"
    return Asset(body, media_type, f'"{sha256(body).hexdigest()[:32]}"')


def _answer(request: Request, asset: Asset) -> Response:
    headers = {**HEADERS, "ETag": asset.tag}
    held = {tag.strip().removeprefix("W/") for tag in request.headers.get("If-None-Match", "").split(",")}
    if asset.tag in held:
        return Response(status_code=304, headers=headers)
    return Response(asset.body, media_type=asset.media_type, headers=headers)
