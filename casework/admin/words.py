"""How an audit event is told to people."""

import json

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.utils.translation import gettext_lazy as _

VERBS = {
    "create": _("record created"),
    "edit": _("record changed"),
    "end": _("record ended"),
    "reopen": _("record reopened"),
    "change_standing": _("new tier, state, place or type"),
    "set_flag": _("function given"),
    "end_flag": _("function ended"),
    "classify": _("classified"),
    "save_year_figures": _("yearly figures saved"),
    "save_base_figures": _("base figures saved"),
    "correct_kind": _("committee kind corrected"),
    "reveal": _("seen in clear"),
    "rename": _("renamed"),
    "issue_certificate": _("certificate issued"),
    "replace_certificate": _("certificate replaced"),
    "report_lost_certificate": _("certificate reported lost"),
    "return_certificate": _("certificate handed back"),
    "print_certificate": _("certificate printed"),
    "reseal": _("personal numbers sealed again"),
    "load": _("file loaded"),
    "load_aliases": _("former names loaded"),
    "draft": _("change drafted"),
    "map": _("parts of a split given their organizations"),
    "apply": _("change applied"),
    "place": _("placed after a change of divisions"),
    "stay_at_street": _("found to work for the whole street"),
    "remind": _("streets reminded of the survey"),
    "upload": _("file uploaded"),
    "refuse": _("file refused"),
    "store": _("lines stored"),
    "forget": _("import emptied after its time"),
    "undo": _("import undone"),
    "cancel": _("work cancelled"),
    "request": _("export asked for"),
    "export": _("list exported"),
    "export_cases": _("ledger of cases exported"),
    "download": _("file downloaded"),
    "copy": _("record copied"),
    "open": _("target set opened"),
    "close": _("target set closed"),
    "remove": _("record removed"),
    "freeze": _("baseline frozen"),
    "create_user": _("account created"),
    "change_user": _("account changed"),
    "grant_role": _("role given"),
    "end_assignment": _("role ended"),
    "reset_password": _("password reset"),
    "unlock_user": _("sign-in lock lifted"),
    "store_paper": _("paper handed in"),
    "remove_paper": _("paper taken back"),
    "issue_token": _("interface key issued"),
    "withdraw_token": _("interface key withdrawn"),
    "load_calendar": _("working-day calendar loaded"),
    "complete_calendar": _("working-day calendar completed"),
    "change_calendar": _("working days changed"),
    "after_restore": _("backup restored"),
    "sign_in": _("signed in"),
    "sign_out": _("signed out"),
    "sign_in_failed": _("sign-in failed"),
    "locked_out": _("locked after failed sign-ins"),
}


def verb(action):
    """The deed in words; what has no words yet is shown as it is."""
    return VERBS.get(action, VERBS.get(action.rpartition(".")[2], action))


def tell(event, model=None):
    """An event with its deed in words and one line per changed value."""
    model = model or model_of(event.target)
    before, after = event.before or {}, event.after or {}
    names = [*after, *(name for name in before if name not in after)]
    return {
        "at": event.at,
        "actor": event.actor,
        "said": verb(event.action),
        "note": event.note,
        "rows": [
            {
                "label": label(model, name),
                "before": shown(before[name]) if name in before else None,
                "after": shown(after.get(name)),
            }
            for name in names
        ],
    }


def model_of(target):
    try:
        return apps.get_model(target)
    except (LookupError, ValueError):
        return None


def label(model, name):
    try:
        return model._meta.get_field(name).verbose_name if model else name
    except FieldDoesNotExist:
        return name


def shown(value):
    if value in (None, "", [], {}):
        return "—"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)
