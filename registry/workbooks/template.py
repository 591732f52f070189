"""The survey template: the four sheets, drop-downs in the district's words, the officer's places filled in."""

from io import BytesIO

from accounts.models import Division
from registry.models import DivisionYear
from registry.survey.columns import BASE, SHEETS
from registry.workbooks.choices import Offered
from registry.workbooks.records import place_words
from registry.workbooks.stream import GIVEN, MUST, NOTE, Column, Sheet, write_workbook

PERMISSION = "registry.import_survey"
ROOM = 5000
MOST_PLACES = 20_000
NOTES = "填写说明"
KIND_WORDS = {"urban": "城市社区", "rural": "农村社区（村）"}
# The form's own words: it is a Chinese form whatever language the page has.
RULES = (
    "一、每行填一个组织（社区、需求、项目），从表头下一行开始填；不要改动表头文字，可以调整列的顺序、隐藏或删除不用的列。",
    "二、表头带红色星号的列必须填写；有下拉箭头的单元格请从列表中选择，列表在 Excel 和 WPS 中都可以使用。",
    "三、日期写成 2019-03-05；人数、面积、金额只写数字；代码、备案号、电话已设为文本格式，直接填写即可。",
    "四、没有的内容留空，不要写“无”或画线；不清楚的留空，不要写 0。",
    "五、街道级组织的“所属社区（村）”只填街道名称。社区基础数据表已列出您负责的街道和社区：街道一行只填街道本级的工作人员、持证人数、专业社工、专项基金和社会服务站，不填社区合计；不填的行可以整行删除。",
    "六、上传后系统会逐行校验，有问题的单元格会在原表中标出并写明原因，改好后再次上传即可，不会重复登记。",
)
EXAMPLES = {
    "name": "六联社区夕阳红舞蹈队",
    "uscc": "18 位，字母大写",
    "filing_no": "按备案证书填写",
    "founded": "2019-03-05",
    "leader": "王小明",
    "phone": "13800000000",
    "members": "30",
    "volunteers": "20",
    "party_members": "3",
    "targets": "老年人、妇女",
    "fields": "文化活动",
    "place": "社区党群服务中心二楼",
    "place_area": "61.5",
    "activities": "12",
    "served": "360",
    "income": "5000",
    "fund_source": "自筹、政府购买服务",
    "fund_amount": "26.5",
    "facility_area": "394.3",
    "satisfaction": "95%",
    "amount": "20000",
    "raised": "2024-06-16",
    "start": "2024-03-01",
    "end": "2024-11-30",
    "content": "独居老人较多，希望组织志愿者定期探访",
    "people": "94",
    "report_date": "2024-11-22",
}


def write_template(user, division):
    """The bytes of an empty workbook for the division, its streets and communities out of the user's own scope."""
    places = list(own_places(user, division))
    regions = [written(place) for place in places]
    offered = Offered(division, regions)
    sheets = [sheet_of(spec, offered, places) for spec in SHEETS]
    buffer = BytesIO()
    write_workbook([*sheets, notes_sheet(offered), offered.lists.sheet()], buffer)
    return buffer.getvalue()


def own_places(user, division):
    """Streets and real communities of the division the user may upload a survey for, in the order of their codes."""
    rows = Division.objects.visible_to(user, PERMISSION).under(division).in_force()
    return (
        rows.filter(level__in=DivisionYear.LEVELS, virtual=False)
        .select_related("parent")
        .order_by("code")[:MOST_PLACES]
    )


def written(place):
    return place_words(place.level, place.short_name, place.parent.short_name if place.parent else "")


def sheet_of(spec, offered, places):
    fields = [field for field in spec.fields if field.in_template]
    columns = [offered.column(spec.kind, field) for field in fields]
    rows = [base_row(fields, number, place) for number, place in enumerate(places, 1)] if spec.kind == BASE else ()
    return Sheet(spec.name, columns, rows, reserve=ROOM)


def base_row(fields, number, place):
    """A row of base figures with its place filled in; the figures are left to the officer."""
    known = {
        "seq": number,
        "region": (written(place), GIVEN),
        "region_code": (place.code, GIVEN),
        "kind": (KIND_WORDS[place.kind], GIVEN) if place.kind else None,
    }
    return [known.get(field.key) for field in fields]


def notes_sheet(offered):
    """How to fill in every column, with its choices and an example: examples stand here, where nothing is imported."""
    rows = []
    for spec in SHEETS:
        rows += [
            note_row(spec, field, offered) for field in spec.fields if field.in_template and field.type != "ignore"
        ]
    columns = [
        Column("工作表", width=16),
        Column("列", width=30),
        Column("是否必填", width=10),
        Column("怎么填", "note", 36),
        Column("可选内容", "note", 60),
        Column("示例", "note", 30),
    ]
    return Sheet(NOTES, columns, rows, titles=["社区社会组织摸底调研表填写说明", *RULES])


def note_row(spec, field, offered):
    words = offered.of(spec.kind, field)
    chosen = "、".join(words) if len(words) <= 40 else "见下拉列表"
    must = ("必填", MUST) if field.required else "选填"
    return [spec.name, field.header, must, (field.note, NOTE), (chosen, NOTE), EXAMPLES.get(field.key, "")]
