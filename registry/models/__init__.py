"""Organizations and their dated standing, people, base figures, needs, projects and the survey's batches."""

from registry.models.applicant import Applicant, SignInCode
from registry.models.batch import ColumnMemory, ImportBatch, ImportRow
from registry.models.certificate import Certificate
from registry.models.change import DivisionChange, DivisionChangeLine
from registry.models.distinct import DistinctPair
from registry.models.export import ExportJob, ExportPiece
from registry.models.figures import DivisionYear, OrganizationYear, RollupMark
from registry.models.filing import Filing, FilingPerson, Membership
from registry.models.organization import (
    Classification,
    Organization,
    OrganizationAccount,
    OrganizationAlias,
    OrganizationFlag,
    OrganizationPeriod,
)
from registry.models.person import Person
from registry.models.scheme import OrganizationType, Scheme, Term, TierWord, TypeMapping
from registry.models.service import Need, Project
from registry.models.supervision import ContactAttempt, CreditEvent, PeriodicReport, Sample, SampledOrganization

__all__ = [
    "Applicant",
    "Certificate",
    "Classification",
    "ColumnMemory",
    "ContactAttempt",
    "CreditEvent",
    "DistinctPair",
    "DivisionChange",
    "DivisionChangeLine",
    "DivisionYear",
    "ExportJob",
    "ExportPiece",
    "Filing",
    "FilingPerson",
    "ImportBatch",
    "ImportRow",
    "Membership",
    "Need",
    "Organization",
    "OrganizationAccount",
    "OrganizationAlias",
    "OrganizationFlag",
    "OrganizationPeriod",
    "OrganizationType",
    "OrganizationYear",
    "PeriodicReport",
    "Person",
    "Project",
    "RollupMark",
    "Sample",
    "SampledOrganization",
    "Scheme",
    "SignInCode",
    "Term",
    "TierWord",
    "TypeMapping",
]
