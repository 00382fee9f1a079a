"""Imports, exports and webhooks in people's words."""

from django.utils.translation import gettext_lazy as _

from gatehouse.server.console.words import Text, Wording

KINDS: dict[str, tuple[Text, Text]] = {
    "people": (
        _("People"),
        _("Staff number and name; department, post, dates, phone, bank and groups where you have them."),
    ),
    "shifts": (_("Shifts"), _("Who works which shift on which dates. The shifts themselves are set up before.")),
    "photos": (_("People with photos"), _("People, and the faces of those who agreed.")),
    "punches": (_("Punches"), _("Who came or left when, from a time clock. They count as passages do.")),
}

STATES: dict[str, tuple[Text, str, str]] = {
    "read": (_("Columns to be said"), "warn", "info"),
    "coming": (_("Being handed over"), "warn", "clock"),
    "looking": (_("Photos are being looked at"), "", "clock"),
    "checked": (_("Preview"), "warn", "eye"),
    "running": (_("Under way"), "", "clock"),
    "done": (_("Taken in"), "good", "yes"),
    "undoing": (_("Being undone"), "", "clock"),
    "undone": (_("Undone"), "", "no"),
}

FIELDS: dict[str, Text] = {
    "number": _("Staff number"),
    "name": _("Name"),
    "first_name": _("First name"),
    "last_name": _("Last name"),
    "department": _("Department"),
    "post": _("Post"),
    "phone": _("Phone"),
    "mail": _("Mail"),
    "address": _("Address"),
    "hired": _("First day"),
    "ends": _("Last day"),
    "identity": _("Identity number"),
    "account": _("Bank account"),
    "bank": _("Bank"),
    "groups": _("Groups"),
    "photo": _("Photo"),
    "consent_on": _("Consent, date"),
    "consent_how": _("Consent, how it was given"),
    "consent_language": _("Consent, language"),
    "guardian": _("Guardian"),
    "card": _("Card number"),
    "date": _("Date"),
    "until": _("Last date"),
    "shift": _("Shift"),
    "time": _("Time"),
    "direction": _("In or out"),
    "device": _("Device"),
}

FLAWS: dict[str, Text] = {
    "empty": _("is empty. In merged cells only the first one holds a value"),
    "too_long": _("is too long"),
    "no_date": _("is no date. Write it as 2026-03-04"),
    "date_of_two": _("may be read as two dates. Write the year first: 2026-03-04"),
    "no_time": _("is no time. Write it as 2026-03-04 08:55"),
    "no_such_time": _("is a time that the clocks went over that night"),
    "in_future": _("has not come yet"),
    "too_old": _("is too long ago: nobody could count that day any more"),
    "no_direction": _("says neither in nor out"),
    "ends_before": _("is before the first date"),
    "too_many_days": _("is more than a year after the first date"),
    "no_mail": _("is no mail address"),
    "space": _("has a space in it"),
    "twice": _("stands in a row above with the same content"),
    "unknown_person": _("belongs to nobody here"),
    "left": _("belongs to somebody who has left"),
    "unknown_shift": _("is no shift of this site"),
    "unknown_group": _("names a group that this site does not have"),
    "day_destroyed": _("is of a day whose keys are destroyed"),
    "bad_card": _("is no card number: up to 32 letters and digits, as the reader shows it"),
    # of photos
    "no_photo": _("was not handed over"),
    "missing": _("is named, but no file is called so"),
    "shared": _("is named by another row too, so that nobody knows whose it is"),
    "no_consent": _("was not looked at: no consent is recorded for this person"),
    "consent_unclear": _("was not looked at: the consent lacks its date, how it was given or its language"),
    "consent_ahead": _("was not looked at: the consent is dated after today"),
    "withdrawn": _(
        "was not looked at: this person took their consent back; enrol them on their page if they agree anew"
    ),
    "enrolled": _("is not needed: this person's face is enrolled already"),
    "no_image": _("is no JPEG, PNG or WebP that can be read to its end"),
    "too_large": _("is larger than 12 MB or 40 million pixels"),
    "no_face": _("shows no face"),
    "several_faces": _("shows two faces or more"),
    "small": _("shows the face too small"),
    "dark": _("is too dark"),
    "bright": _("is too bright"),
    "blurred": _("is blurred"),
    "turned": _("shows the face from the side, from above or from below"),
}

FAULTS: dict[str, Wording] = {
    "empty": Wording(_("There is no row in this file"), _("It needs a row of column names and rows below it.")),
    "not_a_table": Wording(_("This is no table"), _("Save it as XLSX or as CSV and try again.")),
    "encoding": Wording(_("The letters of this file can not be read"), _("Save it as CSV in UTF-8, or as XLSX.")),
    "too_many_rows": Wording(_("More than 20,000 rows"), _("Split the file. Rows that came in before do no harm.")),
    "too_many_columns": Wording(_("More than 100 columns"), _("Delete the columns that are not needed.")),
    "long_cell": Wording(_("A cell holds more than 1,000 letters"), _("Look for a quotation mark that is not closed.")),
    "too_big": Wording(_("This workbook unpacks to more than it should"), _("Copy the table into a new workbook.")),
    "macros": Wording(_("This workbook holds macros"), _("Save it as a workbook without macros (.xlsx).")),
    "locked": Wording(_("This workbook has a password or the old format"), _("Save it as .xlsx without a password.")),
}

BUNDLE_FAULTS: dict[str, Wording] = {
    "not_a_zip": Wording(_("This is no ZIP that can be read"), _("Make it anew, or hand the files over side by side.")),
    "too_many": Wording(_("More than 10,000 files"), _("Split it. Rows that came in before do no harm.")),
    "too_big": Wording(_("This ZIP unpacks to more than it should"), _("Make the pictures smaller, or split it.")),
    "locked": Wording(_("This ZIP has a password"), _("Make it without one: it is sealed as it comes in.")),
    "path": Wording(
        _("A name in this ZIP leads out of its folder"), _("No honest program writes that. Make the ZIP anew.")
    ),
    "nested": Wording(_("There is an archive in this archive"), _("Unpack it, and put the photos in directly.")),
    "no_table": Wording(_("There is no table beside the photos"), _("Put a CSV or XLSX with the people into it.")),
    "tables": Wording(_("There is more than one table"), _("Leave only the one with the people in it.")),
    "no_photos": Wording(
        _("There is no photo beside the table"), _("People without photos come in as “People”, from the table alone.")
    ),
}

NOT_TAKEN: dict[str, Wording] = {
    "empty": Wording(_("Nothing was chosen"), _("Choose a site and a ZIP, or a table and its photos.")),
    "too_big": Wording(_("This is more than 2 GB"), _("Split it. Rows that came in before do no harm.")),
    "too_many": Wording(_("More than 10,000 files"), _("Split it. Rows that came in before do no harm.")),
    "disk_full": Wording(_("There is no room for it on the server's disk"), _("Free some space and try again.")),
    "not_now": Wording(_("This is not being handed over any more"), _("Look at the list of imports.")),
    "wrong_piece": Wording(_("A piece was lost on its way"), _("Reload the page and choose the same files again.")),
}

NOT_UNDONE: dict[str, Text] = {
    "not_now": _("This import is not finished, or was undone before."),
    "punches_stand": _("A later import brought punches, which may be of these people. Undo that one first."),
}

EVENTS: dict[str, tuple[Text, Text]] = {
    "gate.answered": (_("A gate answered"), _("Gate, direction and outcome; never who.")),
    "gate.passed": (_("Somebody passed a gate"), _("Gate, direction and whether it was sensed; never who.")),
    "payment.settled": (_("A payment came"), _("Garage, amount and date; no plate, no minute.")),
    "payrun.locked": (_("A pay run was locked"), _("Month and number; no sum.")),
    "alarm.raised": (_("An alarm was raised"), _("Its kind and its gate.")),
    "alert.raised": (_("The keeper raised an alert"), _("What kind, and the role of whom it is about; never who.")),
    "visit.arrived": (_("A visitor has come"), _("The site; never who, and to whom.")),
    "workdays.counted": (_("A day was counted"), _("The date and how many people have a shift around it.")),
}

DELIVERIES: dict[str, tuple[Text, str, str]] = {
    "waiting": (_("Waits"), "warn", "clock"),
    "delivered": (_("Taken"), "good", "yes"),
    "dead": (_("Given up"), "stop", "no"),
}

SAID: dict[str, Text] = {
    "": _("not sent yet"),
    "timeout": _("no answer within 5 seconds"),
    "away": _("nobody answers there"),
    "unresolved": _("the name is not known"),
    "private": _("the name leads to a private address"),
    "not_https": _("the address is not https"),
    "bad_address": _("the address can not be read"),
    "no_secret": _("the secret is gone"),
}

ADDRESSES: dict[str, Text] = {
    "bad_address": _("Write a whole address, such as https://example.com/gatehouse."),
    "not_https": _(
        "Only https addresses are told, on their usual port. Whoever runs the server may allow others by name."
    ),
    "private": _("This name leads to a private address. Whoever runs the server may allow it by name."),
    "unresolved": _("This name is not known. Look for a slip of the pen."),
}

TABLES: dict[str, tuple[Text, Text]] = {
    "workdays": (
        _("Days of the month"),
        _("Shift, first and last time, minutes worked, late and over, for everybody."),
    ),
    "assignments": (_("Shifts, for Frappe HR"), _("Shift Assignment: employee, shift, first and last date.")),
    "checkins": (_("Punches, for Frappe HR"), _("Employee Checkin: employee, time, IN or OUT, device.")),
}
