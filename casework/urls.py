"""Addresses of cases: the lists, the page of a case, its steps and papers, notices to its people and to everybody."""

from django.urls import path, re_path

from casework import own_urls
from casework.views import cases, files, notices, papers, public_notices, publicity

CASE = "cases/<uuid:uid>/"
UID = "[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
HANDLING = "claim|release|urge|remark|reassign"

app_name = "casework"
urlpatterns = [
    *own_urls.urlpatterns,
    path("cases/", cases.CaseList.as_view(), name="cases"),
    re_path(r"^cases/(?P<name>done|mine|copies|drafts|places)/$", cases.CaseList.as_view(), name="queue"),
    path("cases/batch/", cases.Batch.as_view(), name="batch"),
    path(CASE, cases.CasePage.as_view(), name="case"),
    path(f"{CASE}files/<uuid:file>/", files.CaseFile.as_view(), name="file"),
    path(f"{CASE}form/", papers.ApplicationForm.as_view(), name="form"),
    path(f"{CASE}papers/", papers.CasePapers.as_view(), name="papers"),
    path(f"{CASE}papers/<uuid:paper>/", papers.PaperFile.as_view(), name="paper"),
    path(f"{CASE}papers/<uuid:paper>/print/", papers.PaperPrint.as_view(), name="paper_print"),
    path(f"{CASE}package/", papers.PackageFile.as_view(), name="package"),
    path(f"{CASE}step/", cases.Step.as_view(), name="step"),
    re_path(rf"^cases/(?P<uid>{UID})/(?P<verb>{HANDLING})/$", cases.Handle.as_view(), name="handle"),
    path(f"{CASE}publicity/", publicity.CasePublicity.as_view(), name="publicity"),
    path(f"{CASE}objections/<uuid:objection>/answer/", publicity.Answer.as_view(), name="objection_answer"),
    path(f"{CASE}objections/<uuid:objection>/contact/", publicity.Contact.as_view(), name="objection_contact"),
    path("public/notices/", public_notices.PublicNotices.as_view(), name="public_notices"),
    path("public/notices/objection/", public_notices.PublicObjection.as_view(), name="public_objection"),
    path("public/notices/<uuid:uid>/", public_notices.PublicNotice.as_view(), name="public_notice"),
    path(
        "public/notices/<uuid:uid>/files/<uuid:file>/",
        public_notices.PublicNoticeFile.as_view(),
        name="public_notice_file",
    ),
    path("notices/", notices.NoticeList.as_view(), name="notices"),
    path("notices/read/", notices.Read.as_view(), name="notices_read"),
    path("notices/settings/", notices.Settings.as_view(), name="notice_settings"),
    path("notices/<int:pk>/", notices.Open.as_view(), name="notice"),
]
