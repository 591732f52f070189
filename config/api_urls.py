"""Addresses of the API, version 1."""

from django.urls import path, re_path
from drf_spectacular.views import SpectacularAPIView

from casework import case_api as casework
from casework import handling_api as handling
from casework import notice_api as notices
from registry import api as registry
from registry import filing_api as filing
from registry import public_api as public
from reporting import api as reporting

CODE = r"(?P<code>[0-9]{2,12})"
UID = r"(?P<uid>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
FILE = UID.replace("uid", "file")
PAPER = UID.replace("uid", "paper")

app_name = "api"
urlpatterns = [
    path("divisions/", registry.DivisionList.as_view(), name="divisions"),
    re_path(rf"^divisions/{CODE}/$", registry.DivisionDetail.as_view(), name="division"),
    re_path(rf"^divisions/{CODE}/figures/$", registry.DivisionFigures.as_view(), name="figures"),
    path("organizations/", registry.OrganizationList.as_view(), name="organizations"),
    re_path(rf"^organizations/{UID}/$", registry.OrganizationDetail.as_view(), name="organization"),
    re_path(rf"^organizations/{UID}/end/$", registry.OrganizationEnding.as_view(), name="organization_end"),
    path("cases/", casework.CaseList.as_view(), name="cases"),
    re_path(rf"^cases/{UID}/$", casework.CaseDetail.as_view(), name="case"),
    re_path(rf"^cases/{UID}/files/$", filing.FilingFiles.as_view(), name="case_files"),
    re_path(rf"^cases/{UID}/files/{FILE}/$", filing.FilingFile.as_view(), name="case_file"),
    re_path(rf"^cases/{UID}/papers/{PAPER}/$", casework.CasePaper.as_view(), name="case_paper"),
    re_path(rf"^cases/{UID}/steps/$", casework.CaseSteps.as_view(), name="case_steps"),
    re_path(rf"^cases/{UID}/claim/$", handling.CaseClaim.as_view(), name="case_claim"),
    re_path(rf"^cases/{UID}/release/$", handling.CaseRelease.as_view(), name="case_release"),
    re_path(rf"^cases/{UID}/reassign/$", handling.CaseReassign.as_view(), name="case_reassign"),
    re_path(rf"^cases/{UID}/urge/$", handling.CaseUrge.as_view(), name="case_urge"),
    re_path(rf"^cases/{UID}/remark/$", handling.CaseRemark.as_view(), name="case_remark"),
    re_path(rf"^cases/{UID}/rating/$", handling.CaseRating.as_view(), name="case_rating"),
    path("notices/", notices.NoticeList.as_view(), name="notices"),
    path("notices/read/", notices.NoticesRead.as_view(), name="notices_read"),
    re_path(rf"^publicity/{UID}/objections/$", notices.PublicityObjections.as_view(), name="publicity_objections"),
    path("matters/", filing.MatterList.as_view(), name="matters"),
    path("filings/", filing.FilingOpening.as_view(), name="filings"),
    re_path(rf"^filings/{UID}/$", filing.FilingDetail.as_view(), name="filing"),
    path("indicators/", reporting.Indicators.as_view(), name="indicators"),
    path("targets/", reporting.Targets.as_view(), name="targets"),
    path("public/organizations/", public.PublicOrganizations.as_view(), name="public_organizations"),
    re_path(rf"^public/organizations/{UID}/$", public.PublicOrganization.as_view(), name="public_organization"),
    path("public/publicity/", notices.PublicityList.as_view(), name="public_publicity"),
    re_path(rf"^public/publicity/{UID}/$", notices.PublicityDetail.as_view(), name="public_publicity_one"),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
]
