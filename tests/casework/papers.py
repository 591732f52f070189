"""What a case hands to each paper: full samples, the longest that happens, and nothing at all."""

from casework.documents.letters import LETTERS

NAME = "深圳市坪山区石井街道群星邻坊中心"
SENDER = {
    "office": "深圳市坪山区人民政府石井街道办事处",
    "date": "2026-11-22",
    "number": "坪石备〔2026〕12号",
    "contact": "社会事务办公室 陈㙟",
    "phone": "0755-84620000",
    "address": "坪山区石井街道石井路1号便民服务中心3号窗口",
    "url": "https://portal.example.gov.cn/check/K7M2PX",
    "check_code": "K7M2PX",
}
CASE = {
    "addressee": NAME,
    "applicant": "王𬱖",
    "organization": NAME,
    "matter": "群众活动团队备案",
    "case_number": "440310005-BA-20261122-0007",
    "filing_number": "440310005-T-2026-0007",
    "submitted": "2026-11-02",
    "accepted": "2026-11-04",
    "due": "2026-11-30",
    "effective": "2026-12-01",
    "basis": "《广东省民政厅关于社区社会组织的管理办法》第五条",
}
TEAM = {
    "body_type": "会员类",
    "leader": "王𬱖",
    "community": "石井街道田头社区居民委员会",
    "scope": "田头社区范围内的文体活动、邻里互助和志愿服务",
    "venue": "田头社区党群服务中心二楼活动室",
    "valid_to": "2029-11-21",
    "filed": "2026-11-22",
    "members": 26,
}
ITEMS = [
    {"target": "成员名册", "reason": "只列了 8 人，不少于 10 人；请补充并由本人签名", "basis": "管理办法第七条"},
    {"target": "活动场所证明", "reason": "未盖章", "basis": "办事指南材料清单第 4 项"},
]
OWN = {
    "application": {"facts": [{"label": "组织名称", "text": NAME}, {"label": "负责人", "text": "王𬱖（138****0001）"}]},
    "roster": TEAM | {"members": [{"name": "王𬱖", "sex": "女", "phone": "138****5678"}, {"name": "李䶮"}]},
    "annual_form": TEAM
    | {
        "facts": [{"label": "年度", "text": "2025年"}, {"label": "成员人数", "text": "26"}],
        "committee": {"text": "情况属实。", "office": "田头社区居民委员会", "officer": "李䶮", "date": "2026-02-03"},
        "street": {"text": "予以确认。", "officer": "陈㙟", "date": "2026-02-10"},
        "result": "已确认",
    },
    "half_year_review": TEAM
    | {
        "facts": [{"label": "半年", "text": "2026年上半年"}, {"label": "开展的工作", "text": "每周排练两次"}],
        "committee": {"text": "评议为好。活动正常。", "office": "田头社区居民委员会", "officer": "李䶮"},
        "result": "评议：好",
    },
    "handover": {
        "leaver": "陈㙟",
        "cases": [{"number": "440310005-BA-20261122-0007", "matter": "团队备案", "title": NAME, "due": "2026-12-11"}],
    },
    "receipt": {
        "papers": ["备案申请表", "章程", "成员名册"],
        "limit": "自受理之日起 10 个工作日",
        "agent": "田头社区居民委员会 李䶮",
    },
    "correction": {"items": ITEMS, "round": 1, "rounds": 3, "due": "2026-12-11"},
    "not_accepted": {"reason": "业主委员会不属于社区社会组织备案范围。", "advice": "请向区住房建设局咨询办理。"},
    "refused": {"reason": ["成员人数不足 10 人。", "活动范围超出本街道。"]},
    "withdrawn": {"withdrawn": "2026-11-08", "withdrawn_by": "王𬱖", "reason": "成员尚未商定章程"},
    "lapsed": {"noticed": "2026-11-05"},
    "filing_notice": TEAM,
    "certificate": TEAM | {"reprint": 1},
    "change_notice": {"changes": [{"field": "负责人", "before": "王𬱖", "after": "李䶮"}], "reason": "换届"},
    "own_motion_change": {"changes": [{"field": "所在社区", "before": "田头社区", "after": "田心社区"}]},
    "annual_result": {"year": 2025, "result": "确认，附整改意见", "remarks": ["活动记录不全，请补记下半年活动。"]},
    "correct_order": {"findings": ["连续十二个月没有开展活动。"], "measures": ["恢复活动，或者申请注销备案。"]},
    "hearing_notice": {
        "facts": ["提交的成员名册系伪造。"],
        "proposal": "撤销备案",
        "hearing": {"date": "2026-12-08", "time": "14:30", "place": "石井街道办事处301会议室"},
    },
    "revocation": {
        "facts": ["提交的成员名册系伪造。"],
        "heard": "你单位于2026年12月8日陈述的意见，经复核不成立。",
    },
    "cancellation": {"applied": "2026-11-02", "reason": "成员已并入其他团队", "settlement": "无结余，无债务。"},
    "merger": {"merged": [{"name": NAME, "filing_number": "440310005-T-2024-3"}, {"name": "舞蹈队"}], "members": 41},
    "transfer": {
        "from": {"community": "田头社区", "office": "石井街道办事处"},
        "to": {"community": "坪环社区", "office": "马峦街道办事处"},
    },
    "upgrade": {"tier_before": "群众活动团队", "tier_after": "注册社会组织", "new_number": "51440310MJ4950010A"},
    "listing_notice": {"listing_number": "440310005-G-2026-0031", "listed": "2026-11-22", "content": "太极拳"},
    "publicity": TEAM | {"starts": "2026-11-23", "ends": "2026-11-27", "working_days": 5, "leader": "王*"},
    "approval": TEAM
    | {
        "leader": {
            "name": "王𬱖", "sex": "女", "id_number": "440307196501011234", "birth": "1965-01-01",
            "phone": "13812345678",
            "party": "中共党员", "address": "坪山区石井街道田头社区1栋201",
        },
        "name": NAME,
        "founders": [{"name": "王𬱖", "kind": "自然人"}, {"name": "李䶮", "kind": "自然人", "phone": "13900001111"}],
        "purpose": "丰富社区文化生活，促进邻里互助。",
        "funds": "3000 元", "fund_sources": "成员自筹", "party_members": 5, "venue_area": "60",
        "plan": "每周二、周四晚排练；春节、重阳节各组织一次社区演出；全年不少于 12 次。",
        "committee": {"text": "情况属实，同意。", "office": "田头社区居民委员会", "officer": "李䶮"},
        "street": {"text": "经审查符合条件，准予备案。", "officer": "陈㙟", "date": "2026-11-22"},
    },
    "slip": {"paragraphs": ["该办件退回社区居民委员会重新核查。"], "items": ["请核对成员名册。"]},
    "letter": {
        "title": "关于开展群众活动团队年度确认工作的函",
        "paragraphs": ["现将有关事项函告如下。"],
        "items": ["请于3月31日前提交年度确认材料。", {"text": "没有活动的团队请说明原因。"}],
        "closing": ["特此函告。"],
    },
}  # fmt: skip


def sample(code):
    """A whole paper as a case would ask for it."""
    return SENDER | CASE | OWN.get(code, {})


def stretched(value):
    """The same data with every text far longer than anybody writes it, dates left as they are."""
    if isinstance(value, dict):
        return {key: one if key in ("url", "date", "check_code") else stretched(one) for key, one in value.items()}
    if isinstance(value, list):
        return [stretched(one) for one in value] * 4
    return value if not isinstance(value, str) or value[:2] == "20" else f"{value}（{NAME}）" * 4


def emptied(value):
    """The same data with nothing filled in."""
    if isinstance(value, dict):
        return {key: emptied(one) for key, one in value.items()}
    return [] if isinstance(value, list) else ""


FORMS = {"full": sample, "long": lambda code: stretched(sample(code)), "empty": lambda code: emptied(sample(code))}
CASES = [(code, form) for code in LETTERS for form in FORMS]
