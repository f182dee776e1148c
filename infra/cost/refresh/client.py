"""A client of the Azure Retail Prices API: no account, pages, patience."""

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_exponential_jitter,
)

URL = "https://prices.azure.com/api/retail/prices"
API_VERSION = "2023-01-01-preview"
ATTEMPTS = 6
PAGES = 200
LONGEST_WAIT = 60.0
TIMEOUT = 30.0
_PASSING = frozenset({429, 500, 502, 503, 504})


class RetailError(Exception):
    """Say what the Retail Prices API answered that cannot be used."""


class _BusyError(Exception):
    def __init__(self, response: httpx.Response) -> None:
        super().__init__(f"HTTP {response.status_code}")
        self.response = response


class RetailClient:
    """Read prices; `wait` is the longest pause in seconds between two tries."""

    def __init__(
        self, http: httpx.Client, url: str = URL, *, currency: str = "USD", wait: float = LONGEST_WAIT
    ) -> None:
        self._http, self._url, self._currency, self._wait = http, httpx.URL(url), currency, wait

    def items(self, service: str, product: str) -> Iterator[dict[str, Any]]:
        """Yield every row of a product that is paid by consumption; raise RetailError.

        The API compares values with their case: they must be written exactly as it writes them.
        """
        wanted = {"serviceName": service, "productName": product, "priceType": "Consumption"}
        parts = [f"{name} eq '{value.replace(chr(39), chr(39) * 2)}'" for name, value in wanted.items()]
        parameters = {
            "api-version": API_VERSION,
            "currencyCode": self._currency,
            "$filter": " and ".join(parts),
        }
        following: httpx.URL | None = self._url.copy_merge_params(parameters)
        seen: set[str] = set()
        while following is not None:
            if str(following) in seen or len(seen) == PAGES:
                raise RetailError(f"{self._url} pages without an end after {len(seen)} pages of {product}")
            seen.add(str(following))
            page = self._page(following)
            yield from page["Items"]
            following = self._next(page.get("NextPageLink"))

    def _next(self, link: str | None) -> httpx.URL | None:
        if not link:
            return None
        url = httpx.URL(link)
        if (url.scheme, url.host) != (self._url.scheme, self._url.host):
            raise RetailError(f"the next page lies on another host, {url.host!r}, and is not followed")
        return url

    def _page(self, url: httpx.URL) -> dict[str, Any]:
        retrying = Retrying(
            retry=retry_if_exception_type(
                (_BusyError, httpx.NetworkError, httpx.RemoteProtocolError, httpx.TimeoutException)
            ),
            wait=self._pause,
            stop=stop_after_attempt(ATTEMPTS),
            reraise=True,
        )
        try:
            return retrying(self._asked, url)
        except _BusyError as error:
            raise RetailError(
                f"{self._url} still answers {error} after {ATTEMPTS} tries; try again later"
            ) from None
        except httpx.TransportError as error:
            raise RetailError(f"{self._url} cannot be reached: {error or type(error).__name__}") from None

    def _asked(self, url: httpx.URL) -> dict[str, Any]:
        response = self._http.get(url, timeout=TIMEOUT)
        if response.status_code in _PASSING:
            raise _BusyError(response)
        if response.status_code != httpx.codes.OK:
            raise RetailError(f"{self._url} refused with HTTP {response.status_code}: {response.text:.200}")
        try:
            page = response.json()
        except ValueError:
            raise RetailError(f"{self._url} answered no JSON: {response.text:.80}") from None
        if not isinstance(page, dict) or not isinstance(page.get("Items"), list):
            raise RetailError(f"{self._url} answered without a list 'Items'")
        return page

    def _pause(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = _retry_after(error.response) if isinstance(error, _BusyError) else None
        longest = self._wait
        return min(wait_exponential_jitter(1, longest)(state) if asked is None else asked, longest)


def _retry_after(response: httpx.Response) -> float | None:
    """Return how long a busy server asks to wait: seconds, or until a date."""
    text = response.headers.get("Retry-After", "")
    if text.isdigit():
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None
