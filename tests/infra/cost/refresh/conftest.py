"""The Retail Prices API on a local port: replies in its documented form, pages, filters, moods."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

PAGE = 3
FILTER = re.compile(r"(\w+) eq '((?:[^']|'')*)'")


def item(region: str, meter: str, price: float, **more: Any) -> dict[str, Any]:
    """Return a row as the API writes it."""
    return {
        "currencyCode": "USD",
        "tierMinimumUnits": 0.0,
        "retailPrice": price,
        "unitPrice": price,
        "armRegionName": region,
        "location": region.upper(),
        "effectiveStartDate": "2024-05-01T00:00:00Z",
        "meterId": f"id-{meter}-{region}",
        "meterName": meter,
        "productId": "DZH318Z0BPS6",
        "skuId": "DZH318Z0BPS6/0001",
        "productName": "Product",
        "skuName": "Standard",
        "serviceName": "Service",
        "serviceId": "DZH319F70F09",
        "serviceFamily": "Containers",
        "unitOfMeasure": "1 Hour",
        "type": "Consumption",
        "isPrimaryMeterRegion": True,
        "armSkuName": "",
        **more,
    }


class RetailApi:
    """Serve rows; `moods` are answered first, one a request."""

    def __init__(self, items: list[dict[str, Any]]) -> None:
        self.items = items
        self.moods: list[web.Response] = []
        self.asked: list[str] = []
        self.url = ""
        self.next_host: str | None = None

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["RetailApi"]:
        """Serve on a free port for as long as the block lasts."""
        app = web.Application()
        app.router.add_get("/api/retail/prices", self._answer)
        runner = web.AppRunner(app)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/api/retail/prices"
            yield self
        finally:
            await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.query.get("$filter", ""))
        if self.moods:
            return self.moods.pop(0)
        wanted = {"priceType": "type"}
        pairs = [
            (wanted.get(name, name), text.replace("''", "'")) for name, text in FILTER.findall(self.asked[-1])
        ]
        found = [one for one in self.items if all(one[name] == text for name, text in pairs)]
        skip = int(request.query.get("$skip", "0"))
        page = found[skip : skip + PAGE]
        return web.json_response(
            {
                "BillingCurrency": request.query["currencyCode"],
                "CustomerEntityId": "Default",
                "CustomerEntityType": "Retail",
                "Items": page,
                "NextPageLink": self._next(request, skip, len(found)),
                "Count": len(page),
            }
        )

    def _next(self, request: web.Request, skip: int, total: int) -> str | None:
        if skip + PAGE >= total:
            return None
        following = request.url.update_query({"$skip": str(skip + PAGE)})
        return str(following.with_host(self.next_host) if self.next_host else following)
