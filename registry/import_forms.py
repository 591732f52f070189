"""What may be typed on the survey import pages."""

from django import forms
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from accounts.models import Division
from registry.models import ImportBatch
from registry.services.imports import WORDS
from registry.survey.columns import BY_KIND
from registry.survey.guard import MAX_BYTES

YEARS = 10
MOST_FILES = 50
MOST_PLACES = 500
LEVELS = (Division.Level.DISTRICT, Division.Level.STREET)


class SeveralFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class WorkbooksField(forms.FileField):
    """One workbook or several, each checked like a single one."""

    widget = SeveralFiles

    def clean(self, data, initial=None):
        files = [super(WorkbooksField, self).clean(file, initial) for file in data or [None]]
        if len(files) > MOST_FILES:
            raise forms.ValidationError(_("Please upload at most %(most)s workbooks at once.") % {"most": MOST_FILES})
        return files


class UploadForm(forms.Form):
    """Workbooks, the place they are about, and the year they tell of."""

    file = WorkbooksField(
        label=_("Workbooks"),
        help_text=_(
            ".xlsx, .xls or .csv, at most 40 MB; several may be chosen at once, for instance one of each street. "
            "Nothing is stored before you decide."
        ),
    )
    division = forms.ModelChoiceField(Division.objects.none(), label=_("District or street"), empty_label=None)
    year = forms.TypedChoiceField(label=_("Survey year"), coerce=int)

    def __init__(self, *args, places, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["division"].queryset = places
        self.fields["division"].label_from_instance = lambda division: division.full_name
        this = timezone.localdate().year
        years = [(year, str(year)) for year in range(this, this - YEARS, -1)]
        self.fields["year"].choices = [(0, _("As the workbook says")), *years]
        self.fields["file"].widget.attrs["accept"] = ".xlsx,.xls,.csv"

    def clean_file(self):
        files, limit = self.cleaned_data["file"], {"limit": MAX_BYTES // 2**20}
        if sum(file.size for file in files) <= MAX_BYTES:
            return files
        if len(files) > 1:
            raise forms.ValidationError(
                _("Together these files are larger than %(limit)s MB. Please upload some of them first.") % limit
            )
        raise forms.ValidationError(
            _("The file is larger than %(limit)s MB. Please split it and upload the parts.") % limit
        )


class ModeForm(forms.Form):
    mode = forms.ChoiceField(choices=ImportBatch.Mode)


class LineForm(forms.Form):
    """What is said of one line, and the tab and page to go back to."""

    row = forms.IntegerField()
    word = forms.ChoiceField(choices=[(word, word) for word in ("out", "same", "other")], required=False)
    organization = forms.UUIDField(required=False)
    reason = forms.CharField(required=False, max_length=200)
    show = forms.ChoiceField(choices=[(word, word) for word in WORDS], required=False)
    page = forms.IntegerField(required=False, min_value=1)

    def clean(self):
        given = super().clean()
        if given.get("word") in ("same", "other") and not given.get("organization"):
            self.add_error("organization", _("This row has nothing to decide."))
        return given

    def back(self):
        given = getattr(self, "cleaned_data", {})
        return urlencode({name: given[name] for name in ("show", "page") if given.get(name)})


def places_of(user):
    """Districts and streets the user may import for, the widest first."""
    rows = Division.objects.in_force().visible_to(user, "registry.import_survey").order_by("level", "code")
    both = rows.filter(level__in=LEVELS)
    return both if both[:MOST_PLACES].count() < MOST_PLACES else rows.filter(level=Division.Level.DISTRICT)


def fields_offered(kind):
    """[(key, header)] a column of this kind of sheet may be given by hand."""
    return [(field.key, field.header) for field in BY_KIND[kind].fields if not field.key.startswith("record_")]


def mapping_of(batch, posted):
    """{kind: {header: field key or ""}} from the selects named column-SHEET-INDEX; only what differs.

    A sheet said to be of another kind (kind-SHEET) is read anew as that: its columns are another kind's.
    """
    mapping = {kind: dict(found) for kind, found in batch.mapping.items()}
    for sheet in batch.columns:
        kind = posted.get(f"kind-{sheet['index']}")
        if kind in BY_KIND and kind != sheet["kind"]:
            mapping.setdefault("sheets", {})[str(sheet["index"])] = kind
            continue
        offered = {key for key, _header in fields_offered(sheet["kind"])}
        for index, _letter, header, field, _how in sheet["columns"]:
            chosen = posted.get(f"column-{sheet['index']}-{index}")
            if chosen is not None and header and chosen != field and (chosen in offered or chosen == ""):
                mapping.setdefault(sheet["kind"], {})[header] = chosen
    return mapping
