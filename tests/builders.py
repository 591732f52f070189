"""The one data factory: every test builds its rows here, in states the portal itself can reach.

Each function fills in what the test does not name, so a test states only what it is about.
"""

from datetime import date, timedelta
from functools import cache
from itertools import count
from random import Random
from types import SimpleNamespace

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command

from accounts.models import Assignment, Division, DivisionPeriod, User
from registry.models import (
    DivisionYear,
    ExportJob,
    ImportBatch,
    Need,
    Organization,
    OrganizationFlag,
    OrganizationPeriod,
    OrganizationType,
    OrganizationYear,
    Project,
    Scheme,
    Term,
    TierWord,
)
from registry.services.certificates import issue_certificate
from reporting.models import Target, TargetSet

PASSWORD = "correct-horse-battery-9"
numbers = count(1)

TIER_WORDS = {"registered": ("登记", "注册社会组织"), "team": ("备案", "群众活动团队"), "group": ("活动小组",)}
TYPES = {"culture": "文化体育类", "charity": "公益慈善类", "service": "社会服务类"}
TERMS = {
    "state": {"active": "正常", "dormant": "活动较少", "suspended": "停止活动"},
    "flag": {
        "hub": "枢纽型组织",
        "support": "支持型组织",
        "volunteer": "志愿服务组织",
        "social_work_agency": "社会工作服务机构",
        "charity": "慈善组织",
        "federation": "社区社会组织联合会",
        "community_foundation": "社区基金会",
        "service_centre": "社区社会组织服务中心",
        "village_worthies": "乡贤参事会",
        "brand": "品牌组织",
    },
    "target_group": {"elderly": "老年人", "children": "儿童青少年", "disabled": "残疾人"},
    "field": {"culture": "文体活动", "aid": "扶贫济困"},
    "fund_source": {"own": "自筹", "purchase": "政府购买"},
}


def make_division(level, name, parent=None, *, code=None, kind="", virtual=False, valid_to=None, **fields):
    """A division with its path and its open period since 1900 (closed on `valid_to`)."""
    code = code or f"99{next(numbers):010}"
    division = Division.objects.create(
        code=code,
        name=name,
        short_name=fields.pop("short_name", name),
        full_name=fields.pop("full_name", f"{parent.full_name if parent else ''}{name}"),
        level=level,
        kind=kind,
        parent=parent,
        virtual=virtual,
        valid_to=valid_to,
        sort_key=code,
        **fields,
    )
    division.path = f"{parent.path if parent else ''}{division.pk}."
    division.save(update_fields=["path"])
    DivisionPeriod.objects.create(
        division=division,
        code=code,
        name=name,
        short_name=division.short_name,
        kind=kind,
        parent=parent,
        path=division.path,
        ends=valid_to,
    )
    return division


def make_division_tree():
    """广东 → 深圳 → 坪山区 with two streets (two urban communities; one urban, one village), and a second district.

    province, city, district, street, community, second_community, other_street, other_community, village,
    other_district, far_street, far_community.
    """
    province = make_division("province", "广东省", code="44")
    city = make_division("city", "深圳市", province, code="4403")
    district = make_division("district", "坪山区", city, code="440310")
    street = make_division("street", "坪山街道", district, code="440310001")
    other_street = make_division("street", "马峦街道", district, code="440310002")
    other_district = make_division("district", "大鹏区", city, code="440311")
    far_street = make_division("street", "葵涌街道", other_district, code="440311001")
    return SimpleNamespace(
        province=province,
        city=city,
        district=district,
        street=street,
        community=make_division(
            "community", "六联社区居委会", street, code="440310001001", kind="urban", short_name="六联社区"
        ),
        second_community=make_division(
            "community", "坪环社区居委会", street, code="440310001002", kind="urban", short_name="坪环社区"
        ),
        other_street=other_street,
        other_community=make_division(
            "community", "马峦社区居委会", other_street, code="440310002001", kind="urban", short_name="马峦社区"
        ),
        village=make_division(
            "community", "江岭村委会", other_street, code="440310002002", kind="rural", short_name="江岭村"
        ),
        other_district=other_district,
        far_street=far_street,
        far_community=make_division(
            "community", "葵丰社区居委会", far_street, code="440311001001", kind="urban", short_name="葵丰社区"
        ),
    )


def make_scheme(code="PS", *divisions, types=None, tier_words=None, name=None):
    """A classification scheme with its types and tier words, main scheme of the given divisions."""
    scheme = Scheme.objects.create(code=code, name=name or f"分类方案 {code}")
    scheme.divisions.set(divisions)
    OrganizationType.objects.bulk_create(
        OrganizationType(scheme=scheme, code=key, name=word, order=order)
        for order, (key, word) in enumerate((types or TYPES).items())
    )
    TierWord.objects.bulk_create(
        TierWord(scheme=scheme, tier=tier, word=word, order=order)
        for tier, words in (tier_words or TIER_WORDS).items()
        for order, word in enumerate(words)
    )
    return scheme


def make_terms():
    """The code lists an officer's forms offer."""
    Term.objects.bulk_create(
        Term(list=name, code=code, name=word, order=order)
        for name, terms in TERMS.items()
        for order, (code, word) in enumerate(terms.items())
    )


def make_world():
    """A division tree with its main scheme and the code lists: what the portal has before the first organization."""
    tree = make_division_tree()
    tree.scheme = make_scheme("PS", tree.district, tree.other_district)
    tree.types = {row.code: row for row in tree.scheme.types.all()}
    make_terms()
    return tree


def make_user(role="bureau_officer", division=None, *, perms=None, username=None, starts=None, ends=None, **fields):
    """A user holding `role` at `division` (none without one); `perms` builds a role with exactly those rights."""
    number = next(numbers)
    user = User(
        username=username or f"user{number}",
        name=fields.pop("name", f"用户{number}"),
        must_change_password=fields.pop("must_change_password", False),
        **fields,
    )
    user.password = hashed_password()
    user.save()
    if division is not None:
        make_assignment(user, role, division, perms=perms, starts=starts, ends=ends)
    return user


@cache
def hashed_password():
    """PASSWORD hashed once: the hash is slow by design."""
    return make_password(PASSWORD)


def make_assignment(user, role, division, *, perms=None, starts=None, ends=None):
    return Assignment.objects.create(
        user=user,
        role=make_role(role) if perms is None else make_role_with(perms),
        division=division,
        starts=starts or date(2020, 1, 1),
        ends=ends,
    )


def make_role(role):
    """One of the portal's own roles, loaded once per test."""
    if not Group.objects.filter(name=role).exists():
        call_command("load_roles", verbosity=0)
    return Group.objects.get(name=role)


def make_role_with(perms):
    """A role with exactly these rights ("app.codename")."""
    group = Group.objects.create(name=f"role {next(numbers)}")
    wanted = {tuple(perm.split(".")) for perm in perms}
    found = Permission.objects.filter(codename__in=[code for _, code in wanted]).select_related("content_type")
    rights = [perm for perm in found if (perm.content_type.app_label, perm.codename) in wanted]
    assert len(rights) == len(wanted), f"unknown right among {sorted(perms)}"
    group.permissions.set(rights)
    return group


def district_of(division):
    while division.level != Division.Level.DISTRICT:
        division = division.parent
    return division


def make_organization(
    division, kind, *, tier="team", state="active", founded=date(2020, 5, 1), ended=None, flags=(), **fields
):
    """An organization with its period, as a first survey leaves it; `ended` closes it (as cancelled unless said)."""
    number = next(numbers)
    name = fields.pop("name", f"第{number}舞蹈队")
    if ended and state == "active":
        state = "cancelled"
    organization = Organization.objects.create(
        name=name,
        name_key=fields.pop("name_key", name),
        tier=tier,
        state=state,
        division=division,
        division_path=division.path,
        district=district_of(division),
        type=kind,
        founded=founded,
        ended=ended,
        **fields,
    )
    OrganizationPeriod.objects.create(
        organization=organization,
        tier=tier,
        state="active" if ended else state,
        division=division,
        division_now=division,
        type=kind,
        starts=founded or date(2020, 1, 1),
        ends=ended,
    )
    OrganizationFlag.objects.bulk_create(
        OrganizationFlag(organization=organization, flag=flag, starts=founded or date(2020, 1, 1)) for flag in flags
    )
    return organization


def make_organization_year(organization, year=2024, **figures):
    return OrganizationYear.objects.create(organization=organization, year=year, **figures)


def make_division_year(division, year=2024, **figures):
    return DivisionYear.objects.create(division=division, year=year, **figures)


def make_target_set(*divisions, code=None, state="in_force", valid_from=date(2018, 1, 1), **fields):
    """A target set given for the divisions."""
    code = code or f"set{next(numbers)}"
    target_set = TargetSet.objects.create(code=code, name=f"目标 {code}", state=state, valid_from=valid_from, **fields)
    target_set.divisions.set(divisions)
    return target_set


def make_target(target_set, **fields):
    """A target of the set: unless told otherwise, ten registered or filed organizations by the end of 2020."""
    number = next(numbers)
    code = f"T-{number:02}"
    given = {
        "code": code,
        "order": number,
        "name": f"指标 {code}",
        "level": "district",
        "kind": "total",
        "tiers": ["registered", "team"],
        "numerator": ["orgs_{tier}"],
        "value": 10,
        "unit": "个",
        "deadline": date(2020, 12, 31),
    }
    target = Target.objects.create(set=target_set, **{**given, **fields})
    target.refresh_from_db()
    return target


GOOD_FIGURES = {
    "population": 200,
    "households": 80,
    "facility_area": 90,
    "reg_volunteers": 60,
    "active_volunteers": 30,
    "key_volunteers": 5,
    "staff": 4,
    "certified_staff": 2,
    "social_workers": 1,
    "fund_count": 1,
    "has_station": True,
}


def make_busy_world(seed=1, organizations=60):
    """A world with organizations of every tier and state, some ended, with functions, figures, needs and projects."""
    world, draw = make_world(), Random(seed)
    world.placeholder = make_division("community", "虚拟社区", world.street, kind="urban", virtual=True)
    world.communities = [world.community, world.second_community, world.other_community, world.village]
    places = [*world.communities, world.placeholder, world.street, world.other_street, world.district]
    kinds = list(world.types.values())
    for _number in range(organizations):
        make_drawn_organization(draw, draw.choice(places), draw.choice(kinds))
    make_division_year(world.other_street, 2024, has_station=True, staff=9)
    make_division_year(world.second_community, 2023, **GOOD_FIGURES)
    for place in [world.community, world.other_community, world.placeholder, world.street, world.far_community]:
        for year in (2022, 2024):
            make_division_year(place, year, next_year=2024 if year == 2022 else None, **drawn_figures(draw))
        Need.objects.create(
            division=place, content="需求", raised=date(2024, 3, 1), state=draw.choice(Need.State.values)
        )
        amounts = {"amount": draw.randrange(9999), "served": draw.randrange(99)}
        state = draw.choice(Project.State.values)
        Project.objects.create(name="项目", division=place, starts=date(2024, 2, 1), state=state, **amounts)
    return world


def make_drawn_organization(draw, place, kind):
    """An organization as chance has it: founded 2016 to 2024, perhaps ended, with functions and a year's figures."""
    founded = date(2016, 1, 1) + timedelta(days=draw.randrange(3285))
    ended = founded + timedelta(days=draw.randrange(1, 2000)) if draw.random() < 0.2 else None
    flags = ["hub", "support", "volunteer", "social_work_agency", "charity", "federation", "community_foundation"]
    flags += ["service_centre", "village_worthies", "brand"]
    organization = make_organization(
        place,
        kind,
        tier=draw.choice(["registered", "team", "group"]),
        state="active" if ended else draw.choice(["active", "dormant", "suspended", "under_correction"]),
        founded=founded,
        ended=ended if ended and ended <= date(2024, 12, 31) else None,
        flags=draw.sample(flags, draw.randrange(7)),
        volunteer_system_id=draw.choice(["", "V1"]),
    )
    if draw.random() < 0.8:
        amounts = {name: draw.randrange(50) for name in ("members", "volunteers", "fulltime", "certified", "served")}
        make_organization_year(
            organization,
            draw.choice([2020, 2024]),
            **amounts,
            activities=draw.choice([None, 3]),
            income=draw.choice([None, "120.50"]),
            party_members=draw.choice([None, 0, 1, 2, 3, 9]),
            party_org=draw.choice([None, True, False]),
            party_form=draw.choice(["", "", "independent", "joint", "activity", "work_group", "assigned", "none"]),
        )
    return organization


def drawn_figures(draw):
    """Base figures of a year as chance has them; some are not known."""
    whole = ["population", "registered_pop", "households", "elderly", "reg_volunteers", "active_volunteers", "staff"]
    whole += ["key_volunteers", "certified_staff", "social_workers", "party_members", "fund_count"]
    figures = {name: draw.choice([None, draw.randrange(400)]) for name in whole}
    return figures | {
        "facility_area": draw.choice([None, "30.5", "90"]),
        "fund_amount": draw.choice([None, "3.25"]),
        "has_station": draw.choice([None, True, True, False]),
    }


def make_certificate(organization, **given):
    """A certificate or plaque as the street hands it out; the organization gets a number if it has none."""
    if not organization.filing_no:
        organization.filing_no = f"9900-T-{next(numbers)}"
        organization.save(update_fields=["filing_no"])
    return issue_certificate(organization=organization, by="builder", **given)


def make_import_batch(division, *, owner=None, state="cancelled", **fields):
    """An uploaded workbook at a district or street, nothing of it stored."""
    owner = owner or make_user(division=division, perms={"registry.import_survey"})
    given = {"year": 2024, "filename": "摸底表.xlsx", "sha256": "0" * 64, "size": 0, "content": b"", **fields}
    return ImportBatch.objects.create(division=division, owner=owner, state=state, **given)


def make_export(owner, **fields):
    """An export somebody asked for and no worker has written yet."""
    return ExportJob.objects.create(owner=owner, layout="list", language="zh-hans", **fields)
