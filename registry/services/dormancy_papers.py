"""What the papers about an organization without activity say: reminder, time to act, announcement, decision."""

from casework.flows import flow_of
from registry.services.filings import read

UNCHANGED = ("still_active", "dropped")


def signs(filing):
    """What the matter rests on, one sentence each."""
    lines = str(read(filing)[0].get("figures") or "").splitlines()
    return [line.strip().rstrip("。；") + "。" for line in lines if line.strip()]


def day(value):
    return f"{value.year}年{value.month}月{value.day}日" if value else "期限届满"


def named(filing):
    organization = filing.organization
    return f"{organization.name}（备案编号：{organization.filing_no}）" if organization.filing_no else organization.name


def reminder(filing, step):
    return {
        "paragraphs": [f"{named(filing)}近期有下列情况，特此提醒："],
        "items": signs(filing),
        "closing": [
            f"如组织仍在开展活动，请于{day(filing.case.due)}前点击短信中的链接选择“仍在活动”，或者告知社区居（村）民委员会。",
            "确有困难的，可以联系社区协助；不再开展活动的，可以申请注销备案。",
        ],
    }


def inquiry(filing, step):
    return {
        "paragraphs": [f"经提醒，{named(filing)}未在期限内说明情况，现就下列情况进行核实："],
        "items": signs(filing),
        "closing": [
            f"请于{day(filing.case.due)}前配合核实，说明近期开展活动的时间、地点和参加人数，并可提供活动记录、照片等材料。",
            "仍在开展活动的，也可以点击短信中的链接选择“仍在活动”；不再开展活动的，可以申请注销备案。",
        ],
    }


def deadline(filing, step):
    return {
        "paragraphs": [f"经提醒、核实，{named(filing)}仍有下列情况："],
        "items": [*signs(filing), *([step.note] if step.note else [])],
        "closing": [
            f"请于{day(filing.case.due)}前恢复活动或者书面说明情况，并可提交活动记录等材料。",
            "逾期未恢复活动也未说明情况的，本机关将公告并依照规定作出处理。",
        ],
    }


def announcement(filing, step):
    return {
        "addressee": "",
        "signed_for": "no",
        "paragraphs": [
            f"{named(filing)}经提醒、核实、限期说明，仍未恢复活动。本机关拟依照规定对其作出处理，现予公告。",
            f"该组织及其成员、其他利害关系人如有意见，请于{day(filing.case.due)}前向本机关提出。",
        ],
        "closing": ["特此公告。"],
    }


def decision(filing, step):
    if step.target in UNCHANGED:
        return unchanged(filing, step)
    state = flow_of(filing.case).state(step.target).label
    return {
        "title": "组织状态调整通知书",
        "paragraphs": [f"经提醒、核实、限期说明和公告，{named(filing)}有下列情况："],
        "items": signs(filing),
        "closing": [
            f"本机关决定：{state}。理由：{step.note.rstrip('。')}。",
            "恢复活动后，可以向社区居（村）民委员会提出，由本机关核实后恢复正常状态。",
            "如对本决定有异议，可向本机关书面申请复核，并可向区民政局反映。",
        ],
    }


def unchanged(filing, step):
    """Those who were told what might come hear that it does not."""
    return {
        "title": "活动情况核查终结通知书",
        "paragraphs": [f"本机关对{named(filing)}活动情况的核查已经终结，组织状态不变。"],
        "items": [step.note],
        "closing": ["请继续按时提交年度确认和半年报告。"],
    }


PAPERS = {
    ("dormancy", "reminder"): reminder,
    ("dormancy", "inquiry"): inquiry,
    ("dormancy", "deadline"): deadline,
    ("dormancy", "announcement"): announcement,
    ("dormancy", "letter"): decision,
}
