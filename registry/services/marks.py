"""Telling the rollups which divisions' figures changed."""

from registry.models import RollupMark


def mark(division_ids):
    """Marks the divisions as changed, in the caller's transaction; reporting drains the marks within seconds.

    Pass the divisions whose own rows changed (an organization's home before and after a move); ancestors follow.
    """
    RollupMark.objects.bulk_create(RollupMark(division_id=pk) for pk in sorted(set(division_ids)))
