"""Which rule bills which type. A type without a rule is unsupported, never free."""

from infra.cost.meters import compute, cosmos, edge, models, monitor, network, security, storage
from infra.cost.meters.component import Context, Metered, Rule, UnresolvedError
from infra.cost.model import Status
from infra.plan import PlannedResource

AZURE = "azure-native:"
_FREE = (Status.FREE, "")

_RULES: dict[str, Rule] = {
    **compute.RULES,
    **cosmos.RULES,
    **edge.RULES,
    **models.RULES,
    **monitor.RULES,
    **network.RULES,
    **security.RULES,
    **storage.RULES,
}
_WITHOUT_BILL: dict[str, tuple[Status, str]] = {
    "app:Certificate": _FREE,
    "app:ManagedCertificate": (Status.FREE, "managed certificates are free"),
    "app:ManagedEnvironmentsStorage": (Status.INCLUDED, "billed by its storage account"),
    "app:ContainerAppsAuthConfig": _FREE,
    "app:MaintenanceConfiguration": (Status.INCLUDED, "its environment pays the management fee"),
    "applicationinsights:MyWorkbook": _FREE,
    "applicationinsights:Workbook": _FREE,
    "authorization:ManagementLockByScope": _FREE,
    "authorization:PolicyAssignment": _FREE,
    "authorization:PolicyDefinition": _FREE,
    "authorization:RoleAssignment": _FREE,
    "authorization:RoleDefinition": _FREE,
    "cdn:AFDCustomDomain": (Status.INCLUDED, "billed by its profile"),
    "cdn:AFDEndpoint": (Status.INCLUDED, "billed by its profile"),
    "cdn:AFDOrigin": (Status.INCLUDED, "billed by its profile"),
    "cdn:AFDOriginGroup": (Status.INCLUDED, "billed by its profile"),
    "cdn:Route": (Status.INCLUDED, "billed by its profile"),
    "cdn:Rule": (Status.INCLUDED, "billed by its profile"),
    "cdn:RuleSet": (Status.INCLUDED, "billed by its profile"),
    "cdn:SecurityPolicy": (Status.INCLUDED, "billed by its profile"),
    "cognitiveservices:Account": (Status.FREE, "its deployments are billed"),
    "cognitiveservices:RaiPolicy": _FREE,
    "consumption:Budget": _FREE,
    "containerregistry:CacheRule": (Status.INCLUDED, "billed by its registry's storage"),
    "containerregistry:ScopeMap": _FREE,
    "containerregistry:Token": _FREE,
    "cosmosdb:SqlResourceSqlRoleAssignment": _FREE,
    "cosmosdb:SqlResourceSqlRoleDefinition": _FREE,
    "dns:RecordSet": (Status.INCLUDED, "billed by its zone"),
    "keyvault:Key": (Status.INCLUDED, "billed by its vault's operations"),
    "keyvault:Secret": (Status.INCLUDED, "billed by its vault's operations"),
    "managedidentity:FederatedIdentityCredential": _FREE,
    "managedidentity:UserAssignedIdentity": _FREE,
    "monitor:ActivityLogAlert": (Status.FREE, "activity log alerts are free"),
    "monitor:DataCollectionEndpoint": _FREE,
    "monitor:DataCollectionRule": (Status.INCLUDED, "billed as ingestion of its workspace"),
    "monitor:DiagnosticSetting": (Status.INCLUDED, "billed as ingestion of its workspace"),
    "network:NetworkSecurityGroup": _FREE,
    "network:PrivateDnsZoneGroup": (Status.INCLUDED, "billed by its zone"),
    "network:Route": _FREE,
    "network:RouteTable": _FREE,
    "network:SecurityRule": _FREE,
    "network:Subnet": _FREE,
    "network:VirtualNetwork": _FREE,
    "operationalinsights:SavedSearch": _FREE,
    "operationalinsights:Table": (Status.INCLUDED, "billed as ingestion of its workspace"),
    "portal:Dashboard": _FREE,
    "privatedns:PrivateRecordSet": (Status.INCLUDED, "billed by its zone"),
    "privatedns:VirtualNetworkLink": (Status.INCLUDED, "billed by its zone"),
    "redisenterprise:AccessPolicyAssignment": _FREE,
    "redisenterprise:Database": (Status.INCLUDED, "billed by its cluster"),
    "resources:ResourceGroup": _FREE,
}
_NO_CLOUD = ("pulumi:", "random:", "tls:", "command:", "seatrial:")


def metered(resource: PlannedResource, context: Context) -> Metered:
    """Return what a resource is billed by; what cannot be told is unsupported or unresolved."""
    if not resource.type.startswith(AZURE):
        return _elsewhere(resource)
    token = resource.type.removeprefix(AZURE)
    if token in _WITHOUT_BILL:
        status, note = _WITHOUT_BILL[token]
        return Metered(status=status, note=note)
    rule = _RULES.get(token)
    if rule is None:
        return Metered(status=Status.UNSUPPORTED, note=f"no rule for {token} yet")
    try:
        return rule(resource.inputs, context)
    except UnresolvedError as error:
        return Metered(status=Status.UNRESOLVED, note=str(error))
    except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError, IndexError) as error:
        note = f"an input that sets its price is not known ({type(error).__name__}: {error})"
        return Metered(status=Status.UNRESOLVED, note=note)


def _elsewhere(resource: PlannedResource) -> Metered:
    if resource.type == "pulumi:pulumi:StackReference":
        return Metered(status=Status.EXTERNAL, note="priced with its own stack")
    if resource.type.startswith(_NO_CLOUD):
        return Metered(status=Status.FREE, note="no cloud resource")
    return Metered(status=Status.UNSUPPORTED, note="not Azure: no rule for this provider")
