"""Invented organizations, base figures, needs and projects for trying the portal: everything is marked as demo data."""

import random
import uuid
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from django.db import transaction

from accounts.models import Division
from casework.sealing import lookup_hash, seal
from casework.short_codes import new_code
from registry.models import (
    Certificate,
    DivisionYear,
    Need,
    Organization,
    OrganizationFlag,
    OrganizationPeriod,
    OrganizationYear,
    Person,
    Project,
    Scheme,
)
from registry.naming import name_key, prefixes_of
from registry.services.certificates import months_later

REMARK = "演示数据"
BATCH = 2000
BRANDS = [
    *("暖阳", "晨光", "银杏", "星火", "同行", "乐邻", "和风", "春晖"),
    *("木棉", "金桂", "橙心", "蓝信封", "常青藤", "小雨点", "幸福里", "邻伴"),
]
WORKS = {
    "volunteer": ("志愿服务队", "义工队", "助老服务队", "环保志愿队", "平安巡逻队"),
    "culture": ("合唱团", "舞蹈队", "书画社", "太极拳队", "民乐队", "摄影社", "门球队", "戏曲社"),
    "life": ("便民服务队", "邻里互助社", "亲子课堂", "健康自我管理小组", "家电维修队"),
    "affairs": ("居民议事会", "邻里调解队", "楼组长联谊会", "花友会"),
    "hub": ("社会组织服务中心", "社会组织联合会", "公益服务中心"),
}
CULTURE_WORDS = ("文体", "文化")
LIFE_WORDS = ("生活", "社会服务", "互助", "特殊人群")
AFFAIRS_WORDS = ("事务", "自治", "维权", "科技")
TARGETS = {
    "volunteer": ["老年人", "残疾人"],
    "culture": ["全体居民"],
    "life": ["老年人", "儿童"],
    "affairs": ["全体居民"],
    "hub": ["社会组织"],
}
NEEDS = ("为老服务", "便民服务", "健康服务", "文化体育")
CREDIT_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)


@dataclass(frozen=True)
class Area:
    """A district of the demo: organizations, people, the spread of founding years, the years with base figures."""

    code: str
    organizations: int
    population: int
    growth: dict
    years: tuple = (2018, 2020, 2025)


AREAS = (
    Area("440310", 600, 608_700, {2012: 1, 2015: 2, 2017: 4, 2018: 5, 2019: 6, 2020: 5, 2022: 3, 2025: 3}),
    Area("330482", 1900, 683_500, {2010: 1, 2014: 3, 2016: 6, 2017: 9, 2018: 8, 2019: 6, 2020: 4, 2023: 2}),
    Area("340104", 900, 1_049_000, {2014: 1, 2017: 3, 2019: 5, 2020: 6, 2021: 7, 2023: 5, 2025: 3}, (2020, 2023, 2025)),
    Area("310104", 1200, 1_113_000, {2010: 1, 2018: 8, 2020: 5, 2021: 6, 2023: 8}, (2020, 2023, 2025)),
)


@transaction.atomic
def load(today):
    """Build all four areas as of `today`; returns the number of organizations. The same day gives the same data."""
    return sum(DemoDistrict(area, today).build() for area in AREAS)


class DemoDistrict:
    """Builds one area: its random source is seeded by the code, so every run invents the same."""

    def __init__(self, area, today):
        self.area, self.today = area, today
        self.random = random.Random(area.code)  # noqa: S311 - invented data, no secret
        self.district = Division.objects.get(code=area.code, valid_to=None)
        inside = Division.objects.under(self.district).filter(virtual=False, valid_to=None)
        self.communities = list(inside.filter(level="community").select_related("parent").order_by("code"))
        self.streets = {street.pk: street for street in inside.filter(level="street")}
        self.prefixes = {}
        self.weights = [
            self.random.lognormvariate(0, 0.3) * (2.1 if community.kind == "urban" else 1)
            for community in self.communities
        ]
        scheme = Scheme.objects.filter(divisions__in=self.district.ancestor_ids).order_by("-divisions__path").first()
        self.types = list(scheme.types.order_by("order"))
        self.scheme_tiers = set(scheme.tier_words.values_list("tier", flat=True))
        self.serial = 0
        self.names = set()

    def build(self):
        self.base_figures()
        rows = [self.organization() for _ in range(self.area.organizations)]
        leaders = Person.objects.bulk_create([row.leader for row in rows], BATCH)
        for row, leader in zip(rows, leaders, strict=True):
            row.leader_id = leader.pk
        Organization.objects.bulk_create(rows, BATCH)
        OrganizationPeriod.objects.bulk_create([p for row in rows for p in self.periods(row)], BATCH)
        OrganizationYear.objects.bulk_create([y for row in rows for y in self.organization_years(row)], BATCH)
        OrganizationFlag.objects.bulk_create([f for row in rows for f in self.flags(row)], BATCH)
        self.needs_and_projects(rows)
        self.certificates(row for row in rows if row.tier == "team" and not row.ended)
        return len(rows)

    def between(self, low, high):
        return self.random.randint(low, high)

    # --- base figures -----------------------------------------------------------------------------------------------

    def base_figures(self):
        total = sum(self.weights)
        rows = []
        for community, weight in zip(self.communities, self.weights, strict=True):
            figures = self.community_figures(int(self.area.population * weight / total))
            years = [*self.area.years, None]
            for step, (year, following) in enumerate(pairwise(years)):
                rows.append(
                    DivisionYear(
                        division=community, year=year, next_year=following, source=REMARK, **grown(figures, step)
                    )
                )
        DivisionYear.objects.bulk_create([*rows, *map(self.street_year, self.streets.values())], BATCH)

    def street_year(self, street):
        """What a street states of itself: its own staff and its station, from a source of chance of its own."""
        chance = random.Random(street.code)  # noqa: S311 - invented data, no secret
        staff = chance.randint(12, 30)
        figures = {"staff": staff, "certified_staff": int(staff * chance.uniform(0.2, 0.5)), "has_station": True}
        return DivisionYear(
            division=street, year=self.area.years[-1], source=REMARK, social_workers=chance.randint(2, 8), **figures
        )

    def community_figures(self, population):
        households = max(60, int(population / self.random.uniform(2.3, 3.0)))
        volunteers = int(population * self.random.uniform(0.07, 0.27))
        staff = max(4, round(households / 330))
        return {
            "population": population,
            "registered_pop": int(population * self.random.uniform(0.4, 0.95)),
            "households": households,
            "elderly": int(population * self.random.uniform(0.1, 0.28)),
            "facility_area": round(households * self.random.uniform(0.2, 0.42), 1),
            "reg_volunteers": volunteers,
            "active_volunteers": int(volunteers * self.random.uniform(0.2, 0.5)),
            "key_volunteers": int(volunteers * self.random.uniform(0.004, 0.02)),
            "staff": staff,
            "certified_staff": int(staff * self.random.uniform(0.15, 0.45)),
            "social_workers": self.between(0, 3),
            "party_members": int(population * self.random.uniform(0.02, 0.08)),
            "fund_count": self.between(0, 1),
            "fund_amount": round(self.random.uniform(1, 20), 2),
            "has_station": self.random.random() < 0.9,
        }

    # --- organizations ----------------------------------------------------------------------------------------------

    def organization(self):
        kind = self.random.choice(self.types)
        tier = self.random.choices(("registered", "team", "group"), (14, 70, 16))[0]
        tier = tier if tier in self.scheme_tiers else "team"
        theme = self.theme(kind, tier)
        community = self.random.choices(self.communities, self.weights)[0]
        home = self.streets[community.parent_id] if theme == "hub" and self.random.random() < 0.4 else community
        founded = self.founding_day()
        state, ended = self.fate(founded)
        name = self.name(home, theme)
        self.serial += 1
        return Organization(
            uid=uuid.UUID(int=self.random.getrandbits(128), version=4),
            name=name,
            name_key=name_key(name, prefixes=self.prefixes_of(home)),
            tier=tier,
            state=state,
            division=home,
            division_path=home.path,
            district=self.district,
            type=kind,
            legal_form={"registered": "service"}.get(tier, ""),
            uscc=credit_code(self.area.code, self.serial) if tier == "registered" else "",
            filing_no="" if tier == "registered" else f"演示备〔{founded.year}〕{self.serial:05d}号",
            founded=founded,
            ended=ended,
            leader=self.leader(),
            place=f"{home.short_name}党群服务中心{self.between(1, 4)}楼",
            place_area=self.between(20, 200),
            targets=TARGETS[theme],
            fields=[],
            remark=REMARK,
            source=Organization.Source.DEMO,
        )

    def prefixes_of(self, home):
        if home.pk not in self.prefixes:
            self.prefixes[home.pk] = prefixes_of(home)
        return self.prefixes[home.pk]

    def theme(self, kind, tier):
        if "枢纽" in kind.name or (tier == "registered" and self.random.random() < 0.1):
            return "hub"
        for words, theme in ((CULTURE_WORDS, "culture"), (LIFE_WORDS, "life"), (AFFAIRS_WORDS, "affairs")):
            if any(word in kind.name for word in words):
                return theme
        return "volunteer"

    def name(self, home, theme):
        words = self.random.choice(WORKS[theme])
        for extra in ("", *BRANDS):
            name = f"{home.short_name}{self.random.choice(BRANDS)}{extra}{words}"
            if name not in self.names:
                break
        else:
            name = f"{name}{self.between(2, 99)}分队"
        self.names.add(name)
        return name

    def founding_day(self):
        year = self.random.choices(list(self.area.growth), list(self.area.growth.values()))[0] - self.between(0, 1)
        day = date(year, 1, 1) + timedelta(days=self.between(0, 364))
        return min(day, self.today - timedelta(days=30))

    def fate(self, founded):
        """(state today, exit date): about one in twelve closed after at least a year."""
        luck = self.random.random()
        ended = founded + timedelta(days=self.between(400, 2600))
        if luck < 0.08 and ended < self.today:
            return "cancelled", ended
        return ("dormant" if luck < 0.14 else "suspended" if luck < 0.16 else "active"), None

    def leader(self):
        person = Person(
            uid=uuid.UUID(int=self.random.getrandbits(128), version=4),
            name=f"演示{self.random.choice('王李张刘陈杨赵黄')}某",
        )
        phone = f"1{self.random.choice('3578')}{self.between(0, 9)}0000{self.between(0, 9999):04d}"
        person.phone_sealed = seal(phone, row_uid=person.uid, field="phone")
        person.phone_hash = lookup_hash(phone, "phone")
        return person

    def periods(self, row):
        """One period, or two: a step up the tier ladder, or activities that became few."""
        common = {"organization": row, "division": row.division, "division_now": row.division, "type": row.type}
        end = row.ended or self.today
        middle = row.founded + (end - row.founded) // 2
        state = "active" if row.ended else row.state
        earlier = {"registered": "team", "team": "group"}.get(row.tier)
        climbed = earlier in self.scheme_tiers and self.random.random() < 0.12
        if middle > row.founded and (climbed or state != "active"):
            first = earlier if climbed else row.tier
            yield OrganizationPeriod(tier=first, state="active", starts=row.founded, ends=middle, **common)
            yield OrganizationPeriod(tier=row.tier, state=state, starts=middle, ends=row.ended, cause="demo", **common)
        else:
            yield OrganizationPeriod(tier=row.tier, state=state, starts=row.founded, ends=row.ended, **common)

    def organization_years(self, row):
        years = [
            year for year in self.area.years if year >= row.founded.year and (not row.ended or year <= row.ended.year)
        ]
        size = self.between(8, 60)
        for year, following in pairwise([*years, None]):
            members = max(5, size + self.between(-4, 6))
            party = self.between(0, members // 4)
            own = party >= 3 and self.random.random() < 0.7
            activities = 0 if row.state == "suspended" else self.between(3, 30)
            yield OrganizationYear(
                organization=row,
                year=year,
                next_year=following,
                members=members,
                volunteers=members // self.between(1, 3),
                party_members=party,
                party_org=own,
                party_form="independent" if own else "joint" if party and self.random.random() < 0.5 else "none",
                fulltime=self.between(1, 8) if row.tier == "registered" else 0,
                certified=self.between(0, 3) if row.tier == "registered" else 0,
                activities=activities,
                served=activities * self.between(10, 60),
                income=self.between(1, 80) * (5000 if row.tier == "registered" else 300),
            )

    def flags(self, row):
        words = {
            "volunteer": WORKS["volunteer"],
            "hub": WORKS["hub"],
            "federation": ("社会组织联合会",),
            "service_centre": ("社会组织服务中心",),
        }
        for flag, endings in words.items():
            if row.name.endswith(endings):
                yield OrganizationFlag(organization=row, flag=flag, starts=row.founded, ends=row.ended, evidence=REMARK)

    def certificates(self, teams):
        """One for every team on the register; about one in ten has run out."""
        draw = random.Random(f"certificates {self.area.code}")  # noqa: S311 - invented data, no secret
        Certificate.objects.bulk_create((self.certificate(row, draw) for row in teams), BATCH)

    def certificate(self, team, draw):
        issued = max(team.founded, self.today - timedelta(days=draw.randint(0, 1200)))
        return Certificate(
            uid=uuid.UUID(int=draw.getrandbits(128), version=4),
            organization=team,
            number=team.filing_no,
            code=new_code(choice=draw.choice),
            issued_on=issued,
            issued_by=self.streets.get(team.division.parent_id, team.division),
            valid_to=months_later(issued, 36) - timedelta(days=1),
            reason=REMARK,
        )

    # --- needs and projects -----------------------------------------------------------------------------------------

    def needs_and_projects(self, rows):
        year = self.today.year - 1
        places = [c for c in self.communities for _ in range(2)]
        needs = Need.objects.bulk_create(self.need(number, place, year) for number, place in enumerate(places, 1))
        matched = [need for need in needs if need.state != "open"][::2]
        alive = [row for row in rows if not row.ended]
        Project.objects.bulk_create(self.project(number, need, year, alive) for number, need in enumerate(matched, 1))

    def need(self, number, community, year):
        category = self.random.choice(NEEDS)
        return Need(
            number=f"XQ{year}{self.area.code}{number:05d}",
            division=community,
            category=category,
            content=f"{REMARK}：{community.short_name}居民希望增加{category}",
            people=self.between(10, 300),
            raised=date(year, self.between(1, 11), self.between(1, 28)),
            state=self.random.choices(("open", "matched", "done"), (35, 45, 20))[0],
        )

    def project(self, number, need, year, alive):
        organization = self.random.choice(alive)
        return Project(
            number=f"XM{year}{self.area.code}{number:05d}",
            name=f"“{self.random.choice(BRANDS)}”{need.category}项目",
            organization=organization,
            organization_name=organization.name,
            division=need.division,
            category=need.category,
            starts=date(year, 3, 1),
            ends=date(year, 11, 28),
            fund_source="公益创投",
            amount=self.between(5, 60) * 1000,
            served=self.between(50, 2000),
            satisfaction=round(self.random.uniform(0.85, 1), 3),
            need=need,
            state=self.random.choice(("running", "closed", "evaluated")),
        )


def grown(figures, step):
    """The figures `step` surveys later: people +3 % a survey, volunteers and certified staff faster."""
    faster = {"reg_volunteers": 0.18, "active_volunteers": 0.2, "certified_staff": 0.2, "facility_area": 0.06}
    counted = {
        key: round(value * (1 + faster.get(key, 0.03) * step), 1)
        if key == "facility_area"
        else int(value * (1 + faster.get(key, 0.03) * step))
        for key, value in figures.items()
        if key not in ("has_station", "fund_amount", "fund_count", "social_workers", "staff")
    }
    counted["certified_staff"] = min(counted["certified_staff"], figures["staff"])
    return figures | counted


def credit_code(district, serial):
    """A credit code with valid check characters (GB 32100, GB 11714) of an organization that does not exist."""
    body = f"MJD{serial:05d}"
    values = [int(sign) if sign.isdigit() else ord(sign) - 55 for sign in body]
    inner = 11 - sum(v * w for v, w in zip(values, (3, 7, 9, 10, 5, 8, 4, 2), strict=True)) % 11
    text = f"52{district}{body}{ {10: 'X', 11: '0'}.get(inner, str(inner)) }"
    total = sum(CREDIT_SIGNS.index(sign) * weight for sign, weight in zip(text, CREDIT_WEIGHTS, strict=True))
    return text + CREDIT_SIGNS[(31 - total % 31) % 31]
