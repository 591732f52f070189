"""What people type into the demo's cases, ask by ask, and the papers they hand in: invented, marked as demo data."""

from datetime import date, timedelta
from functools import cache

from django.core.files.base import ContentFile
from django.utils import timezone

from casework.documents import letters
from registry.demo import REMARK, WORKS, credit_code
from registry.matters.asks import PEOPLE, joinable

SURNAMES = "林陈黄郑吴周徐孙马朱胡郭何高罗"
GIVEN = ("秀英", "国强", "美玲", "建华", "桂芳", "志明", "玉兰", "文斌", "丽华", "永福", "春梅", "海燕")
BRANDS = (
    "晚晴",
    "丹桂",
    "紫藤",
    "梧桐",
    "清荷",
    "海棠",
    "翠竹",
    "红枫",
    "青松",
    "白鹭",
    "雨燕",
    "蒲公英",
    "向日葵",
    "七彩",
)
# No place has this code, so no card bears such a number.
NO_PLACE = "990000"
ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
KINDS_OF_TEAM = (*WORKS["culture"], *WORKS["volunteer"], *WORKS["life"])
# Words by (matter, ask), else by ask.
TEXTS = {
    "purpose": "组织居民开展文体活动和邻里互助，参加社区演出。（演示）",
    "reason": "经全体成员会议讨论一致同意。（演示）",
    "explanation": "成员年纪渐长，经会议表决自愿注销。（演示）",
    "facts": "连续十二个月未开展活动，多次联系未果。（演示）",
    "basis": "参照《社会团体登记管理条例》第二十九条",
    "document": "演示民〔2026〕3号",
    "plans": "继续每周排练两次，参加社区重阳节演出。（演示）",
    "problems": "希望增加晚间活动场地。（演示）",
    "changes": "",
    "done": "每周活动两次，参加端午节和社区邻里节演出。（演示）",
    ("correction", "name"): "",
    ("correction", "filing_no"): "",
    ("correction", "purpose"): "",
    ("correction", "uscc"): "",
    ("correction", "tier"): "",
    ("correction", "ended"): "",
    ("correction", "since"): "",
    ("correction", "reason"): "门牌号登记错误，现予更正。（演示）",
    ("division_batch", "reason"): "社区名称核对后统一换发证书。（演示）",
    ("downgrade", "explanation"): "成员减少，改为活动小组继续活动。（演示）",
    ("merge", "name"): "",
    ("sample", "quarter"): "2026Q3",
    ("sample", "draw"): "演示",
    "figures": "近十二个月无活动记录，年度确认未办理。（演示）",
}
COUNTS = {
    "members": (12, 40),
    "activities": (8, 30),
    "party_members": (0, 6),
    "income": (2000, 6000),
    "spend": (800, 1900),
}
CHANGES = (["leader"], ["place"], ["name", "place"], ["purpose"])


class Facts:
    """Invents what is asked of a filing; `draw` is the source of luck, `elsewhere` another community of the cast."""

    def __init__(self, draw, elsewhere):
        self.draw, self.elsewhere = draw, elsewhere
        self.serial = 0

    def of(self, filing, matter):
        """{key: raw value} of everything that applies; the filing's own data follows for asks that depend on others."""
        values = {}
        for ask in matter.asks:
            if ask.key in filing.data and ask.key != "community":
                continue
            if ask.when is None or ask.when(filing):
                values[ask.key] = self.value(ask, filing, matter.kind)
                if ask.kind not in PEOPLE:
                    filing.data[ask.key] = values[ask.key]
        return values

    def value(self, ask, filing, kind):
        if (kind, ask.key) in TEXTS:
            return TEXTS[kind, ask.key]
        return getattr(self, ask.kind)(ask, filing)

    def text(self, ask, filing):
        if ask.key == "name":
            return self.name(filing.case.division)
        if ask.key == "uscc":
            self.serial += 1
            return credit_code(filing.organization.district.code[:6], 90_000 + self.serial)
        return TEXTS.get(ask.key, f"{filing.case.division.short_name}党群服务中心{self.draw.randint(1, 4)}楼")

    def long(self, ask, filing):
        return TEXTS.get(ask.key, REMARK)

    def name(self, division):
        self.serial += 1
        brand = BRANDS[self.serial % len(BRANDS)]
        return f"{division.short_name}演示{brand}{KINDS_OF_TEAM[self.serial % len(KINDS_OF_TEAM)]}"

    def count(self, ask, filing):
        return str(self.draw.randint(*COUNTS.get(ask.key, (20, 200))))

    def date(self, ask, filing):
        return (timezone.localdate() - timedelta(days=self.draw.randint(5, 25))).isoformat()

    def choice(self, ask, filing):
        return ask.choices(filing)[0][0]

    def many(self, ask, filing):
        offered = [code for code, _name in ask.choices(filing)]
        return self.draw.choice(CHANGES) if ask.key == "what" else offered[:2]

    def division(self, ask, filing):
        home = filing.case.division
        return str((self.elsewhere if ask.key == "to" else home).pk)

    def organization(self, ask, filing):
        """One that could join it, of the community whose own the demo opens no case about."""
        others = joinable(filing).filter(division=self.elsewhere, filings=None)
        found = others.order_by("id").values_list("uid", flat=True)[:5]
        return str(self.draw.choice(found)) if found else ""

    def former(self, ask, filing):
        return ""

    def leader(self, ask, filing):
        return [self.person()]

    def founders(self, ask, filing):
        return [self.person() for _ in range(3)]

    def roster(self, ask, filing):
        return [{"name": self.person()["name"]} for _ in range(self.draw.randint(4, 8))]

    def person(self):
        self.serial += 1
        name = f"演示{SURNAMES[self.serial % len(SURNAMES)]}{GIVEN[self.serial // len(SURNAMES) % len(GIVEN)]}"
        phone = f"1{self.draw.choice('3578')}{self.draw.randint(0, 9)}0000{self.draw.randint(0, 9999):04d}"
        return {"name": name, "phone": phone, "id_number": id_number(self.draw)}


def id_number(draw):
    """An ID number with a right check character, of a place that does not exist."""
    born = date(1946, 1, 1) + timedelta(days=draw.randint(0, 9000))
    body = f"{NO_PLACE}{born:%Y%m%d}{draw.randint(0, 999):03d}"
    return body + "10X98765432"[sum(int(c) * w for c, w in zip(body, ID_WEIGHTS, strict=True)) % 11]


def paper(label):
    """A one-page PDF as somebody would hand it in."""
    return ContentFile(pdf(str(label)), name=f"{label}（演示）.pdf")


@cache
def pdf(label):
    words = ["本页为演示材料，内容虚构。", "经全体成员会议讨论通过。"]
    return letters.render("letter", {"title": label, "paragraphs": words, "date": "2026-03-02", "signed_for": "no"})
