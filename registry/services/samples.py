"""Sample checks of filings (domain 3.6): a draw by lot that can be done again, and one case for each filing drawn."""

import hashlib
import secrets

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from casework import audit, policy
from casework.flows import Check
from casework.workflow import perform
from registry.models import Filing, Organization, Sample, SampledOrganization
from registry.models.scheme import Tier
from registry.services.changed import subject_of
from registry.services.eligibility import GRANT, eligibility
from registry.services.filings import open_filing
from registry.services.guards import lock_district, require_right

RIGHT, PERCENT = "registry.sample_filing", 10


def quarter_of(day):
    return f"{day.year}Q{(day.month + 2) // 3}"


@transaction.atomic
def draw_sample(*, division, by, period=None, seed=None):
    """Draws the district's sample of a quarter (this one) and returns it; a worker opens a case for each filing.

    The share is a policy value, rounded up. Refuses an actor without registry.sample_filing there, a quarter drawn
    already, and a district without filed teams.
    """
    require_right(by, RIGHT, division)
    lock_district(division)
    period = period or quarter_of(timezone.localdate())
    if Sample.objects.filter(division=division, period=period).exists():
        raise ValidationError(_("The sample of %(period)s was drawn already.") % {"period": period}, code="drawn")
    population = list(population_of(division))
    if not population:
        raise ValidationError(_("There is no filed team to draw from."))
    percent = int(policy.value("samples.percent", default=PERCENT, division=division))
    sample = Sample.objects.create(
        division=division,
        period=period,
        percent=percent,
        seed=seed or secrets.token_hex(16),
        population=population,
        population_hash=hash_of(population),
        drawn_by=str(by),
    )
    drawn = enumerate(drawn_from(population, percent, sample.seed), start=1)
    SampledOrganization.objects.bulk_create(
        SampledOrganization(sample=sample, organization_id=pk, position=position) for position, pk in drawn
    )
    after = {"period": period, "percent": percent, "seed": sample.seed, "population": sample.population_hash}
    audit.record("draw_sample", sample, by=by, after=after, path=division.path)
    return sample


def population_of(division):
    """Ids of the filed teams of a district no check is open about, in order of id: what a draw starts from."""
    teams = Organization.objects.in_force().filter(district=division, tier=Tier.TEAM).exclude(filing_no="")
    checked = Filing.objects.filter(case__kind="sample", case__closed_at=None).exclude(organization=None)
    free = teams.exclude(pk__in=checked.values("organization")).exclude(pk__in=waiting().values("organization"))
    return free.order_by("pk").values_list("pk", flat=True)


def waiting():
    """The drawn filings whose case is still to be opened."""
    return SampledOrganization.objects.filter(case=None, problem="")


def hash_of(population):
    return hashlib.sha256(",".join(map(str, population)).encode("ascii")).hexdigest()


def drawn_from(population, percent, seed):
    """The ids drawn, in the order drawn: those whose SHA-256 of seed and id comes first, so anybody can do it again."""
    size = -(-len(population) * percent // 100)
    return sorted(population, key=lambda pk: hashlib.sha256(f"{seed}:{pk}".encode("ascii")).digest())[:size]


def is_as_drawn(sample):
    """Whether the sample's rows are what its seed draws from the population kept, and that is unaltered."""
    rows = [row.organization_id for row in sample.drawn.all()]
    unaltered = hash_of(sample.population) == sample.population_hash
    return unaltered and rows == drawn_from(sample.population, sample.percent, sample.seed)


@transaction.atomic
def open_next():
    """Opens the case of the next filing drawn and returns its row, or None; rows other workers hold are passed over.

    A filing no check can be opened about any more (it ended since the draw) keeps the reason instead.
    """
    rows = (
        waiting().select_for_update(skip_locked=True, of=("self",)).select_related("sample", "organization__division")
    )
    row = rows.order_by("sample", "position").first()
    if row is None:
        return None
    try:
        with transaction.atomic():
            row.case = open_check(row)
    except ValidationError as error:
        row.problem = error.messages[0][:200]
    row.save(update_fields=["case", "problem"])
    return row


def open_check(row):
    values = {"quarter": row.sample.period, "draw": f"{row.position}/{len(row.sample.population)}"}
    place = row.organization.division
    filing = open_filing(kind="sample", by="system", division=place, organization=row.organization, values=values)
    return perform(filing.case, "propose", by="system")


def checks(case, user):
    """What the register knows against the organization, rule by rule."""
    return [Check(row.label, row.ok, row.evidence) for row in eligibility(subject_of(case), GRANT).rules]
