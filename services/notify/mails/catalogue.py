"""All mails as data: what they say, in which order, and where their button leads. Sentences are msgids; see `N_`.

Placeholders: {first_name} of the recipient, {person}, {organisation}, {tool}, {role}, {recognition},
{amount_cents:money}, {balance_cents:money},
{threshold_cents:money}, {expires_at:datetime}, {starts_at:datetime},
{ends_on:date}, {counts_until:date}.
"""

from collections.abc import Mapping

from services.notify.mails.account import ACCOUNT_MAILS
from services.notify.mails.invitations import INVITATION_MAILS
from services.notify.mails.mail import Mail
from services.notify.mails.plans import PLAN_MAILS
from services.notify.mails.security import SECURITY_MAILS
from services.notify.mails.tools import TOOL_MAILS
from services.notify.mails.wallet import WALLET_MAILS
from services.notify.mails.work import WORK_MAILS
from shared.markers import N_

RECOGNITION_NAMES: Mapping[str, str] = {
    "ipi": N_("IPI/BIV registration"),
    "fs323": N_("FS323 verification"),
    "cib": N_("CIB Vlaanderen membership"),
}

MAILS: Mapping[str, Mail] = {
    **ACCOUNT_MAILS,
    **SECURITY_MAILS,
    **WORK_MAILS,
    **TOOL_MAILS,
    **INVITATION_MAILS,
    **WALLET_MAILS,
    **PLAN_MAILS,
}
