"""The maintenance job: the app's image tidies the database on a schedule, as the app's identity."""

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import app

from infra.components.agent_app import AgentAppArgs
from infra.options.edge import MaintenanceConfig

COMMAND = ("python", "-m", "app.maintenance")


@dataclass(frozen=True, kw_only=True, eq=False)
class MaintenanceArgs:
    """Say when it runs, and as what: it has the app's image, size, variables, secrets and roles."""

    app: AgentAppArgs
    config: MaintenanceConfig


class Maintenance(pulumi.ComponentResource):
    """Hold a job that runs one replica at a time and is not tried again: the next round comes."""

    id: pulumi.Output[str]

    def __init__(self, name: str, args: MaintenanceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("seatrial:index:Maintenance", name, None, opts)
        place = args.app.placement
        job = app.Job(
            name,
            resource_group_name=place.group,
            job_name=place.name("job"),
            location=place.location,
            tags=place.tags,
            environment_id=args.app.environment_id,
            workload_profile_name="Consumption",
            identity=args.app.identity,
            configuration=_configuration(args),
            template=_template(args),
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.app.after)),
        )
        self.id = job.id
        self.register_outputs({"id": self.id})


def _configuration(args: MaintenanceArgs) -> app.JobConfigurationArgs:
    return app.JobConfigurationArgs(
        trigger_type=app.TriggerType.SCHEDULE,
        schedule_trigger_config=app.JobConfigurationScheduleTriggerConfigArgs(
            cron_expression=args.config.schedule, parallelism=1, replica_completion_count=1
        ),
        replica_timeout=args.config.timeout_seconds,
        replica_retry_limit=0,
        registries=args.app.registries,
        secrets=args.app.references,
    )


def _template(args: MaintenanceArgs) -> app.JobTemplateArgs:
    size = args.app.config
    return app.JobTemplateArgs(
        containers=[
            app.ContainerArgs(
                name="maintenance",
                image=args.app.image,
                command=list(COMMAND),
                args=["--days", f"{args.config.used_since_days:g}"],
                resources=app.ContainerResourcesArgs(cpu=size.cpu, memory=size.memory),
                env=args.app.environment,
            )
        ]
    )
