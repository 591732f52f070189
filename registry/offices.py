"""Where an office sits and how it signs: the name on seal and letter of a committee, a street or town, a bureau."""

from accounts.models import Division

Level = Division.Level
# Where each office sits.
LEVELS = {
    "registry.check_filing": Level.COMMUNITY,
    "registry.review_filing": Level.STREET,
    "registry.decide_filing": Level.STREET,
    "registry.order_filing": Level.STREET,
    "registry.decide_filing_district": Level.DISTRICT,
    "registry.sample_filing": Level.DISTRICT,
}
# What follows the name of a street-level place, by its last character.
STREETS = {"道": "办事处", "镇": "人民政府", "乡": "人民政府"}
COMMITTEES = {Division.Kind.URBAN: "居民委员会", Division.Kind.RURAL: "村民委员会"}


def office_name(division):
    """坪山街道 → 坪山街道办事处, 六联社区居委会 → 六联社区居民委员会, 坪山区 → 坪山区民政局; a full name stays."""
    name = division.name
    if division.level == Level.COMMUNITY:
        return committee_name(name, division.kind)
    if division.level == Level.STREET:
        return name + STREETS.get(name[-1:], "")
    return f"{name}民政局"


def committee_name(name, kind):
    if name.endswith("居委会"):
        return name.removesuffix("居委会") + "居民委员会"
    if name.endswith("村委会"):
        return name.removesuffix("村委会").removesuffix("村") + "村村民委员会"
    return name if name.endswith("委员会") else name + COMMITTEES.get(kind, "")


def office_at(division, level):
    """The division of that level the place is or lies in; a place above it is its own office."""
    rows = {row.level: row for row in Division.objects.filter(pk__in=division.ancestor_ids)}
    return rows.get(level, division)
