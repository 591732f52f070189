"""What the worker does: the chain of the audit trail every few seconds, a look at all of it every night."""

import logging

from celery import shared_task

from casework import anchor, chain
from casework.services import trail

logger = logging.getLogger(__name__)


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
