"""Invented survey workbooks for trying the portal: one is stored, one was taken back, one waits for the officer."""

import csv
import io

from accounts.models import Division
from registry.demo import REMARK
from registry.models import ImportBatch
from registry.schemes import main_scheme
from registry.services import imports

State = ImportBatch.State
HEADS = ("组织名称", "组织层级", "业务类别", "所属社区", "成立日期", "负责人", "成员人数", "备注")
# What a line without its type, or with a day nobody can read, is told.
FLAWED = {"业务类别": "", "成立日期": "去年春天"}
# (file name, mark in the names of its teams, what becomes of it)
FILES = (
    ("摸底调研（演示）.csv", "存", State.STORED),
    ("误传的摸底表（演示）.csv", "撤", State.UNDONE),
    ("补充摸底（演示）.csv", "补", State.CHECKED),
)


def load(street, officer, today):
    """The batches of a street, read, checked and stored by the import's own services."""
    for filename, mark, state in FILES:
        content = workbook(street, mark, flawed=state == State.CHECKED)
        batch = imports.create_batch(
            content=content, filename=filename, division=street, year=today.year - 1, by=officer
        )
        imports.work_next()
        if state == State.CHECKED:
            continue
        imports.confirm_batch(batch=batch, mode=ImportBatch.Mode.GOOD, by=officer)
        imports.work_next()
        if state == State.UNDONE:
            imports.undo_batch(batch=batch, by=officer)


def workbook(street, mark, *, flawed):
    """A table as a clerk saves it: a team in each of the first communities, the last line with flaws if asked."""
    kind = main_scheme(street).types.order_by("order").first().name
    communities = Division.objects.in_force().filter(parent=street, level="community").order_by("code")[:3]
    rows = [
        {
            "组织名称": f"{place.short_name}演示{mark}字健步队",
            "组织层级": "备案",
            "业务类别": kind,
            "所属社区": place.name,
            "成立日期": "2023-05-06",
            "负责人": "演示周某",
            "成员人数": 18 + number,
            "备注": REMARK,
        }
        for number, place in enumerate(communities)
    ]
    if flawed:
        rows[-1] |= FLAWED
    table = io.StringIO()
    writer = csv.DictWriter(table, HEADS)
    writer.writeheader()
    writer.writerows(rows)
    return table.getvalue().encode("utf-8-sig")
