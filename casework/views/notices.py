from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views import View

from casework.flows import flow_of
from casework.forms import NoticeChoiceForm
from casework.models import Case
from casework.notices import choice_of
from casework.services import links
from casework.services.reach import choose, phone_shown
from casework.wording import spoken

PAGE = 30


class NoticeList(View):
    def get(self, request):
        rows = request.user.notices.all()
        unread = request.GET.get("show") != "all"
        chosen = rows.filter(read_at=None) if unread else rows
        page = Paginator(chosen.select_related("case"), PAGE).get_page(request.GET.get("page"))
        context = {
            "page": page,
            "rows": [shown(notice) for notice in page],
            "unread": unread,
            "tabs": [(_("Unread"), "?", unread), (_("All notices"), "?show=all", not unread)],
        }
        response = render(request, "casework/notices.html", context)
        response["Cache-Control"] = "no-store"
        return response


def shown(notice):
    title, text = spoken(notice.code, case=notice.case, params=notice.params)
    return {"notice": notice, "title": title, "parts": links.split(text)}


class Open(View):
    """Reads one notice and goes where it leads: to its case while the user may see it, else to the list."""

    def get(self, request, pk):
        notice = get_object_or_404(request.user.notices, pk=pk)
        if notice.read_at is None:
            notice.read_at = timezone.now()
            notice.save(update_fields=["read_at"])
        case = Case.objects.visible_to(request.user).filter(pk=notice.case_id).first()
        return redirect(page_of(case, request.user) if case else f"{reverse('casework:notices')}?show=all")


def page_of(case, user):
    """Parties go to the page they work on, everybody else to the case."""
    own = case.parties.filter(user=user).exists() and flow_of(case).url(case)
    return own or reverse("casework:case", args=[case.uid])


class Read(View):
    def post(self, request):
        request.user.notices.filter(read_at=None).update(read_at=timezone.now())
        return redirect("casework:notices")


class Settings(View):
    def get(self, request):
        choice = choice_of(request.user)
        initial = {"email": choice.email, "sms": choice.sms, "daily": choice.daily}
        return self.page(request, NoticeChoiceForm(initial=initial))

    def post(self, request):
        form = NoticeChoiceForm(request.POST)
        if not form.is_valid():
            return self.page(request, form, 422)
        try:
            choose(user=request.user, by=request.user, **form.chosen())
        except ValidationError as error:
            form.add_error(None, error)
            return self.page(request, form, 422)
        messages.success(request, _("Your choice is kept."))
        return redirect("casework:notice_settings")

    def page(self, request, form, status=200):
        context = {"form": form, "phone": phone_shown(request.user), "address": request.user.email}
        response = render(request, "casework/notice_settings.html", context, status=status)
        response["Cache-Control"] = "no-store"
        return response
