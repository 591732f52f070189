"""What the reader and the checks say, by code: an English sentence for the catalogue, filled from an issue's values."""

from django.utils.translation import gettext_lazy as _

FILE = {
    "encrypted": _("The file is protected by a password. Please remove the password, save it and upload it again."),
    "corrupt": _("The file is damaged or incomplete. Please open it in Excel or WPS, save it as .xlsx and upload it again."),
    "html_as_xls": _("This is a web page saved under the name of a workbook. Please open it in Excel or WPS and save it as .xlsx."),
    "not_a_workbook": _("This is not a workbook. Please upload an .xlsx, .xls or .csv file."),
    "empty_file": _("The file is empty. Please check that the right file was chosen."),
    "zip_bomb": _("The file unpacks to far more than a survey can hold and was refused. Please copy the data into the template."),
    "no_data": _("No rows of data were found. Please check that the sheets are filled in below their headers."),
    "missing_required_column": _("A required column was not recognised: %(columns)s. Please name it as in the template, or say which column it is."),
    "unsupported_type": _("This type of file cannot be imported. Please save it as .xlsx (without macros) and upload it again."),
    "too_large": _("The file is larger than %(limit)s MB. Please split it and upload the parts."),
    "failed": _("The portal could not process this file. Please tell the support line."),
    "macros": _("The file contains macros. Please save it as .xlsx without macros and upload it again."),
}  # fmt: skip

NOTICES = {
    "hidden_sheets": _("Hidden sheets were not read: %(names)s."),
    "hidden_sheet_read": _("The sheet %(name)s is hidden; it was read because no other holds the survey."),
    "hidden_rows": _("%(count)s hidden rows were read as data (rows %(rows)s)."),
    "sheet_unknown": _("The sheet %(name)s holds no survey table and was not read."),
    "sheet_columns": _("The sheet %(name)s was not read: it lacks %(columns)s."),
    "sheet_empty": _("The sheet has headers but no rows."),
    "column_double": _("Column %(column)s (%(header)s) says the same as another column and was not read."),
    "columns_unread": _("These columns are not part of the survey and were not read: %(headers)s."),
    "skipped_header": _("%(count)s repeated header rows were passed over (rows %(rows)s)."),
    "skipped_subtotal": _("%(count)s rows of totals were passed over (rows %(rows)s)."),
    "skipped_signature": _("%(count)s rows of signatures were passed over (rows %(rows)s)."),
    "skipped_note": _("%(count)s rows of notes were passed over (rows %(rows)s)."),
    "community_from_sheet": _("The sheet's name %(name)s was taken as the community of its rows."),
    "street_from_sheet": _("The sheet's name %(name)s was taken as the street of its rows."),
}  # fmt: skip

ROWS = {
    # cells
    "required": _("This must not be empty. Please fill it in."),
    "text_long": _("The text is longer than %(limit)s characters. Please shorten it."),
    "cell_error": _("The cell shows the error %(value)s. Please type the value."),
    "formula_no_value": _("The cell holds a formula without a result. Please open the file in Excel or WPS, save it and upload it again."),
    "number_form": _("“%(value)s” is not a number. Please write digits only."),
    "number_range": _("“%(value)s” is a range. Please write one number."),
    "number_negative": _("“%(value)s” is below zero. Please check it."),
    "number_large": _("“%(value)s” is too large. Please check the number and its unit."),
    "number_whole": _("“%(value)s” is not a whole number. Please check it."),
    "number_about": _("“%(value)s” is only about right; the number in it was taken."),
    "number_several": _("“%(value)s” holds more than one number; the first was taken. Please check."),
    "number_words": _("“%(value)s” is written in words; it was taken as a number."),
    "merged_number": _("The number %(value)s stands in a cell merged over several rows; it was taken for each of them."),
    "ditto": _("“%(value)s” was taken as what the row above says."),
    "columns_moved": _("The header in row %(row)s orders its columns in another way than the first one, so this row was not read. Please bring the columns into the same order, or put that table on a sheet of its own."),
    "table_beside": _("Another table stands beside this one from column %(column)s on and is not read. Please put its rows below the others or on a sheet of its own."),
    "number_unit": _("“%(value)s” was taken in the unit of the column, %(unit)s. Please check whether it was meant in 元."),
    "percent_form": _("“%(value)s” is not a percentage. Please write it like 95%%."),
    "percent_range": _("“%(value)s” is not between 0 and 100%%."),
    "percent_points": _("“%(value)s” was taken as a percentage."),
    "yes_no": _("“%(value)s” is neither yes nor no. Please write 是 or 否."),
    "yes_guessed": _("“%(value)s” was taken for yes or no by its first words. Please check."),
    "date_form": _("“%(value)s” is not a date. Please write it like 2019-03-05."),
    "date_impossible": _("“%(value)s” is a day that does not exist. Please check it."),
    "date_future": _("“%(value)s” lies in the future. Please check the date."),
    "date_ahead": _("“%(value)s” lies in the future. Please check the date."),
    "date_old": _("“%(value)s” is too long ago. Please check the date."),
    "date_order": _("In “%(value)s” day and month cannot be told apart. Please write it like 2019-03-05."),
    "date_order_guessed": _("“%(value)s” was read with the year last. Please check."),
    "date_century": _("“%(value)s” has a year of two digits; the nearest past one was taken."),
    "date_month_only": _("“%(value)s” names no day; the first of the month was taken."),
    "date_year_only": _("“%(value)s” names only a year; 1 January was taken."),
    "date_several": _("“%(value)s” holds more figures than one date; its first date was taken. Please check."),
    "date_october": _("“%(value)s” may mean January or October; January was taken. Please check."),
    "phone_form": _("“%(value)s” is not a phone number: 11 digits for a mobile, area code and number for a landline."),
    "phone_several": _("“%(value)s” holds several numbers; the first was taken."),
    "phone_zero": _("“%(value)s” lacked the 0 before its area code; it was added. Please check."),
    "phone_no_area": _("“%(value)s” has no area code."),
    "masked": _("The number is masked; what the register knows is kept."),
    "digits_lost": _("“%(value)s” lost its digits when Excel made it a number. Please format the column as text and type it again."),
    "code_form": _("“%(value)s” is not a division code of 6, 9 or 12 digits."),
    "uscc_length": _("The credit code has %(length)s characters instead of 18. Please check it against the certificate."),
    "uscc_letter": _("The credit code holds the letter %(letter)s, which codes never use; probably the digit %(digit)s is meant."),
    "uscc_letter_fixed": _("The letter %(letter)s in the credit code was taken as the digit %(digit)s; the check characters then agree."),
    "uscc_check": _("The check character of the credit code %(value)s is wrong. Please check it against the certificate."),
    "uscc_pending": _("The credit code is still to come."),
    "uscc_old_number": _("“%(value)s” is an old registration number, not a credit code; please add the code."),
    "id_form": _("This is not an ID number of 18 characters."),
    "id_check": _("The check character of the ID number is wrong."),
    "id_old": _("This is an old ID number of 15 digits."),
    # rows
    "place": "%(message)s",  # the resolver has said it already
    "phone_alone": _("A phone without a leader's name is kept only where the register knows the leader."),
    "leader_other_name": _("The ID number belongs to %(name)s; taken as the same person. Please check name and number."),
    "leader_other_id": _("%(name)s with this phone has another ID number in the register; taken as another person."),
    "place_missing": _("No community or street is stated. Please fill in the community, or the street for a street-wide organization."),
    "place_level": _("%(place)s is no community, street or district an organization can belong to."),
    "place_not_community": _("%(place)s is neither a community nor a street; base figures belong to these."),
    "street_total": _("Residents are counted by community. Please make sure that the row of %(place)s holds the street's own staff, social workers, funds and station only, and no totals."),
    "place_district": _("Only the district is stated; taken as a district-wide organization."),
    "place_street": _("Only the street is stated; taken as a street-wide organization."),
    "tier_unknown": _("“%(value)s” is not a tier of this district. Please choose one of: %(choices)s."),
    "type_unknown": _("“%(value)s” is not a type of this district. Please choose one of: %(choices)s."),
    "state_unknown": _("“%(value)s” is not an operating state. Please choose one of: %(choices)s."),
    "choice_guessed": _("“%(value)s” was taken as %(word)s."),
    "no_scheme": _("No policy names the types of this district yet. Please load its policy first."),
    "uscc_missing": _("A registered organization without a credit code; please add it later."),
    "uscc_elsewhere": _("The credit code was issued in another district (%(district)s)."),
    "part_larger": _("%(part)s (%(few)s) is more than %(whole)s (%(many)s). Please check both."),
    "kind_differs": _("The workbook says %(value)s, the register %(word)s; the register's kind is kept."),
    "double_in_file": _("The same as row %(row)s of sheet %(sheet)s (%(how)s); only that row is kept."),
    "double_in_register": _("The register holds this organization more than once: %(names)s. Please settle that first."),
    "taken_elsewhere": _("This number or name belongs to an organization outside your area. Please ask the district bureau."),
    "near": _("Looks like %(name)s, which is already in the register. Please make sure it is another one."),
    "near_ended": _("An organization of this name has ended: %(name)s. It is taken as a new one."),
    "near_tier": _("%(name)s has this name on another tier. It is taken as another organization."),
    "stale": _("%(name)s was changed in the portal after this workbook was exported. Please export it again."),
    "ended": _("%(name)s has ended. Its record is kept as it is; please check the credit code or the filing number."),
    "newer": _("The register holds a newer state of this organization. What this earlier survey says was left out."),
    "year_range": _("“%(value)s” is no year between %(first)s and now."),
    "by_case": _("This stays as the register has it: it changes only through a case. Please have one opened for it."),
    "moved_key": _("The record number belongs to no organization here. It was not used."),
    "dates_order": _("The end lies before the beginning. Please check both dates."),
}  # fmt: skip

HOW = {
    "uscc": _("same credit code"),
    "filing_no": _("same filing number"),
    "former": _("the filing number it had before"),
    "key": _("same record of the register"),
    "name": _("same name in the same place"),
    "division": _("same community"),
    "number": _("same number"),
}


def say(table, code, params=None):
    """The sentence of a code in the language in force."""
    values = {**(params or {})}
    if "how" in values:
        values["how"] = HOW.get(values["how"], values["how"])
    return str(table[code]) % values if values else str(table[code]).replace("%%", "%")


def file_sentence(error):
    """The one clear sentence for a refused file; the reason's own sentence where there is one."""
    code, reason, params = error["code"], error.get("reason", ""), error.get("params") or {}
    if code == "missing_required_column":
        params = {"columns": "、".join(str(name) for name in params.get("columns", ())) or "组织名称"}
    return say(FILE, reason if reason in FILE else code, params)
