"""What the papers of the register's matters say, from the filing, its steps and what the decision did to the record.

The papers exist in Chinese only. Their own people stand on them by name, every number masked.
"""

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from accounts.models import Division
from casework import policy
from casework.flows import flow_of
from casework.services import publicity
from registry.matters import MATTERS
from registry.models import Certificate, Filing, Membership, PeriodicReport
from registry.models.scheme import Tier
from registry.offices import LEVELS, Level, office_at, office_name
from registry.papers import certificate_data
from registry.schemes import tier_words
from registry.services import case_forms, dormancy_papers
from registry.services.case_forms import founder, opinions, person, said
from registry.services.certificates import NUMBERED
from registry.services.filings import before, read, worded

# What a decision against a matter is called: title of the letter, words in its sentence.
REFUSALS = {
    "listing": ("不予登记告知书", "不予登记"),
    "change": ("不予变更备案决定书", "不予变更备案"),
    "cancel": ("不予注销备案决定书", "不予注销备案"),
    "transfer": ("不予迁移备案决定书", "不予迁移"),
    "merge": ("不予合并备案决定书", "不予合并"),
    "upgrade": ("不予办理层级变更决定书", "不予办理层级变更"),
    "downgrade": ("不予办理层级变更决定书", "不予办理层级变更"),
}
MOST_NAMED = 200


def paper(case, code, step):
    """What this paper says of this case; None when there is no such paper (a certificate that is not out)."""
    filing = Filing.objects.select_related("organization__division", "organization__leader", "other").get(case=case)
    filing.case = case
    filing.values = read(filing)[0]
    own = OWN.get((case.kind, code)) or OWN.get(code, nothing_more)
    more = own(filing, step)
    return None if more is None else signed(case, step) | about(filing) | more


def kept(case):
    """The rows of a filing that belong into the archive package; its people's numbers are sealed."""
    return [case.filing, *case.filing.people.all()]


def nothing_more(filing, step):
    return {}


def signed(case, step):
    """The office whose step it is, where to ask, the clauses the matter rests on."""
    level = LEVELS.get(office_of_step(case, step), Level.STREET)
    return {
        "office": office_name(office_at(case.division, level)),
        "basis": "；".join(row for row in MATTERS[case.kind].basis if "《" in row),
        "contact": policy.value("papers.contact", default="", division=case.division),
        "address": policy.value("papers.address", default="", division=case.division),
        # Where everybody follows a case with its number and the last figures of the phone.
        "url": public_address("public:progress"),
    }


def public_address(name, *args):
    """A page for everybody under the portal's own address; empty without one."""
    return settings.PUBLIC_ADDRESS and settings.PUBLIC_ADDRESS.rstrip("/") + reverse(name, args=args)


def office_of_step(case, step):
    """The permission of the office that acts: whose turn it was, else whose it becomes, else who returned it."""
    flow, last = flow_of(case), case.steps.filter(transition="return").last()
    codes = [step.source, step.target, *([last.source] if last else [])]
    return next((office for code in codes if "." in (office := flow.state(code).office)), "")


def about(filing):
    organization = filing.organization
    if organization is None:
        return {}
    name = organization.name
    return {"organization": name, "addressee": name, "filing_number": organization.filing_no}


def leader_of(filing):
    return filing.people.filter(role="leader").first()


def receipt(filing, step):
    labels = {row.code: str(row.label) for row in MATTERS[filing.case.kind].papers}
    rows = filing.case.attachments.current().values_list("slot", "name")
    return {"papers": [f"{labels.get(slot, slot)}（{name}）" for slot, name in rows]}


def refused(filing, step):
    title, decision = REFUSALS.get(filing.case.kind, ("", ""))
    return {"title": title, "decision": decision} if title else {}


def team(filing, step):
    """The facts certificate and notice share: as they stand in the register now."""
    organization, certificate = filing.organization, out_now(filing.organization)
    leader = organization.leader
    return {
        "body_type": type_words(filing),
        "leader": leader.name if leader else "",
        "community": organization.division.full_name,
        "scope": f"{organization.division}范围内",
        "filed": timezone.localdate(step.at),
        "valid_to": certificate.valid_to if certificate else "",
    }


def type_words(filing):
    tier = tier_words(filing.organization.type.scheme).get(filing.organization.tier, "")
    return "、".join(part for part in (tier, said(filing, "body_type").partition("：")[0]) if part)


def out_now(organization):
    return organization.certificates.valid().filter(kind__in=NUMBERED).select_related("issued_by").first()


def certificate(filing, step):
    """The certificate that is out since this step; none where the step issued none."""
    rows = filing.organization.certificates.valid().filter(kind__in=NUMBERED, issued_on=timezone.localdate(step.at))
    row = rows.select_related("issued_by").order_by("-id").first()
    if row is None:
        return None
    row.organization = filing.organization
    return certificate_data(row)


def listing_notice(filing, step):
    organization = filing.organization
    return {
        "listing_number": organization.filing_no,
        "leader": organization.leader.name if organization.leader else "",
        "community": organization.division.full_name,
        "content": organization.purpose or str(organization.type),
        "members": said(filing, "members"),
        "listed": timezone.localdate(step.at),
    }


def approval(filing, step):
    """The form of a filing with everything asked and each office's opinion."""
    founders = [founder(row) for row in filing.people.filter(role="founder")]
    plan = said(filing, "activities")
    return team(filing, step) | {
        "name": filing.organization.name,
        "purpose": said(filing, "purpose"),
        "founders": founders,
        "leader": person(leader_of(filing)),
        "members": said(filing, "members"),
        "venue": said(filing, "place"),
        "plan": f"全年开展活动 {plan} 次以上" if plan else "",
        **opinions(filing.case),
    }


def notice(filing, step):
    """公示 for the notice board: its text is masked already, its code leads to the page that takes objections."""
    row = publicity.current(filing.case)
    shown = {
        "title": row.title,
        "paragraphs": [line for line in row.body.splitlines() if line.strip()],
        "starts": row.starts,
        "ends": row.ends,
        "working_days": row.days,
        "url": public_address("casework:public_notice", row.uid),
    }
    return shown | ({"contact": row.contact} if row.contact else {})


# A fact as a notice of change names it, and as the record calls it.
FACTS = {
    "name": ("名称", "name"),
    "leader": ("负责人", "leader"),
    "place": ("活动场所", "place"),
    "purpose": ("活动范围", "purpose"),
    "uscc": ("统一社会信用代码", "uscc"),
    "filing_no": ("备案编号", "filing_no"),
    "community": ("所在社区", "division"),
    "tier": ("组织层级", "tier"),
    "ended": ("组织状态", "state"),
}


def changes(filing, keys):
    """[{field, before, after}] of these facts where the filing gave the record a new one; people by name."""
    old, rows = before(filing), []
    for key in keys:
        label, field = FACTS[key]
        after = getattr(leader_of(filing), "name", "") if key == "leader" else said(filing, key)
        if after and field in old:
            rows.append({"field": label, "before": worded(field, old[field]), "after": after})
    return rows


def change_notice(filing, step):
    ticked = filing.data.get("what") or []
    rows = changes(filing, [key for key in ticked if key != "charter"])
    if "charter" in ticked:
        rows.append({"field": "章程", "before": "原章程", "after": "新章程（已提交存档）"})
    return {"changes": rows, "reason": said(filing, "reason").rstrip("。"), "certificate": renewed(filing, step)}


def own_motion_change(filing, step):
    told = {
        "changes": changes(filing, FACTS),
        "reason": said(filing, "reason").rstrip("。"),
        "basis": said(filing, "document"),
        "certificate": renewed(filing, step),
    }
    if (before(filing).get("tier") or filing.organization.tier) == Tier.REGISTERED:
        told |= {"title": "依职权变更通知书", "certificate": "登记证书事项以登记管理机关的登记为准。"}
    return told


def renewed(filing, step):
    """What becomes of the certificate: a new one is out, or there never was one."""
    if certificate(filing, step):
        return "原备案证书自变更之日起失效，新证书已经出具，请交回原证书。"
    return "备案编号和备案事项以备案机关的登记为准。"


def cancellation(filing, step):
    settled = said(filing, "settled")
    return {
        "applied": timezone.localdate(filing.case.submitted_at),
        "reason": "，".join(
            part for part in (said(filing, "reason"), said(filing, "explanation").rstrip("。")) if part
        ),
        "settlement": "已清理完毕，无债权债务。" if settled else "",
    }


def merger(filing, step):
    both = (filing.organization, filing.other)
    number = Membership.objects.filter(organization=filing.organization, ends=None).values("person").distinct().count()
    return {
        "merged": [{"name": row.name, "filing_number": row.filing_no or row.uscc} for row in both if row],
        "members": number or "",
    }


def transfer(filing, step):
    old = before(filing).get("division", "")
    place = Division.objects.filter(full_name=old).order_by("-id").first()
    new = filing.organization.division
    return {
        "from": {"community": old, "office": street_office(place) if place else ""},
        "to": {"community": new.full_name, "office": street_office(new)},
        "reason": said(filing, "reason").rstrip("。"),
    }


def street_office(division):
    return office_name(office_at(division, Level.STREET))


def upgrade(filing, step):
    organization, old = filing.organization, before(filing)
    names = tier_words(organization.type.scheme)
    tier = old.get("tier", "")
    return {
        "tier_before": names.get(tier, tier),
        "tier_after": names.get(organization.tier, organization.tier),
        "old_number": old.get("filing_no") or organization.filing_no,
        "new_number": organization.uscc or organization.filing_no,
        "effective": filing.values.get("registered") or timezone.localdate(step.at),
    }


def hearing_notice(filing, step):
    return {
        "facts": grounds(filing),
        "basis": said(filing, "basis"),
        "proposal": "撤销备案",
        "due": filing.case.due,
    }


def grounds(filing):
    return [part for part in (said(filing, "grounds"), said(filing, "facts")) if part]


def revocation(filing, step):
    answer = filing.case.steps.filter(transition="answer").last()
    heard = ""
    if answer:
        on = timezone.localdate(answer.at)
        heard = f"你单位于{on.year}年{on.month}月{on.day}日陈述的意见（{answer.note.rstrip('。')}），本机关已经复核。"
    return {"facts": grounds(filing), "basis": said(filing, "basis"), "heard": heard}


def dropped(filing, step):
    """A revocation that was announced and does not come: the organization is told so."""
    told = timezone.localdate(filing.case.submitted_at)
    return {
        "title": "终止撤销备案程序通知书",
        "paragraphs": [
            f"本机关于{told.year}年{told.month}月{told.day}日告知你单位拟撤销备案。经听取意见和复核，决定终止该程序。",
            f"理由：{step.note.rstrip('。')}。",
        ],
        "closing": ["你单位的备案继续有效。"],
    }


def annual_result(filing, step):
    report = PeriodicReport.objects.filter(case=filing.case).first()
    return {
        "year": filing.data.get("year", ""),
        "result": report.get_result_display() if report else "",
        "remarks": [step.note] if step.note else [],
        "certificate": "备案证书将在下一年度确认前到期，现予换发，请交回原证书。" if certificate(filing, step) else "",
    }


def renewal(filing, step):
    """The letter to a committee whose organizations got new papers after a change of divisions."""
    place = filing.values["community"]
    found = Certificate.objects.filter(
        organization__division_path__startswith=place.path, issued_on=timezone.localdate(step.at)
    )
    rows = found.valid().select_related("organization").order_by("id")[:MOST_NAMED]
    return {
        "title": "依职权变更备案通知书",
        "addressee": office_name(place),
        "organization": place.full_name,
        "paragraphs": [
            f"根据《{said(filing, 'document')}》，{said(filing, 'reason').rstrip('。')}。",
            f"本机关依职权变更{place.full_name}范围内社区社会组织的备案信息，并换发证书。原证书同时失效，请协助收回。",
        ],
        "items": [f"{row.organization.name}（{row.number}）" for row in rows],
        "closing": ["组织名称、备案编号不变，无需组织另行申请。"],
    }


def slip(filing, step):
    """退回上一环节: from office to office, never for the applicant."""
    source, target = (flow_of(filing.case).state(code) for code in (step.source, step.target))
    words = f"“{source.label}”环节将该办件退回“{target.label}”环节，请重新核查。"
    to = office_name(office_at(filing.case.division, LEVELS[target.office]))
    return {"addressee": to, "signed_for": "no", "paragraphs": [words], "items": [step.note]}


OWN = {
    "receipt": receipt,
    "slip": slip,
    "refused": refused,
    "filing_notice": team,
    "certificate": certificate,
    "approval": approval,
    "publicity": notice,
    "listing_notice": listing_notice,
    "change_notice": change_notice,
    "own_motion_change": own_motion_change,
    "cancellation": cancellation,
    "merger": merger,
    "transfer": transfer,
    "upgrade": upgrade,
    "hearing_notice": hearing_notice,
    "revocation": revocation,
    "annual_result": annual_result,
    ("division_batch", "letter"): renewal,
    ("revoke", "letter"): dropped,
    **case_forms.PAPERS,
    **dormancy_papers.PAPERS,
}
