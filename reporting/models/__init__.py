"""Policies with their target sets; figures of divisions, kept up to date and frozen."""

from reporting.models.policy import Baseline, Mechanism, Policy, Target, TargetSet
from reporting.models.rollup import Rollup, RollupRun, Snapshot

__all__ = ["Baseline", "Mechanism", "Policy", "Rollup", "RollupRun", "Snapshot", "Target", "TargetSet"]
