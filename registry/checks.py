"""Field rules of an organization for pages: the import's own normalisers with a sentence for people who type."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from registry.survey.cells import NORMALISERS, is_blank
from registry.survey.columns import BY_KIND, ORG
from registry.survey.words import CellError

SENTENCES = {
    "uscc_length": _("A credit code has 18 characters; this one has %(length)s."),
    "uscc_letter": _("A credit code never holds the letter %(letter)s. Is it the digit %(digit)s?"),
    "uscc_letter_fixed": _("The letter %(letter)s should probably be the digit %(digit)s. Please correct it."),
    "uscc_check": _("The check character does not agree. Please compare the code with the certificate."),
    "uscc_old_number": _("This is an old registration number. Please give the 18-character credit code."),
    "phone_form": _("This is not a phone number. Please write 13812345678 or 0755-12345678."),
    "masked": _("The number is masked. Please type it in full, or leave it empty."),
    "id_form": _("An ID number has 18 characters (old ones 15 digits)."),
    "id_check": _("The last character of the ID number does not agree. Please compare it with the card."),
    "text_long": _("Please use at most %(limit)s characters."),
    "number_negative": _("Please give a number from 0 up."),
    "number_large": _("This number is too large. Please check it."),
    "number_whole": _("Please give a whole number."),
    "date_future": _("The date lies in the future."),
}
BY_TYPE = {
    "date": _("We cannot read this date. Please write it like 2019-03-05."),
    "int": _("Please give a whole number, such as 30."),
    "decimal": _("Please give a number, such as 120.5."),
}
REFUSED_WARNINGS = frozenset(("uscc_letter_fixed", "uscc_old_number", "masked"))


def check(key, raw):
    """The plain value of what was typed for the survey field `key` (None when it says nothing).

    Raises ValidationError with a sentence that says how to mend it. What the import accepts with a warning is accepted,
    but for a repaired or old credit code and a masked number: a person is there to be asked.
    """
    field = BY_KIND[ORG].field(key)
    if is_blank(raw):
        return None
    try:
        value, warnings = NORMALISERS[field.type](raw, field)
    except CellError as error:
        raise ValidationError(sentence(error.code, field), code=error.code, params=error.params) from error
    for warning in warnings:
        code, params = warning if isinstance(warning, tuple) else (warning, {})
        if code in REFUSED_WARNINGS:
            raise ValidationError(SENTENCES[code], code=code, params=params)
    return value


def sentence(code, field):
    return SENTENCES.get(code) or BY_TYPE.get(field.type) or _("We cannot read this. Please check it.")
