"""What the demo adds above organizations: users, snapshots of the past and target sets that still run."""

from dataclasses import replace
from datetime import date

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.db import connection
from django.utils.translation import override

from accounts.models import Assignment, Division, User
from accounts.roles import role_label
from casework.models import PolicyValue
from casework.policy import forget
from registry import demo, demo_cases, demo_imports
from reporting import rollups, services
from reporting.models import TargetSet

PASSWORD = "Demo-2026-portal"  # noqa: S105 - printed for everybody who tries the portal
MARK = "（演示）"
ACTOR = "load_demo"
DISTRICT = "330482"
PLACES = {
    "street_officer": "330482001",
    "street_leader": "330482001",
    "clerk": "330482001001",
    "organization": "330482001001",
}
# Behind the name of a place these read better than the names of the roles.
TITLES = {
    "bureau_officer": "民政局经办员",
    "bureau_head": "民政局科长",
    "bureau_leader": "民政局分管领导",
    "bureau_finance": "民政局财务",
    "street_officer": "经办员",
    "street_leader": "分管领导",
    "clerk": "工作人员",
    "organization": "团队负责人林秀英",
}
# Those who bring cases and carry them: (user, role, place, title); the roles above are there already.
CASE_PEOPLE = (
    ("clerk_2", "clerk", "330482001001", "副主任"),
    ("clerk_3", "clerk", "330482001002", "工作人员"),
    ("clerk_4", "clerk", "330482001004", "工作人员"),
    ("leader_2", "organization", "330482001001", "团队负责人陈国强"),
    ("leader_3", "organization", "330482001002", "团队负责人黄美玲"),
    ("pingshan_clerk", "clerk", "440310001001", "工作人员"),
    ("pingshan_clerk_2", "clerk", "440310001001", "副主任"),
    ("pingshan_clerk_3", "clerk", "440310001002", "工作人员"),
    ("pingshan_clerk_4", "clerk", "440310001003", "工作人员"),
    ("pingshan_street", "street_officer", "440310001", "经办员"),
    ("pingshan_street_leader", "street_leader", "440310001", "分管领导"),
    ("pingshan_head", "bureau_head", "440310", "民政局科长"),
    ("pingshan_team", "organization", "440310001001", "团队负责人吴建华"),
)
# Codes and names instead of divisions and users; officers from the bottom upwards.
CASTS = (
    demo_cases.Cast(
        code="330482",
        communities=("330482001001", "330482001002", "330482001004"),
        applicants=("organization", "leader_2", "leader_3"),
        officers=(
            *("clerk", "clerk_2", "clerk_3", "clerk_4"),
            *("street_officer", "street_leader", "bureau_officer", "bureau_head"),
        ),
    ),
    demo_cases.Cast(
        code="440310",
        communities=("440310001001", "440310001002", "440310001003"),
        applicants=("pingshan_team",),
        officers=(
            *("pingshan_clerk", "pingshan_clerk_2", "pingshan_clerk_3", "pingshan_clerk_4"),
            *("pingshan_street", "pingshan_street_leader", "pingshan", "pingshan_head"),
        ),
        share=12,
        always=("community_notice", "district_decision"),
    ),
)
# What Pingshan decides otherwise than the common policy, so that every state of a filing can be seen.
RULES = (("filing.authority", "district", "440310"), ("filing.community_notice", True, "440310001002"))
OTHER_DISTRICTS = {"pingshan": "440310", "shushan": "340104", "xuhui": "310104"}
# policy whose set is copied, district of the copy, {target: new line} of the targets that go on
RUNNING = (
    ("pinghu-2018", "330482", {"PH-03": 22, "PH-04": 15, "PH-05": 100, "PH-06": 60, "PH-12": 20, "PH-02": 1980}),
    ("shushan-2019", "340104", {"SS-16": 30, "SS-20": 15, "SS-21": 30, "SS-22": 1, "SS-34": 32}),
    ("national-2017", "440310", {"N-01": 20}),
)


def division(code):
    return Division.objects.get(code=code, valid_to=None)


def create_users():
    """Every role in Pinghu, a bureau officer for each of the other three areas, and those whom the cases need."""
    password = make_password(PASSWORD)
    for role in Group.objects.order_by("name"):
        create_user(role.name, role, PLACES.get(role.name, DISTRICT), password)
    officer = Group.objects.get(name="bureau_officer")
    for name, code in OTHER_DISTRICTS.items():
        create_user(name, officer, code, password)
    for name, role, code, title in CASE_PEOPLE:
        create_user(name, Group.objects.get(name=role), code, password, title)


def create_user(username, role, code, password, title=""):
    place = division(code)
    with override("zh-hans"):
        name = f"{place}{title or TITLES.get(role.name) or role_label(role)}{MARK}"
    user = User.objects.create(username=username, name=name, must_change_password=False, password=password)
    Assignment.objects.create(user=user, role=role, division=place)


def analyze():
    """The rows are of this very transaction: without statistics on them dates and cases take many seconds each."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def cases(write):
    """Cases in two districts, carried by the demo's users; `write` is told what the rules of the day refused."""
    for key, value, code in RULES:
        PolicyValue.objects.create(key=key, value=value, division=division(code), clause=MARK, starts=date(2000, 1, 1))
    forget()
    users = User.objects.in_bulk(field_name="username")
    casts = [
        replace(
            cast,
            communities=tuple(division(code) for code in cast.communities),
            applicants=tuple(users[name] for name in cast.applicants),
            officers=tuple(users[name] for name in cast.officers),
        )
        for cast in CASTS
    ]
    with override("zh-hans"):
        made, refused = demo_cases.load(casts)
    write(f"{made} demo cases")
    for line in refused:
        write(f"  left out: {line}")


def surveys(today):
    """A street's survey workbooks, in the hands of its officer."""
    with override("zh-hans"):
        demo_imports.load(division(PLACES["street_officer"]), User.objects.get(username="street_officer"), today)


def snapshots(today):
    """Every year end since 2016 in every area, so that trends show and past deadlines are decided."""
    rollups.rebuild(on=today)
    for area in demo.AREAS:
        for year in range(2016, today.year):
            rollups.snapshot(division(area.code), date(year, 12, 31), "period", note=demo.REMARK, by=ACTOR)


def target_sets(today):
    """Copies of three sets with a deadline at the end of next year, in force, growing from a frozen baseline."""
    for policy, code, lines in RUNNING:
        place = division(code)
        copy = services.copy_target_set(
            source=TargetSet.objects.get(policy__code=policy, copied_from=None),
            by=ACTOR,
            divisions=[place],
            name=f"{place}{today.year - 1}—{today.year + 1}年目标{MARK}",
        )
        copy.targets.exclude(code__in=lines).delete()
        for target in copy.targets.all():
            services.edit_target(
                target=target,
                by=ACTOR,
                value=lines[target.code],
                deadline=date(today.year + 1, 12, 31),
                baseline_on=date(today.year - 2, 12, 31),
                baseline_value=None,
            )
        services.open_target_set(target_set=copy, by=ACTOR)
        for target in copy.targets.all():
            services.freeze_baselines(target=target, by=ACTOR)
