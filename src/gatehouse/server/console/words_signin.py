"""Refusals of signing in, in plain words: what happened, and what to do."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = Promise | str

REFUSED: dict[str, tuple[Text, Text]] = {
    "locked": (
        _("Signing in waits for a while"),
        _("There were too many wrong tries from here. A passkey works at once; else wait, or ask for a new link."),
    ),
    "locked_out": (
        _("This account is locked"),
        _(
            "It opened a record that nobody may look at. Tell an owner: somebody else may have used it. They let you in"
            " again with a new link."
        ),
    ),
    "bad_sign_in": (
        _("Handle, password and code do not fit together"),
        _("Check all three. A code of the app works once: wait for the next one."),
    ),
    "bad_passkey": (
        _("This passkey does not work here"),
        _("Try another one, or ask for a new sign-in link. One removed here stays on its device until deleted there."),
    ),
    "not_fresh": (
        _("You signed in a while ago"),
        _("Sign in again first: ways to sign in can be changed for a quarter of an hour after that."),
    ),
    "weak_password": (
        _("This password is too short or too simple"),
        _("Take at least twelve characters, for example four words that do not belong together."),
    ),
    "bad_app_code": (
        _("The code of the app does not fit"),
        _("Scan the QR code again and type the six digits that the app shows now. After five tries begin anew."),
    ),
    "busy": (_("Too many people sign in at this moment"), _("Try again in a moment.")),
}
