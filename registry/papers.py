"""A certificate as it is shown to staff and printed: the address its QR code holds, the picture, the words on it."""

from datetime import timedelta

import segno
from django.conf import settings
from django.db.models import Prefetch, prefetch_related_objects
from django.urls import reverse
from django.utils.safestring import mark_safe

from casework import policy
from casework.short_codes import spelled
from registry.directory import is_issued_again, standing
from registry.models import Certificate
from registry.offices import office_name
from registry.schemes import tier_words

RENEW_DAYS = 60
TITLES = {"listing": "社区活动小组登记证书", "plaque": "社区社会组织备案标牌"}


def check_address(certificate, base=""):
    """Where everybody sees what it counts for: under PUBLIC_ADDRESS, else under `base`; empty when neither is known."""
    host = (settings.PUBLIC_ADDRESS or base).rstrip("/")
    return host and host + reverse("public:scan", args=[certificate.code])


def renewed_before(division, on):
    """Certificates whose last day lies before this one may be renewed on the day: policy `filing.renew_days`."""
    return on + timedelta(days=policy.value("filing.renew_days", default=RENEW_DAYS, division=division, on=on))


def qr_picture(text):
    """A QR code as inline SVG without any style, so that it passes the content policy."""
    drawn = segno.make(text, error="m", micro=False).svg_inline(border=4, omitsize=True, svgclass="qr", lineclass=None)
    return mark_safe(drawn)  # noqa: S308 - one path, the text itself is not in it


def papers_of(organization, base, today):
    """What the record page shows of every paper, the latest first; a QR code only for those that are out."""
    papers = Prefetch("certificates", Certificate.objects.select_related("issued_by"))
    prefetch_related_objects([organization], papers)
    before = renewed_before(organization.district, today)
    return [paper_line(row, base, today, before) for row in organization.certificates.all()]


def paper_line(certificate, base, today, before):
    address = check_address(certificate, base) if certificate.ended_on is None else ""
    return {
        "certificate": certificate,
        "standing": standing(certificate, today),
        "code": spelled(certificate.code),
        "address": address,
        "qr": qr_picture(address) if address else "",
        "replaceable": replaceable(certificate, today),
        "renewable": certificate.ended_on is None and (certificate.valid_to or before) < before,
    }


def replaceable(certificate, today):
    """Out and not run out, or lost without a new one."""
    if certificate.valid_to is not None and certificate.valid_to < today:
        return False
    lost = certificate.state == Certificate.State.LOST and not is_issued_again(certificate)
    return lost or certificate.state == Certificate.State.VALID


def certificate_data(certificate, base=""):
    """The words of the printed certificate, for casework.documents; the paper exists in Chinese only."""
    organization = certificate.organization
    fields = "、".join(organization.fields)
    given = {
        "title": TITLES.get(certificate.kind, ""),
        "filing_number": certificate.number,
        "organization": organization.name,
        "body_type": tier_words(organization.type.scheme).get(organization.tier) or organization.type.name,
        "leader": organization.leader.name if organization.leader else "",
        "community": organization.division.full_name,
        "scope": f"{organization.division}范围内{f'：{fields}' if fields else ''}",
        "valid_to": certificate.valid_to,
        "office": office_name(certificate.issued_by),
        "date": certificate.issued_on,
        "reprint": certificate.copy_no,
        "url": check_address(certificate, base),
        "check_code": spelled(certificate.code),
    }
    return {name: value for name, value in given.items() if value not in (None, "")}
