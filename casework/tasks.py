"""What the worker does: the trail's chain, what time does to cases, messages, scans, and the nightly proofs."""

import logging

from celery import shared_task

from casework import anchor, chain, channels, checking, deadlines, idempotency, scanning
from casework.services import packages, papers, trail

logger = logging.getLogger(__name__)
UNTIL_NEXT_ROUND = 60


@shared_task(name="casework.link_audit")
def link_audit():
    try:
        trail.tick()
    except anchor.BehindAnchorError as error:
        logger.critical("%s", error)


@shared_task(name="casework.verify_audit")
def verify_audit():
    chain.link_events(everything=True)
    for problem in trail.verify().problems:
        logger.critical("Audit trail, %s: %s", problem.kind, problem.text)


@shared_task(name="casework.run_deadlines")
def run_deadlines():
    deadlines.run(move=lambda pk: move_case.apply_async([pk], expires=UNTIL_NEXT_ROUND))


@shared_task(name="casework.move_case")
def move_case(pk):
    deadlines.move(pk)


@shared_task(name="casework.verify_cases")
def verify_cases():
    for case, sentence in checking.problems():
        logger.critical("Case %s: %s", case.number or case.uid, sentence)


@shared_task(name="casework.deliver_notices")
def deliver_notices():
    channels.tick()


@shared_task(name="casework.scan_attachments")
def scan_attachments():
    scanning.tick()


@shared_task(name="casework.sweep_files")
def sweep_files():
    scanning.sweep()


@shared_task(name="casework.sweep_keys")
def sweep_keys():
    idempotency.sweep()


@shared_task(name="casework.make_papers")
def make_papers():
    papers.tick()
    packages.tick()


@shared_task(name="casework.verify_archives")
def verify_archives():
    packages.leave_missing()
    for case, sentence in packages.problems():
        logger.critical("Archive of case %s: %s", case.number or case.uid, sentence)
