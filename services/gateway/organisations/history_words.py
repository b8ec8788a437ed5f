"""What the entries of an organisation's history are called. An action without an entry here is shown by its code.

`{actor}` and `{person}` are names, or what stands for one; `{tool}`, `{role}` and `{address}` are found from the ids among the entry's
details; any other placeholder is a detail of that name. Whatever is unknown shows as a dash.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from services.gateway.organisations.views import EMPLOYEE_TYPES
from shared.markers import N_


@dataclass(frozen=True)
class Said:
    """label: in the list that one filters by. text: who did what. own: by somebody on themselves; empty where that is said alike."""

    label: str
    text: str
    own: str = ""


ACTIONS: Mapping[str, Said] = {
    "create-organisation": Said(N_("Organisation created"), N_("{actor} created the organisation.")),
    "close-organisation": Said(
        N_("Organisation closed"), N_("The organisation was closed, because its last member left.")
    ),
    "close-organisation-by-manager": Said(N_("Organisation closed"), N_("{actor} closed the organisation.")),
    "close-organisation-by-support": Said(N_("Organisation closed"), N_("{actor} closed the organisation.")),
    "reopen-organisation": Said(
        N_("Organisation opened again"), N_("{actor} opened the organisation again, with {person} as its manager.")
    ),
    "change-organisation": Said(N_("Organisation data changed"), N_("{actor} changed the data of the organisation.")),
    "change-logo": Said(N_("Logo changed"), N_("{actor} changed the logo.")),
    "remove-logo": Said(N_("Logo removed"), N_("{actor} removed the logo.")),
    "change-cover": Said(N_("Cover picture changed"), N_("{actor} changed the cover picture.")),
    "remove-cover": Said(N_("Cover picture removed"), N_("{actor} removed the cover picture.")),
    "request": Said(N_("Asked to join"), N_("{person} asked to join.")),
    "adopt": Said(N_("Taken over from an older tool"), N_("An older tool named {person} as an employee.")),
    "confirm": Said(N_("Confirmed"), N_("{actor} confirmed {person}.")),
    "block": Said(N_("Blocked"), N_("{actor} blocked {person}.")),
    "activate": Said(N_("Activated again"), N_("{actor} activated {person} again.")),
    "add": Said(N_("Added"), N_("{actor} added {person}.")),
    "edit": Said(
        N_("Data changed"), N_("{actor} changed the data of {person}."), N_("{actor} changed their own data.")
    ),
    "promote": Said(N_("Made manager"), N_("{actor} made {person} a manager.")),
    "dismiss": Said(N_("No longer manager"), N_("{actor} decided that {person} is no longer a manager.")),
    "step-down": Said(N_("Stepped down"), N_("{actor} stepped down as manager.")),
    "remove": Said(N_("Removed"), N_("{actor} removed {person}.")),
    "leave": Said(N_("Left"), N_("{actor} left the organisation, or took back their request.")),
    "erase": Said(N_("Account erased"), N_("The account of an employee was erased.")),
    "merge": Said(N_("Accounts merged"), N_("Two accounts of {person} became one.")),
    "invite": Said(N_("Invited"), N_("{actor} invited {address}.")),
    "resend-invitation": Said(N_("Invitation sent again"), N_("{actor} sent the invitation to {address} again.")),
    "withdraw-invitation": Said(N_("Invitation withdrawn"), N_("{actor} withdrew the invitation to {address}.")),
    "accept-invitation": Said(N_("Invitation accepted"), N_("{person} accepted the invitation by mail.")),
    "decline-invitation": Said(N_("Invitation declined"), N_("The invitation to {address} was declined.")),
    "expire-invitation": Said(N_("Invitation expired"), N_("The invitation to {address} expired.")),
    "accept-terms": Said(N_("New terms accepted"), N_("{actor} accepted the new terms of {tool}.")),
    "register-tool": Said(N_("Tool registered"), N_("{actor} registered {tool}.")),
    "change-mandate": Said(
        N_("Registered under another recognition"), N_("{actor} put {tool} under the recognition of {person}.")
    ),
    "change-access": Said(N_("Access changed"), N_("{actor} changed the access of {person} to {tool}: {role}.")),
    "end-registration": Said(N_("Registration ended"), N_("{actor} ended the registration of {tool}.")),
    "appoint-tool-manager": Said(N_("Tool manager appointed"), N_("{actor} let {person} manage {tool}.")),
    "dismiss-tool-manager": Said(N_("Tool manager dismissed"), N_("{actor} no longer lets {person} manage {tool}.")),
    "request-role": Said(N_("Role asked for"), N_("{person} asked for access to {tool}: {role}.")),
    "withdraw-request": Said(N_("Request withdrawn"), N_("{person} withdrew their request for {tool}.")),
    "refuse-request": Said(
        N_("Request refused"), N_("{actor} refused {person} the role they asked for in {tool}: {role}.")
    ),
}

# What the details are called that no sentence mentions, and what their values mean.
DETAILS: Mapping[str, str] = {
    "changed": N_("Changed"),
    "manager": N_("Manager"),
    "role": N_("Role"),
    "terms_version": N_("Terms"),
    "tool_id": N_("Tool"),
    "type": N_("Place"),
    "usage_mode": N_("Usage mode"),
    "was": N_("Before"),
}
VALUES: Mapping[str, Mapping[str, str]] = {
    "type": EMPLOYEE_TYPES,
    "changed": {"type": N_("place"), "email": N_("e-mail address"), "phone": N_("telephone"), "fax": N_("fax")},
}
