"""Alerts and mail in people's words: what happened, and what to do now."""

from django.utils.translation import gettext_lazy as _

from gatehouse.domain import alerts
from gatehouse.server.console.words import Text, Wording

_BAIT = _(
    "Such records are bait: no page shows them, so only somebody with a stolen copy, or who tries ids one by one, "
    "comes upon one. Nothing was shown."
)

# By what happened and who it was: operator, worker, job, nobody, keeper; "" for whoever else.
HAPPENED: dict[tuple[str, str], Wording] = {
    (alerts.HONEY, "operator"): Wording(
        _("%(who)s asked for a record that belongs to nobody"),
        _(
            "This account is locked out. Speak to whoever uses it, not by mail. If it was not them, somebody else "
            "signs in as them: look at their devices before you invite them anew, and ask who may have copied "
            "the database."
        ),
    ),
    (alerts.HONEY, "worker"): Wording(
        _("%(who)s asked for a record that belongs to nobody"),
        _(
            "This account is locked out. Speak to this person. If it was not them, somebody else has their way in. HR "
            "invites them anew from their page."
        ),
    ),
    (alerts.HONEY, "job"): Wording(
        _("%(who)s opened a record that belongs to nobody"),
        _(
            "It does not do so by itself: the server was taken over, or its database was changed by hand. Cut the "
            "server off the network and look who can reach it; doors and barriers go on."
        ),
    ),
    (alerts.HONEY, "nobody"): Wording(
        _("Somebody asked for a record that belongs to nobody, without signing in"),
        _(
            "A plate that no car has was typed on a payment page, or something on this machine asks the keeper. Once "
            "may be chance. More than once is somebody who tries out a stolen list."
        ),
    ),
    (alerts.OVER_BUDGET, ""): Wording(
        _("%(who)s asked for more people than the limit allows"),
        _(
            "What went over the limit was not shown. Ask what it was needed for. For a large piece of work a second "
            "person can allow more beforehand; if nobody has an explanation, end their sign-in with a new invitation."
        ),
    ),
    (alerts.LIMITS, ""): Wording(
        _("The limits on looking were changed on the keeper's machine"),
        _("Ask whoever looks after that machine. If it was none of yours, somebody else has the keeper's user."),
    ),
    (alerts.BULK_ASKED, ""): Wording(
        _("%(who)s wishes to look at more people than the limit allows"),
        _("Another owner or HR answers the wish. If it surprises you, ask before you do."),
    ),
    (alerts.BULK_ALLOWED, ""): Wording(
        _("%(who)s allowed a wish to look at more people than the limit"),
        _("Nothing to do if you know of it. Two people who agree see a lot: make sure that both exist."),
    ),
    (alerts.BULK_REFUSED, ""): Wording(
        _("%(who)s refused a wish to look at more people than the limit"), _("Nothing to do; it is here to be known.")
    ),
    (alerts.LOG_CUT, ""): Wording(
        _("The keeper's log is shorter than it was"),
        _(
            "Either the keeper was restored from a backup, then say so to each other and acknowledge this; or somebody "
            "cut its log to hide what they saw. Compare it with a head that you kept elsewhere:"
        ),
    ),
    (alerts.LOG_FORKED, ""): Wording(
        _("The keeper's log no longer begins with the lines that it had"),
        _(
            "Either the keeper was restored from a backup and has gone on since; or somebody rewrote its log to hide "
            "what they saw. Compare it with a head that you kept elsewhere:"
        ),
    ),
}
EXPLAINED: dict[str, Text] = {alerts.HONEY: _BAIT}
COMMANDS = dict.fromkeys((alerts.LOG_CUT, alerts.LOG_FORKED), "gatehouse audit verify --head FILE")

WHO: dict[str, Text] = {
    "worker": _("Somebody on a worker's own page"),
    "nobody": _("Somebody who was not signed in"),
    "keeper": _("The keeper"),
    "shell": _("The keeper's own shell"),
}

# --- mail -----------------------------------------------------------------------------------------------------------

MESSAGES: dict[str, tuple[Text, str, str]] = {
    "waiting": (_("Waits"), "warn", "clock"),
    "sent": (_("Taken"), "good", "yes"),
    "dead": (_("Given up"), "stop", "no"),
}

# Why a mail did not go, by the mail server's status or a code of ours.
NOT_TAKEN: dict[str, Wording] = {
    "no_server": Wording(_("There is no mail server"), _("Type it in below.")),
    "no_addresses": Wording(_("The address could not be opened"), _("Take it away and add it again.")),
    "erased": Wording(_("The address was erased meanwhile")),
    "tls": Wording(
        _("It answers, but not with the encryption that was chosen"),
        _(
            "Choose the other kind of encryption with its port (465 or 587). If that is right, its certificate is not "
            "one that this machine trusts."
        ),
    ),
    "timeout": Wording(
        _("It does not answer in time"),
        _("Look for a slip of the pen in name and port. A firewall on the way often swallows port 25."),
    ),
    "away": Wording(_("Nobody answers there"), _("Look for a slip of the pen in name and port, then at the network.")),
    "unsendable": Wording(_("This mail cannot be written"), _("Look at the address and at the sender.")),
    "530": Wording(_("It wants user and password"), _("Type them in below.")),
    "534": Wording(_("It wants another way to sign in"), _("Many providers give a password for programs: use that.")),
    "535": Wording(
        _("User and password are not right"),
        _("Type both again. Many providers give a password for programs, which is not the one of the mailbox."),
    ),
    "550": Wording(_("It refuses this address or this sender"), _("Look at both; the sender must be one of its own.")),
    "553": Wording(_("It refuses this address or this sender"), _("Look at both; the sender must be one of its own.")),
}
REFUSED_LATER = Wording(_("It refuses for now, with status %(status)s"), _("Try again in a few minutes."))
REFUSED = Wording(_("It refuses, with status %(status)s"), _("Ask whoever runs the mail server what that means there."))
TAKEN = Wording(
    _("The mail server took it"), _("Look into the mailbox, also at what it takes for spam. It is there in a minute.")
)

LETTERS: dict[str, Text] = {
    "pupil.absent": _("Guardians: not at school"),
    "mail.test": _("A test"),
}
ALERT = _("An alert")
OTHER = _("Another mail")


def why_not(code: str) -> Wording:
    """What kept a mail from being taken."""
    if code in NOT_TAKEN or not code.isdigit():
        return NOT_TAKEN.get(code, NOT_TAKEN["away"])
    said = REFUSED_LATER if code.startswith("4") else REFUSED
    return Wording(str(said.what) % {"status": code}, said.do)
