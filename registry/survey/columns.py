"""The field table of the four survey sheets, shared by template, reader, form and error workbook."""

import functools
import re
import unicodedata
from dataclasses import dataclass

ORG, BASE, NEED, PROJECT = "org", "base", "need", "proj"


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a sheet: key, header of the template, type of its cells and the other headers people write."""

    key: str
    header: str
    type: str = "text"
    synonyms: tuple[str, ...] = ()
    required: bool = False
    unit: str = ""
    maximum: float | None = None
    length: int = 200
    choices: tuple[str, ...] = ()
    note: str = ""
    in_template: bool = True


@dataclass(frozen=True, slots=True)
class SheetSpec:
    """One of the four sheets: kind, name in the template, words a sheet's name may carry, fields."""

    kind: str
    name: str
    words: tuple[str, ...]
    fields: tuple[Field, ...]

    def field(self, key):
        return next((field for field in self.fields if field.key == key), None)


PLACE = (
    Field("street", "所属街道（镇）", synonyms=("街道", "镇街", "街镇", "镇", "街道镇", "所属街道", "所属街镇", "所在街道",
          "乡镇街道", "乡镇", "所属镇街", "街道名称", "所在街镇", "所属乡镇"), in_template=False),
)  # fmt: skip
REGION_WORDS = ("所属社区", "社区", "村", "社区村", "村社区", "所在社区", "所属村居", "村居", "居村委", "居委会", "社区名称",
                "村社", "所属社区村居", "社区居委会", "所属居村", "所属区域", "所在村社", "区划", "所属区划", "社区居村", "所属居委",
                "所属村", "村居名称", "所属社区居村", "活动区域", "所在社区村", "社区全称", "所属村社")  # fmt: skip
CODE_WORDS = (
    "行政区划代码",
    "社区代码",
    "区划编码",
    "社区编码",
    "统计区划代码",
    "所属社区代码",
    "行政区划编码",
    "地区代码",
    "村居代码",
)
SEQUENCE = Field("seq", "序号", "ignore", ("编号", "序", "no", "行号", "序列"))
REMARK = ("说明", "其他", "其他说明", "备注说明", "附注")
PHONE_WORDS = ("电话", "手机", "手机号", "手机号码", "联系方式", "负责人电话", "联系人电话", "电话号码", "负责人联系电话", "联系手机",
               "负责人手机", "负责人联系方式")  # fmt: skip
TARGET_WORDS = ("服务人群", "服务群体", "对象", "服务对象类别", "面向人群", "受益对象", "服务对象人群")
YES_NO = ("是", "否")

ORG_FIELDS = (
    SEQUENCE,
    Field("name", "组织名称", synonyms=("名称", "社会组织名称", "社区社会组织名称", "队伍名称", "团队名称", "社团名称", "组织全称",
          "单位名称", "机构名称", "备案组织名称", "群众活动团队名称", "社会组织全称", "组织"), required=True, length=100, note="填写全称，4 至 60 个字"),
    Field("tier", "组织层级", synonyms=("层级", "组织类型层级", "登记备案情况", "登记备案", "登记类型", "组织性质", "性质", "组织形式",
          "登记或备案", "登记状态", "备案或登记", "组织级别"), required=True, length=40, note="从下拉列表选择"),
    Field("type", "业务类别", synonyms=("类别", "组织类别", "类型", "组织类型", "业务类型", "分类", "组织分类", "所属类别", "服务类型",
          "活动类别", "所属类型", "业务分类"), required=True, length=40, note="从下拉列表选择"),
    Field("region", "所属社区（村）", synonyms=REGION_WORDS, required=True, note="街道加社区，如“坪山街道六联社区”；街道级组织只填街道"),
    *PLACE,
    Field("region_code", "区划代码", "code", CODE_WORDS, note="12 位；与社区名称填一项即可"),
    Field("uscc", "统一社会信用代码", "uscc", ("信用代码", "社会信用代码", "统一信用代码", "统一代码", "统一社会信用代码证号",
          "登记证号", "信用代码证号", "组织机构代码"), note="登记的组织必填，18 位"),
    Field("filing_no", "备案号", "filing", ("备案编号", "备案证号", "备案文号", "备案证书号", "备案号码", "备案登记号"), length=60),
    Field("founded", "成立日期", "date", ("成立时间", "成立年月", "组建时间", "组建日期", "设立日期", "创建时间", "登记日期",
          "成立登记日期", "注册日期", "建立时间", "登记备案日期", "登记备案时间", "备案时间", "备案日期", "登记时间", "设立时间"), note="如 2019-03-05"),
    Field("leader", "负责人", "person", ("负责人姓名", "姓名", "组织负责人", "法定代表人", "法人", "队长", "团队负责人", "法人代表",
          "领队", "负责人名字", "召集人"), length=60),
    Field("phone", "联系电话", "phone", PHONE_WORDS),
    Field("id_number", "负责人身份证号", "idnumber", ("身份证号", "身份证号码", "身份证", "负责人身份证号码", "证件号码"), in_template=False),
    Field("members", "成员人数", "int", ("成员数", "会员数", "会员人数", "人数", "总人数", "队员人数", "成员", "现有人数", "队员数",
          "团队人数", "成员总数", "总数", "人员总数", "会员数量", "成员数量", "现有成员"), unit="人", maximum=1_000_000),
    Field("volunteers", "注册志愿者人数", "int", ("志愿者人数", "志愿者", "注册志愿者", "志愿者数", "志愿者数量", "注册志愿者数", "实名志愿者人数"),
          unit="人", maximum=1_000_000),
    Field("party_members", "党员人数", "int", ("党员", "党员数", "中共党员人数", "党员数量", "其中党员", "中共党员"), unit="人", maximum=1_000_000),
    Field("party_org", "是否建立党组织", "yesno", ("党组织", "是否有党组织", "建立党组织", "是否成立党组织", "是否建党组织", "党组织建设",
          "有无党组织", "是否建立党支部"), choices=YES_NO),
    Field("fulltime", "专职人员数", "int", ("专职人数", "专职人员", "专职工作人员", "专职工作人员数", "从业人员", "从业人数", "专职工作者"),
          unit="人", maximum=100_000),
    Field("certified", "持证社工数", "int", ("持证社工", "社工持证人数", "持证人数", "社工人数", "持证社工人数", "社工师人数", "持证人员"),
          unit="人", maximum=100_000),
    Field("targets", "服务对象", "list", TARGET_WORDS, note="多项用顿号隔开"),
    Field("fields", "服务领域", "list", ("领域", "业务范围", "服务内容", "活动内容", "服务项目", "主要业务"), note="多项用顿号隔开"),
    Field("place", "活动场所", synonyms=("活动地点", "地址", "场所", "活动场地", "住所", "办公地址", "活动地址", "场地", "场所地址", "办公场所"), length=200),
    Field("place_area", "活动场所面积（㎡）", "decimal", ("场所面积", "面积", "活动场地面积", "场地面积", "办公面积", "活动面积"), unit="㎡", maximum=1e7),
    Field("is_volunteer_org", "是否志愿服务组织", "yesno", ("志愿服务组织", "是否志愿组织", "志愿组织", "是否为志愿服务组织"), choices=YES_NO),
    Field("volunteer_system_id", "志愿服务系统编号", synonyms=("志愿服务信息系统编号", "志愿服务组织编号", "志愿服务系统注册号",
          "志愿服务平台编号", "志愿系统编号"), length=40, in_template=False),
    Field("is_hub", "是否枢纽型组织", "yesno", ("枢纽型组织", "是否枢纽型", "是否枢纽组织", "枢纽型", "枢纽组织", "是否枢纽型社会组织"), choices=YES_NO),
    Field("rating", "评估等级", synonyms=("等级", "评估等次", "星级", "评级", "评定等级", "社会组织等级"), length=20),
    Field("activities", "年度活动次数", "int", ("活动次数", "开展活动次数", "年活动次数", "活动场次", "全年活动次数", "年开展活动次数", "开展活动", "全年开展活动"), unit="次", maximum=100_000),
    Field("served", "年度服务人次", "int", ("服务人次", "受益人次", "年服务人次", "参与人次", "全年服务人次", "服务居民人次"), unit="人次", maximum=1e9),
    Field("income", "年度经费（元）", "decimal", ("年度经费", "经费", "年度收入", "活动经费", "年收入", "经费收入", "年经费", "全年经费", "经费总额"), unit="元", maximum=1e11),
    Field("fund_source", "经费来源", "list", ("资金来源", "收入来源", "经费来源渠道", "活动经费来源"), note="多项用顿号隔开"),
    Field("status", "运行状态", synonyms=("状态", "活动状态", "运行情况", "组织状态", "目前状态", "活跃程度", "运作情况", "存续状态"), length=20,
          choices=("正常", "活动较少", "停止活动")),
    Field("remark", "备注", synonyms=REMARK, length=1000),
    Field("record_key", "记录标识", synonyms=("记录号",), in_template=False),
    Field("record_version", "版本", "int", ("记录版本",), maximum=2**31 - 1, in_template=False),
    Field("record_year", "数据年度", "int", maximum=2100, in_template=False),
)  # fmt: skip

BASE_FIELDS = (
    SEQUENCE,
    Field("region", "社区（村）", synonyms=REGION_WORDS, required=True),
    *PLACE,
    Field("region_code", "区划代码", "code", CODE_WORDS),
    Field("kind", "城乡类型", synonyms=("城乡", "类型", "社区类型", "城乡分类", "村居类型", "城乡属性", "社区类别"), length=20,
          choices=("城市社区", "农村社区（村）")),
    Field("population", "常住人口（人）", "int", ("常住人口数", "人口", "总人口", "人口数", "常住人口总数", "实有人口"), unit="人", maximum=10_000_000),
    Field("registered_pop", "户籍人口（人）", "int", ("户籍人口数", "户籍", "户籍人数", "户籍总人口"), unit="人", maximum=10_000_000),
    Field("households", "户数（户）", "int", ("总户数", "常住户数", "家庭户数", "户数总计", "居民户数", "住户数"), unit="户", maximum=5_000_000),
    Field("elderly", "60岁及以上人口（人）", "int", ("60岁以上人口", "老年人口", "老年人数", "60岁及以上", "60岁以上老人", "60岁以上老年人",
          "60周岁以上人口", "老年人"), unit="人", maximum=10_000_000),
    Field("facility_area", "综合服务设施面积（㎡）", "decimal", ("服务设施面积", "综合服务设施", "社区服务设施面积", "办公服务用房面积", "设施面积",
          "服务用房面积", "社区用房面积"), unit="㎡", maximum=1e7),
    Field("reg_volunteers", "注册志愿者（人）", "int", ("注册志愿者人数", "志愿者人数", "志愿者", "注册志愿者数", "实名注册志愿者"), unit="人", maximum=10_000_000),
    Field("active_volunteers", "年内参与志愿服务（人）", "int", ("参与志愿服务人数", "年度参与志愿服务人数", "活跃志愿者", "参加志愿服务",
          "年内参加志愿服务"), unit="人", maximum=10_000_000),
    Field("key_volunteers", "志愿服务骨干（人）", "int", ("志愿骨干", "骨干志愿者", "志愿者骨干", "志愿服务骨干人数"), unit="人", maximum=1_000_000),
    Field("staff", "社区工作人员（人）", "int", ("社区工作者", "工作人员", "社区工作者人数", "工作人员数", "两委人员", "社工人员"), unit="人", maximum=100_000),
    Field("certified_staff", "持社会工作职业资格证书（人）", "int", ("持证人数", "持证社工", "持社工证人数", "社工持证", "持证社区工作者", "持社会工作证书",
          "取得社工证人数"), unit="人", maximum=100_000),
    Field("social_workers", "专业社工（人）", "int", ("专业社工人数", "社工", "社会工作者", "专业社会工作者"), unit="人", maximum=100_000),
    Field("party_members", "党员（人）", "int", ("党员人数", "党员数", "中共党员", "党员总数"), unit="人", maximum=10_000_000),
    Field("fund_count", "社区服务专项基金（个）", "int", ("专项基金数", "社区基金数", "专项基金", "基金个数", "社区基金"), unit="个", maximum=10_000),
    Field("fund_amount", "专项基金规模（万元）", "decimal", ("基金规模", "专项基金金额", "基金金额", "社区基金规模"), unit="万元", maximum=1e7),
    Field("has_station", "是否建立社会服务站", "yesno", ("社会服务站", "是否有社工站", "社工站", "是否建立社工站", "有无社会服务站"), choices=YES_NO),
    Field("year", "年度", "int", ("统计年度", "数据年度"), maximum=2100, in_template=False),
    Field("reporter", "填报人", "person", ("填表人", "经办人"), length=60),
    Field("report_date", "填报日期", "date", ("填表日期", "填报时间", "上报日期")),
    Field("record_version", "版本", "int", ("记录版本",), maximum=2**31 - 1, in_template=False),
)  # fmt: skip

NEED_FIELDS = (
    SEQUENCE,
    Field("need_no", "需求编号", synonyms=("编号", "需求号"), length=40),
    Field("region", "所属社区（村）", synonyms=REGION_WORDS, required=True),
    *PLACE,
    Field("region_code", "区划代码", "code", CODE_WORDS),
    Field("category", "需求类别", synonyms=("类别", "需求类型", "需求分类"), length=40),
    Field("content", "需求描述", synonyms=("需求内容", "内容", "描述", "需求", "具体需求"), required=True, length=2000),
    Field("targets", "服务对象", "list", TARGET_WORDS),
    Field("people", "涉及人数", "int", ("人数", "受益人数", "需求人数", "覆盖人数", "涉及户数"), unit="人", maximum=100_000_000),
    Field("urgency", "紧急程度", synonyms=("紧急度", "轻重缓急", "紧急"), length=20, choices=("一般", "较急", "紧急")),
    Field("channel", "提出方式", synonyms=("来源", "需求来源", "提出渠道", "收集方式", "收集渠道"), length=40),
    Field("raised", "提出日期", "date", ("提出时间", "收集日期", "登记日期", "收集时间")),
    Field("state", "对接状态", synonyms=("状态", "对接情况", "办理状态", "落实情况"), length=20, choices=("未对接", "已对接", "已完成")),
    Field("contact", "联系人", "person", ("联系人姓名",), length=60),
    Field("phone", "联系电话", "phone", PHONE_WORDS),
    Field("record_version", "版本", "int", ("记录版本",), maximum=2**31 - 1, in_template=False),
)  # fmt: skip

PROJECT_FIELDS = (
    SEQUENCE,
    Field("proj_no", "项目编号", synonyms=("编号", "项目号"), length=40),
    Field("name", "项目名称", synonyms=("名称", "服务项目名称", "服务项目", "项目"), required=True, length=200),
    Field("org", "承接组织", synonyms=("实施组织", "承接单位", "实施单位", "承办组织", "承接组织名称", "组织名称", "服务组织"), length=100),
    Field("region", "服务区域", synonyms=(*REGION_WORDS, "所属社区（村）", "服务社区", "实施区域", "实施社区"), required=True),
    *PLACE,
    Field("region_code", "区划代码", "code", CODE_WORDS),
    Field("category", "服务类别", synonyms=("类别", "项目类别", "服务类型", "项目类型", "服务领域"), length=40),
    Field("targets", "服务对象", "list", TARGET_WORDS),
    Field("start", "开始日期", "date", ("开始时间", "起始日期", "实施日期", "启动日期", "起始时间")),
    Field("end", "结束日期", "date", ("结束时间", "截止日期", "完成日期", "终止日期", "完成时间")),
    Field("fund_source", "资金来源", synonyms=("经费来源", "项目资金来源"), length=100),
    Field("amount", "项目资金（元）", "decimal", ("项目资金", "资金", "项目金额", "金额", "项目经费", "资金金额"), unit="元", maximum=1e11),
    Field("served", "服务人次", "int", ("受益人次", "服务人数", "受益人数"), unit="人次", maximum=1e9),
    Field("satisfaction", "满意度", "percent", ("群众满意度", "满意率", "服务满意度")),
    Field("need_no", "对应需求编号", synonyms=("需求编号", "对应需求"), length=40),
    Field("state", "项目状态", synonyms=("状态", "进展", "进度", "项目进展", "实施状态"), length=20, choices=("进行中", "已结项", "已评估")),
    Field("record_version", "版本", "int", ("记录版本",), maximum=2**31 - 1, in_template=False),
)  # fmt: skip

SHEETS = (
    SheetSpec(ORG, "组织信息", ("组织信息", "社会组织", "组织", "队伍", "团队", "社团"), ORG_FIELDS),
    SheetSpec(BASE, "社区基础数据", ("社区基础数据", "基础数据", "基本情况", "社区情况", "社区信息"), BASE_FIELDS),
    SheetSpec(NEED, "需求清单", ("需求清单", "需求"), NEED_FIELDS),
    SheetSpec(PROJECT, "服务项目清单", ("服务项目清单", "项目"), PROJECT_FIELDS),
)
BY_KIND = {spec.kind: spec for spec in SHEETS}
REQUIRED_COLUMNS = {spec.kind: tuple(f.key for f in spec.fields if f.required) for spec in SHEETS}
PLACE_KEYS = ("region", "region_code", "street")

# What our own workbooks hold beside the survey: sheets of explanations, and columns of reasons for refused rows.
NOTE_SHEETS = frozenset(("填写说明", "导出说明"))
REASON, ORIGINAL_ROW = "错误原因", "原文件行号"
NOTE_COLUMNS = frozenset((REASON, ORIGINAL_ROW))

MAX_HEADER = 60
_NOISE = re.compile(r"[\s*＊★☆•·:：、,，/／\\|()\[\]【】<>《》“”\"'\-_—.。0-9①-⑩]+")
_BRACKETS = re.compile(r"[(（\[【][^)）\]】]*[)）\]】]")
_HEAD_NUMBER = re.compile(r"^[（(]?[0-9一二三四五六七八九十]{1,2}[)）、.．]\s*")


@functools.lru_cache(maxsize=5000)
def fold(text):
    """A header without blanks, stars, punctuation and width, for comparison only."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", text)).lower()


@functools.lru_cache(maxsize=5000)
def header_forms(text):
    """What a header may be compared by, from the most to the least exact."""
    bare = _HEAD_NUMBER.sub("", text)
    return [form for form in dict.fromkeys(map(fold, dict.fromkeys((text, bare, _BRACKETS.sub("", bare))))) if form]


def _index(spec):
    exact, loose = {}, {}
    for field in spec.fields:
        for name in (field.header, field.key):
            exact.setdefault(fold(name), field)
        loose.setdefault(fold(_BRACKETS.sub("", field.header)), field)
    for field in spec.fields:
        for synonym in field.synonyms:
            loose.setdefault(fold(synonym), field)
    return exact, loose


INDEX = {spec.kind: _index(spec) for spec in SHEETS}


def is_name(kind, label):
    """Whether a text is the header of a field or one of its synonyms."""
    return len(label) <= 20 and any(form in index for form in header_forms(label) for index in INDEX[kind])


@functools.lru_cache(maxsize=20_000)
def match(kind, label):
    """The field a header text means in a sheet of this kind and how it was found, or (None, "")."""
    exact, loose = INDEX[kind]
    forms = header_forms(label) if len(label) <= MAX_HEADER else []
    if forms and forms[0] in exact:
        return exact[forms[0]], "exact"
    for form in forms:
        if form in loose:
            return loose[form], "synonym"
    return _contained(kind, forms[-1]) if forms else (None, "")


def _contained(kind, form):
    """The one field whose longest known name makes up more than half of the header; two as long are no answer."""
    known = INDEX[kind][1]
    for length in range(len(form), max(2, len(form) // 2), -1):
        parts = [form[start : start + length] for start in range(len(form) - length + 1)]
        found = {known[part].key for part in parts if part in known}
        if found:
            return (BY_KIND[kind].field(found.pop()), "contains") if len(found) == 1 else (None, "")
    return None, ""
