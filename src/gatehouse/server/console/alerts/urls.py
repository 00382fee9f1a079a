"""Addresses of alerts and of mail, each with the roles that may open it."""

from gatehouse.server.console.access import OWNERS, TRUSTED, page
from gatehouse.server.console.alerts import listing, mail

urlpatterns = [
    page("trust/alerts/", listing.alerts, "alerts", TRUSTED),
    page("trust/alerts/page/<int:number>/", listing.alerts, "alerts-page", TRUSTED),
    page("trust/alerts/all/acknowledge", listing.acknowledge_all, "alerts-acknowledge-all", OWNERS),
    page("trust/alerts/<uuid:alert_id>/acknowledge", listing.acknowledge, "alerts-acknowledge", OWNERS),
    page("trust/alerts/<uuid:alert_id>/who", listing.who, "alerts-who", OWNERS),
    page("trust/mail/", mail.mail, "mail", OWNERS),
    page("trust/mail/server", mail.server, "mail-server", OWNERS),
    page("trust/mail/server/drop", mail.drop_server, "mail-server-drop", OWNERS),
    page("trust/mail/test", mail.test, "mail-test", OWNERS),
    page("trust/mail/again/<uuid:message_id>", mail.again, "mail-again", OWNERS),
    page("trust/mail/recipients", mail.add_recipient, "mail-recipient-add", OWNERS),
    page("trust/mail/recipients/shown", mail.show_recipients, "mail-recipients", OWNERS),
    page("trust/mail/recipients/<uuid:recipient_id>/drop", mail.drop_recipient, "mail-recipient-drop", OWNERS),
]
