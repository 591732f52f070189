"""What every notice says: its title, its words, and whether the law asks for it."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from casework.flows import FLOWS


@dataclass(frozen=True)
class Words:
    """Title and text of one kind of notice. A `statutory` one goes out at once whatever the user chose.

    `sms` ones are worth a short message, by day when it is the `clock` that sends it; where something is to be done, it
    ends with the address that `opens` the case. Both lines may name case, number, matter, state, note, due, left,
    count, link, code, answer, name and period.
    """

    title: str
    text: str
    statutory: bool = False
    sms: bool = False
    clock: bool = False
    opens: bool = False


WORDS = {
    "submitted": Words(
        _("Handed in: %(case)s"),
        _("%(matter)s was handed in under the case number %(number)s. You can see at any time where it is."),
        statutory=True,
        sms=True,
    ),
    "resubmitted": Words(
        _("Corrected: %(case)s"), _("The case %(number)s was corrected and is with the office again.")
    ),
    "accepted": Words(
        _("Accepted: %(case)s"), _("The case %(number)s was accepted. %(note)s"), statutory=True, sms=True
    ),
    "returned": Words(
        _("Please correct: %(case)s"),
        _("Some items of the case %(number)s need correction by %(due)s. Open the case to see them all. %(note)s"),
        statutory=True,
        sms=True,
        opens=True,
    ),
    "approved": Words(
        _("Granted: %(case)s"), _("The case %(number)s was decided: granted. %(note)s"), statutory=True, sms=True
    ),
    "refused": Words(
        _("Refused: %(case)s"),
        _("The case %(number)s was decided: refused. Reason: %(note)s The letter names the way to object."),
        statutory=True,
        sms=True,
    ),
    "not_accepted": Words(
        _("Not accepted: %(case)s"),
        _("The case %(number)s is not one for this office. Reason: %(note)s"),
        statutory=True,
        sms=True,
    ),
    "lapsed": Words(
        _("Lapsed: %(case)s"),
        _("The case %(number)s ended because the time to act was over. You can copy it into a new one."),
        statutory=True,
        sms=True,
        clock=True,
    ),
    "withdrawn": Words(_("Withdrawn: %(case)s"), _("The case %(number)s was withdrawn.")),
    "hearing": Words(
        _("Please answer before a decision: %(case)s"),
        _("A decision about your organization is being prepared. You may answer until %(due)s."),
        statutory=True,
        sms=True,
    ),
    "reminder_50": Words(
        _("Half of the time is over: %(case)s"), _("Due %(due)s, %(left)s working days left. Case number %(number)s.")
    ),
    "reminder_80": Words(
        _("Due soon: %(case)s"),
        _("Due %(due)s, %(left)s working days left. Case number %(number)s."),
        sms=True,
        clock=True,
    ),
    "reminder_100": Words(_("Due today: %(case)s"), _("Due %(due)s. Case number %(number)s."), sms=True, clock=True),
    "overdue": Words(_("Overdue: %(case)s"), _("Was due on %(due)s. Case number %(number)s.")),
    "urged": Words(_("Urged: %(case)s"), _("Please handle the case %(number)s. %(note)s")),
    "assigned": Words(_("Yours now: %(case)s"), _("The case %(number)s was given to you. %(note)s")),
    "remarked": Words(_("A remark on %(case)s"), _("Case number %(number)s: %(note)s")),
    "sent_back": Words(_("Back with you: %(case)s"), _("Please look at the case %(number)s again. %(note)s")),
    "to_revoke": Words(
        _("To be revoked: %(case)s"),
        _("Please look at %(name)s and open the revocation from its record: %(link)s %(note)s"),
    ),
    "put_right": Words(
        _("Typo put right: %(case)s"),
        _("The office put a typo in the case %(number)s right: %(note)s. If it is not so, please tell the office."),
    ),
    "copied": Words(_("Copied to you: %(case)s"), _("%(note)s copied the case %(number)s to you for information.")),
    "handed_over": Words(_("Cases were handed over to you"), _("Number of cases: %(count)s. %(note)s")),
    "standing_in": Words(_("You stand in for somebody"), _("You hold the roles of %(note)s, who is back on %(due)s.")),
    "objection": Words(
        _("Objection to a notice: %(case)s"),
        _("Somebody objects to the publicity notice of the case %(number)s. It has to be answered first."),
    ),
    "publicity_started": Words(
        _("Shown in public: %(case)s"), _("The publicity notice is open to everybody until %(due)s."), sms=True
    ),
    "scan_refused": Words(
        _("A paper was refused: %(case)s"),
        _("The check for harmful software refused “%(note)s”. Please hand in a clean file."),
        statutory=True,
        sms=True,
    ),
    "objection_answered": Words(
        _("Your objection was answered"), _("About “%(case)s”: %(answer)s"), statutory=True, sms=True
    ),
    "rating_answered": Words(
        _("About your rating: %(case)s"), _("The bureau answers what you said of the service: %(answer)s"), sms=True
    ),
    "ordered": Words(
        _("Please put in order: %(case)s"),
        _("The office orders you to put this in order by %(due)s. %(note)s"),
        statutory=True,
        sms=True,
    ),
    "credit_told": Words(
        _("Please answer before an entry is made"),
        _("Your organization is to be put on a list: %(note)s You may answer until %(due)s."),
        statutory=True,
        sms=True,
    ),
    "report_due": Words(
        _("Report due: %(period)s"),
        _("%(name)s: please hand in the report for %(period)s by %(due)s."),
        statutory=True,
        sms=True,
    ),
    "survey_due": Words(
        _("Survey %(period)s of %(name)s: please hand in"),
        _("Nothing has come in for %(name)s yet. Please upload the workbook of %(period)s under “Survey import”."),
    ),
    "certificate_soon": Words(
        _("Certificate of %(name)s: please renew"),
        _("%(name)s: the certificate is valid until %(due)s. Please ask the street or town for the new one."),
        statutory=True,
        sms=True,
        clock=True,
    ),
    "certificate_over": Words(
        _("Certificate of %(name)s has run out"),
        _("%(name)s: the certificate was valid until %(due)s. Please renew it at the street or town at once."),
        statutory=True,
        sms=True,
        clock=True,
    ),
    "leads": Words(
        _("You lead %(name)s now"),
        _("You act for it with this account. Others who act for it: %(count)s. You can end theirs: %(link)s"),
        sms=True,
    ),
    "still_active": Words(
        _("Is your organization still active?"),
        _("%(case)s: nothing was heard of it lately. If it is still active, one tap is enough: %(link)s"),
        statutory=True,
        sms=True,
    ),
    "show_activity": Words(
        _("Please show that you are active: %(case)s"),
        _("%(case)s: please act or answer by %(due)s. Still active? One tap tells us: %(link)s"),
        statutory=True,
        sms=True,
    ),
    "measure_announced": Words(
        _("A measure is announced: %(case)s"),
        _("%(case)s: a measure is announced, objections until %(due)s. Still active? One tap tells us: %(link)s"),
        statutory=True,
        sms=True,
    ),
    "stays": Words(
        _("Nothing changes: %(case)s"),
        _("%(case)s: the question whether it is still active is settled, its standing stays as it is. %(note)s"),
        statutory=True,
        sms=True,
    ),
    "confirm_link": Words(
        _("Please confirm"),
        _("“%(case)s” was filed in your name. Please look at it and confirm: %(link)s"),
        statutory=True,
        sms=True,
    ),
    "filed_for_you": Words(
        _("Filed in your name: %(case)s"),
        _("“%(case)s”, filed in your name, is now: %(state)s. %(note)s Please ask whoever filed it for you."),
        statutory=True,
        sms=True,
        clock=True,
    ),
    "decided_for_you": Words(
        _("Decided in your name: %(case)s"),
        _("“%(case)s”, filed in your name: %(state)s. %(note)s How was the service? Say it here: %(link)s"),
        statutory=True,
        sms=True,
        clock=True,
    ),
    "not_confirmed": Words(
        _("Objection: %(case)s"), _("The person you filed for does not agree: %(note)s Please clear it up first.")
    ),
    "code": Words(
        _("Your code"),
        _("Your code is %(code)s, valid for 10 minutes. Tell it to nobody."),
        statutory=True,
        sms=True,
    ),
}


class Given(dict):
    """What the words may name; a thing not known leaves nothing behind."""

    def __missing__(self, key):
        return ""


def spoken(code, *, case=None, params=None):
    """(title, text) of a notice in the language in force, each in one line."""
    given = Given(params or {})
    if case is not None:
        flow = FLOWS.get(case.kind)
        given |= {"case": case.title or case.number, "number": case.number, "matter": flow.label if flow else ""}
        given["state"] = state_label(flow, given["state"])
    words = WORDS[code]
    return tuple(" ".join((str(line) % given).split()) for line in (words.title, words.text))


def state_label(flow, code):
    return next((str(state.label) for state in flow.states if state.code == code), "") if flow else ""
