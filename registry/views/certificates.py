"""What officers do with certificates, from the record of the organization."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext_lazy
from django.views import View

from registry.certificate_forms import GiveUpForm, IssueForm, ReplaceForm
from registry.services import certificates
from registry.views.organizations import Verb, base_of, organization_of


class CertificateIssue(Verb):
    permission = certificates.RIGHT
    heading = gettext_lazy("Issue a certificate")
    button = gettext_lazy("Issue it")
    consequence = gettext_lazy("It gets a code of its own, by which everybody can check it.")
    done = gettext_lazy("The certificate is issued. You can print it now.")

    def form(self, request, organization, data=None):
        return IssueForm(data, kind=request.GET.get("kind", ""))

    def perform(self, organization, form, user):
        certificates.issue_certificate(organization=organization, by=user, **form.cleaned_data)


class PaperVerb(Verb):
    """A verb on one of the organization's papers."""

    permission = certificates.RIGHT
    form_class = GiveUpForm
    service = None

    def form(self, request, organization, data=None, *, paper):
        paper_of(organization, paper)
        return self.form_class(data)

    def perform(self, organization, form, user, *, paper):
        type(self).service(certificate=paper_of(organization, paper), by=user, **form.cleaned_data)


def paper_of(organization, uid):
    return get_object_or_404(organization.certificates.all(), uid=uid)


class CertificateReplace(PaperVerb):
    form_class = ReplaceForm
    service = certificates.replace_certificate
    heading = gettext_lazy("Replace a certificate")
    button = gettext_lazy("Issue the new one")
    consequence = gettext_lazy("The old one no longer counts from this moment; its code says so.")
    done = gettext_lazy("The new certificate is issued. You can print it now.")


class CertificateLost(PaperVerb):
    service = certificates.report_lost_certificate
    heading = gettext_lazy("Report a certificate lost")
    button = gettext_lazy("It is lost")
    consequence = gettext_lazy("It no longer counts from this moment; its code says so. A copy can follow later.")
    done = gettext_lazy("The loss is written down.")


class CertificateReturn(PaperVerb):
    service = certificates.return_certificate
    heading = gettext_lazy("Take a certificate back")
    button = gettext_lazy("It was handed back")
    consequence = gettext_lazy("It no longer counts from this moment; its code says so.")
    done = gettext_lazy("The return is written down.")


class CertificatePrint(View):
    """The paper as PDF."""

    def get(self, request, uid, paper):
        organization = organization_of(request, uid, certificates.RIGHT)
        certificate = paper_of(organization, paper)
        try:
            pdf = certificates.print_certificate(certificate=certificate, base=base_of(request), by=request.user)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return redirect("registry:organization", uid=uid)
        return pdf_answer(certificate, pdf)


def pdf_answer(certificate, pdf):
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{certificate.number or certificate.code}.pdf"'
    return response
