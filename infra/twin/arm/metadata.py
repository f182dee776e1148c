"""The metadata document: where a cloud's endpoints are, as az, Terraform and azure-native ask it."""

from typing import Any

from aiohttp import web

# Versions up to this one answer with a list of clouds, later ones with the one that is asked.
_LAST_LIST = "2020-06-01"
AUDIENCES = ("https://management.core.windows.net/", "https://management.azure.com/")


def routes(tenant: str) -> list[web.AbstractRouteDef]:
    """Return the route of the document."""

    async def answer(request: web.Request) -> web.Response:
        cloud = document(f"{request.scheme}://{request.host}", tenant)
        version = request.query.get("api-version", "")
        listed = "2019" <= version <= _LAST_LIST
        return web.json_response([cloud] if listed else cloud)

    return [web.get("/metadata/endpoints", answer)]


def document(base: str, tenant: str) -> dict[str, Any]:
    """Return the document of the twin at an address; what it does not play is named as in public Azure."""
    return {
        "name": "SeaTrial",
        "portal": "https://portal.azure.com",
        "resourceManager": f"{base}/",
        "authentication": {
            "loginEndpoint": f"{base}/",
            "audiences": list(AUDIENCES),
            "tenant": tenant,
            "identityProvider": "AAD",
        },
        "graph": "https://graph.windows.net/",
        "graphAudience": "https://graph.windows.net/",
        "microsoftGraphResourceId": f"{base}/",
        "gallery": "https://gallery.azure.com/",
        "batch": "https://batch.core.windows.net/",
        "media": "https://rest.media.azure.net",
        "sqlManagement": "https://management.core.windows.net:8443/",
        "vmImageAliasDoc": "https://management.azure.com/vm-image-aliases.json",
        "activeDirectoryDataLake": "https://datalake.azure.net/",
        "appInsightsResourceId": "https://api.applicationinsights.io",
        "appInsightsTelemetryChannelResourceId": "https://dc.applicationinsights.azure.com/v2/track",
        "logAnalyticsResourceId": "https://api.loganalytics.io",
        "attestationResourceId": "https://attest.azure.net",
        "synapseAnalyticsResourceId": "https://dev.azuresynapse.net",
        "ossrdbmsResourceId": "https://ossrdbms-aad.database.windows.net",
        "suffixes": {
            "acrLoginServer": "azurecr.io",
            "attestationEndpoint": "attest.azure.net",
            "azureDataLakeAnalyticsCatalogAndJob": "azuredatalakeanalytics.net",
            "azureDataLakeStoreFileSystem": "azuredatalakestore.net",
            "azureFrontDoorEndpointSuffix": "azurefd.net",
            "keyVaultDns": "vault.azure.net",
            "mariadbServerEndpoint": "mariadb.database.azure.com",
            "mhsmDns": "managedhsm.azure.net",
            "mysqlServerEndpoint": "mysql.database.azure.com",
            "postgresqlServerEndpoint": "postgres.database.azure.com",
            "sqlServerHostname": "database.windows.net",
            "storage": "core.windows.net",
            "storageSyncEndpointSuffix": "afs.azure.net",
            "synapseAnalytics": "dev.azuresynapse.net",
        },
    }
