"""The database: an account without keys, its containers, and the data role of the app."""

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import cosmosdb

from infra import naming
from infra.components.containers import ContainerFacts, DatabaseFacts
from infra.components.placement import Placement
from infra.options.data import DatabaseConfig

DATA_CONTRIBUTOR = "00000000-0000-0000-0000-000000000002"


@dataclass(frozen=True, kw_only=True, eq=False)
class DatabaseArgs:
    """Say how the database is paid for, what is in it, who reads and writes, and whether from anywhere."""

    placement: Placement
    config: DatabaseConfig
    facts: DatabaseFacts
    user: pulumi.Output[str]
    public_network: bool = True


class Database(pulumi.ComponentResource):
    """Hold a Cosmos account that knows no keys, and what the app needs in it.

    Data roles cannot create databases or containers: all of them are declared here.
    """

    id: pulumi.Output[str]
    endpoint: pulumi.Output[str]
    grants: list[pulumi.Resource]

    def __init__(self, name: str, args: DatabaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("seatrial:index:Database", name, None, opts)
        kept = pulumi.ResourceOptions(parent=self, protect=args.placement.protect)
        account = _account(name, args, kept)
        database = cosmosdb.SqlResourceSqlDatabase(
            f"{name}-database",
            resource_group_name=args.placement.group,
            account_name=account.name,
            database_name=args.facts.database,
            resource=cosmosdb.SqlDatabaseResourceArgs(id=args.facts.database),
            options=_throughput(args.config),
            opts=kept,
        )
        containers = [
            _container(name, facts, args.placement, database, kept) for facts in args.facts.containers
        ]
        self.id = account.id
        self.endpoint = account.document_endpoint
        self.grants = [_data_role(name, args, account, self), *containers]
        self.register_outputs({"id": self.id, "endpoint": self.endpoint})


def _account(name: str, args: DatabaseArgs, opts: pulumi.ResourceOptions) -> cosmosdb.DatabaseAccount:
    serverless = [cosmosdb.CapabilityArgs(name="EnableServerless")]
    return cosmosdb.DatabaseAccount(
        name,
        resource_group_name=args.placement.group,
        account_name=args.placement.name("cosmos"),
        location=args.placement.location,
        tags=args.placement.tags,
        kind=cosmosdb.DatabaseAccountKind.GLOBAL_DOCUMENT_DB,
        database_account_offer_type=cosmosdb.DatabaseAccountOfferType.STANDARD,
        locations=[
            cosmosdb.LocationArgs(
                location_name=region, failover_priority=rank, is_zone_redundant=args.config.zone_redundant
            )
            for rank, region in enumerate([args.placement.location, *args.config.regions])
        ],
        enable_automatic_failover=True if args.config.regions else None,
        capabilities=serverless if args.config.capacity == "serverless" else [],
        consistency_policy=cosmosdb.ConsistencyPolicyArgs(
            default_consistency_level=cosmosdb.DefaultConsistencyLevel.SESSION
        ),
        backup_policy=cosmosdb.ContinuousModeBackupPolicyArgs(
            type="Continuous",
            continuous_mode_properties=cosmosdb.ContinuousModePropertiesArgs(tier=args.config.backup),
        ),
        disable_local_auth=True,
        disable_key_based_metadata_write_access=True,
        minimal_tls_version=cosmosdb.MinimalTlsVersion.TLS12,
        public_network_access=None if args.public_network else cosmosdb.PublicNetworkAccess.DISABLED,
        opts=opts,
    )


def _throughput(config: DatabaseConfig) -> cosmosdb.CreateUpdateOptionsArgs | None:
    if config.max_throughput is None:
        return None
    return cosmosdb.CreateUpdateOptionsArgs(
        autoscale_settings=cosmosdb.AutoscaleSettingsArgs(max_throughput=config.max_throughput)
    )


def _container(
    name: str,
    facts: ContainerFacts,
    placement: Placement,
    database: cosmosdb.SqlResourceSqlDatabase,
    opts: pulumi.ResourceOptions,
) -> cosmosdb.SqlResourceSqlContainer:
    return cosmosdb.SqlResourceSqlContainer(
        f"{name}-{facts.name}",
        resource_group_name=placement.group,
        account_name=placement.name("cosmos"),
        database_name=database.name,
        container_name=facts.name,
        resource=cosmosdb.SqlContainerResourceArgs(
            id=facts.name,
            partition_key=cosmosdb.ContainerPartitionKeyArgs(
                paths=[facts.partitionKey], kind=cosmosdb.PartitionKind.HASH, version=2
            ),
            default_ttl=facts.ttl,
            indexing_policy=cosmosdb.IndexingPolicyArgs(
                automatic=True,
                indexing_mode=cosmosdb.IndexingMode.CONSISTENT,
                included_paths=[cosmosdb.IncludedPathArgs(path=path) for path in facts.indexing.include],
                excluded_paths=[cosmosdb.ExcludedPathArgs(path=path) for path in facts.indexing.exclude],
            ),
        ),
        opts=opts,
    )


def _data_role(
    name: str, args: DatabaseArgs, account: cosmosdb.DatabaseAccount, parent: pulumi.Resource
) -> cosmosdb.SqlResourceSqlRoleAssignment:
    assignment = pulumi.Output.all(account.id, args.user).apply(
        lambda known: naming.assignment(known[0], known[1], DATA_CONTRIBUTOR)
    )
    return cosmosdb.SqlResourceSqlRoleAssignment(
        f"{name}-data-role",
        resource_group_name=args.placement.group,
        account_name=account.name,
        role_assignment_id=assignment,
        role_definition_id=pulumi.Output.concat(account.id, "/sqlRoleDefinitions/", DATA_CONTRIBUTOR),
        principal_id=args.user,
        scope=account.id,
        opts=pulumi.ResourceOptions(parent=parent),
    )
