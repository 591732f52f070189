"""What the demo adds above organizations: users, snapshots of the past and target sets that still run."""

from datetime import date

from django.contrib.auth.models import Group
from django.db import connection
from django.utils.translation import override

from accounts.models import Assignment, Division, User
from accounts.roles import role_label
from registry import demo
from reporting import rollups, services
from reporting.models import TargetSet

PASSWORD = "Demo-2026-portal"  # noqa: S105 - printed for everybody who tries the portal
MARK = "（演示）"
ACTOR = "load_demo"
DISTRICT = "330482"
PLACES = {"street_officer": "330482001", "street_leader": "330482001", "clerk": "330482001001"}
# Behind the name of a place these read better than the names of the roles.
TITLES = {
    "bureau_officer": "民政局经办员",
    "bureau_head": "民政局科长",
    "bureau_leader": "民政局分管领导",
    "bureau_finance": "民政局财务",
    "street_officer": "经办员",
    "street_leader": "分管领导",
    "clerk": "工作人员",
}
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
    """Every role in Pinghu, and a bureau officer for each of the other three areas."""
    for role in Group.objects.order_by("name"):
        create_user(role.name, role, PLACES.get(role.name, DISTRICT))
    officer = Group.objects.get(name="bureau_officer")
    for name, code in OTHER_DISTRICTS.items():
        create_user(name, officer, code)


def create_user(username, role, code):
    place = division(code)
    with override("zh-hans"):
        name = f"{place}{TITLES.get(role.name) or role_label(role)}{MARK}"
    user = User(username=username, name=name, must_change_password=False)
    user.set_password(PASSWORD)
    user.save()
    Assignment.objects.create(user=user, role=role, division=place)


def snapshots(today):
    """Every year end since 2016 in every area, so that trends show and past deadlines are decided."""
    # The rows are of this very transaction: without statistics on them each date takes many seconds.
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
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
