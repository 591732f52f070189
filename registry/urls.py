"""Addresses of organizations, imports and divisions."""

from django.urls import path

from registry.views import (
    accounts,
    certificates,
    exports,
    imports,
    lists,
    organizations,
    ratings,
    ready,
    record,
    supervision,
)

RECORD = "organizations/<uuid:uid>/"
BATCH = "imports/<uuid:uid>/"
PAPER = f"{RECORD}certificates/<uuid:paper>/"
EXPORT = "exports/<uuid:uid>/"

app_name = "registry"
urlpatterns = [
    path("organizations/", lists.OrganizationList.as_view(), name="organizations"),
    path("organizations/columns/", lists.ColumnChoice.as_view(), name="organization_columns"),
    path("organizations/ready/", ready.Ready.as_view(), name="organizations_ready"),
    path("organizations/add/", organizations.OrganizationAdd.as_view(), name="organization_add"),
    path(RECORD, record.OrganizationRecord.as_view(), name="organization"),
    path(f"{RECORD}edit/", organizations.OrganizationEdit.as_view(), name="organization_edit"),
    path(f"{RECORD}standing/", organizations.Standing.as_view(), name="organization_standing"),
    path(f"{RECORD}end/", organizations.End.as_view(), name="organization_end"),
    path(f"{RECORD}reopen/", organizations.Reopen.as_view(), name="organization_reopen"),
    path(f"{RECORD}figures/", organizations.Figures.as_view(), name="organization_figures"),
    path(f"{RECORD}functions/", organizations.FlagAdd.as_view(), name="organization_flag_add"),
    path(f"{RECORD}functions/<int:pk>/end/", organizations.FlagEnd.as_view(), name="organization_flag_end"),
    path(f"{RECORD}classify/", organizations.Classify.as_view(), name="organization_classify"),
    path(f"{RECORD}accounts/", accounts.AccountGrant.as_view(), name="account_grant"),
    path(f"{RECORD}accounts/<int:pk>/end/", accounts.AccountEnd.as_view(), name="account_end"),
    path(f"{RECORD}reveal/", record.Reveal.as_view(), name="organization_reveal"),
    path(f"{RECORD}certificates/", certificates.CertificateIssue.as_view(), name="certificate_issue"),
    path(f"{PAPER}replace/", certificates.CertificateReplace.as_view(), name="certificate_replace"),
    path(f"{PAPER}lost/", certificates.CertificateLost.as_view(), name="certificate_lost"),
    path(f"{PAPER}return/", certificates.CertificateReturn.as_view(), name="certificate_return"),
    path(f"{PAPER}print/", certificates.CertificatePrint.as_view(), name="certificate_print"),
    path(f"{RECORD}contacts/", supervision.Contact.as_view(), name="organization_contact"),
    path(f"{RECORD}credit/", supervision.CreditProposal.as_view(), name="organization_credit"),
    path("supervision/", supervision.Reports.as_view(), name="reports"),
    path("supervision/silent/", supervision.Silent.as_view(), name="silent"),
    path("supervision/samples/", supervision.Samples.as_view(), name="samples"),
    path("supervision/samples/draw/", supervision.Draw.as_view(), name="sample_draw"),
    path("supervision/credit/", supervision.Credit.as_view(), name="credit"),
    path("supervision/credit/<uuid:uid>/<slug:step>/", supervision.CreditStep.as_view(), name="credit_step"),
    path("ratings/", ratings.Ratings.as_view(), name="ratings"),
    path("ratings/<int:pk>/<slug:step>/", ratings.RatingAnswer.as_view(), name="rating_answer"),
    path("imports/", imports.ImportList.as_view(), name="imports"),
    path("imports/template/", imports.Template.as_view(), name="import_template"),
    path(BATCH, imports.ImportPage.as_view(), name="import"),
    path(f"{BATCH}progress/", imports.ImportProgress.as_view(), name="import_progress"),
    path(f"{BATCH}store/", imports.ImportStore.as_view(), name="import_store"),
    path(f"{BATCH}line/", imports.ImportLine.as_view(), name="import_line"),
    path(f"{BATCH}columns/", imports.ImportRemap.as_view(), name="import_columns"),
    path(f"{BATCH}cancel/", imports.ImportCancel.as_view(), name="import_cancel"),
    path(f"{BATCH}undo/", imports.ImportUndo.as_view(), name="import_undo"),
    path(f"{BATCH}marked/", imports.ImportMarked.as_view(), name="import_marked"),
    path("organizations/export/", exports.ExportStart.as_view(), name="organization_export"),
    path("exports/", exports.ExportList.as_view(), name="exports"),
    path(EXPORT, exports.ExportPage.as_view(), name="export"),
    path(f"{EXPORT}progress/", exports.ExportProgress.as_view(), name="export_progress"),
    path(f"{EXPORT}download/", exports.ExportDownload.as_view(), name="export_download"),
    path(f"{EXPORT}cancel/", exports.ExportCancel.as_view(), name="export_cancel"),
]
