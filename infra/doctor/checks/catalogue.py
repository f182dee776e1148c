"""Every check, in the order in which a person would put things right."""

from infra.doctor.checks import account, engine, machine, names, pipeline, providers, quotas
from infra.doctor.model import Check

CHECKS: tuple[Check, ...] = (
    *machine.CHECKS,
    *engine.CHECKS,
    account.LOGIN,
    *account.CHECKS,
    *providers.CHECKS,
    *quotas.CHECKS,
    *names.CHECKS,
    *pipeline.CHECKS,
)
