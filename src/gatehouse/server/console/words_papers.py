"""Which paper of a worker is lacking, in plain words: by its name and its date."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gatehouse.domain.decisions import Reason
from gatehouse.domain.papers import TRAINING, Lack, Why, read_about
from gatehouse.server.console import saying, words
from gatehouse.server.people import roster_queries
from gatehouse.server.people.models import Site

_WHYS = {Reason.PAPER_MISSING: Why.MISSING, Reason.PAPER_NOT_YET: Why.NOT_YET, Reason.PAPER_ENDED: Why.ENDED}
DO = gettext_lazy("Renew it under Time, Teams; gates know it at once.")


def lacking(found: Lack, names: dict[str, str]) -> str:
    """`names` are those of the site's certificates, by kind."""
    paper = _("Training before entry") if found.kind == TRAINING else names.get(found.kind) or _("A certificate")
    facts = {"paper": paper, "day": saying.date_full(found.on) if found.on else ""}
    match found.why:
        case Why.MISSING:
            return _("%(paper)s is missing") % facts
        case Why.NOT_YET:
            return _("%(paper)s holds only from %(day)s") % facts
        case Why.ENDED:
            return _("%(paper)s ended on %(day)s") % facts


def reason(code: str, about: str, site: Site) -> words.Wording:
    """As `words.reason`, with the paper's name where one is lacking."""
    why = next((why for one, why in _WHYS.items() if one == code), None)
    if why is None or not about:
        return words.reason(code)
    kind, on = read_about(about)
    return words.Wording(lacking(Lack(why, kind, on), roster_queries.paper_names(site)), DO)
