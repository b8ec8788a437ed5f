"""Mails about what is bought in advance: plans and credits of tools."""

from collections.abc import Mapping

from services.notify.mails.mail import Mail
from shared.markers import N_

_PLANS = "/organisations/{organisation_id}/wallet/plans"
_TOP_UP = "/organisations/{organisation_id}/wallet/top-up"
_NOT_RENEWED = N_(
    "It is not renewed by itself. Without a plan each use is paid from the wallet; you can buy a new plan at any time."
)
_RENEWED = N_(
    "It is then renewed by itself, at the price of that day, if the wallet holds enough. You can switch that off in time."
)
PLAN_MAILS: Mapping[str, Mail] = {
    "plan-bought": Mail(
        N_("{organisation} has a plan for {tool}"),
        (
            N_("It was paid from the wallet: {amount_cents:money} with VAT. Its last day is {ends_on:date}."),
            N_("There is nothing that you must do: {tool} counts each use on the plan by itself. The invoice follows."),
        ),
        N_("See the plans"),
        _PLANS,
    ),
    "plan-renewed": Mail(
        N_("The plan of {organisation} for {tool} was renewed"),
        (
            N_("It was paid from the wallet: {amount_cents:money} with VAT. Its last day is {ends_on:date}."),
            N_("Do you not want it to be renewed again? You can switch that off with the plan."),
        ),
        N_("See the plans"),
        _PLANS,
    ),
    "plan-ending": Mail(
        N_("The plan of {organisation} for {tool} ends on {ends_on:date}"), (_NOT_RENEWED,), N_("See the plans"), _PLANS
    ),
    "plan-ending-renewed": Mail(
        N_("The plan of {organisation} for {tool} is renewed on {ends_on:date}"),
        (_RENEWED,),
        N_("See the plans"),
        _PLANS,
    ),
    "plan-ending-uses": Mail(
        N_("Uses that are left for {organisation} in {tool}: {uses_left}"),
        (N_("The plan runs until {ends_on:date}, or until its uses are used up."), _NOT_RENEWED),
        N_("See the plans"),
        _PLANS,
    ),
    "plan-ending-uses-renewed": Mail(
        N_("Uses that are left for {organisation} in {tool}: {uses_left}. Then the plan is renewed"),
        (N_("The plan runs until {ends_on:date}, or until its uses are used up."), _RENEWED),
        N_("See the plans"),
        _PLANS,
    ),
    "plan-used-up": Mail(
        N_("The plan of {organisation} for {tool} is used up"),
        (
            N_(
                "Everyone can go on working: from now on each use is paid from the wallet. You can buy a new plan at any time."
            ),
        ),
        N_("See the plans"),
        _PLANS,
    ),
    "plan-expired": Mail(
        N_("The plan of {organisation} for {tool} has ended"),
        (
            N_(
                "Everyone can go on working: from now on each use is paid from the wallet. You can buy a new plan at any time."
            ),
        ),
        N_("See the plans"),
        _PLANS,
    ),
    "plan-renewal-failed": Mail(
        N_("The plan of {organisation} for {tool} could not be renewed"),
        (
            N_(
                "It costs {amount_cents:money} with VAT, and the wallet could not pay that. There is {balance_cents:money} in it."
            ),
            N_(
                "It is tried again each day for a week. Top up in time; when the plan is over, each use is paid from the wallet."
            ),
        ),
        N_("Top up"),
        _TOP_UP,
    ),
    "plan-renewal-given-up": Mail(
        N_("The plan of {organisation} for {tool} was not renewed"),
        (
            N_(
                "It costs {amount_cents:money} with VAT, and the wallet could not pay that for a week. It is not tried again."
            ),
            N_("Everyone can go on working while the wallet can pay for each use. You can buy a new plan at any time."),
        ),
        N_("See the plans"),
        _PLANS,
    ),
    "plan-not-offered": Mail(
        N_("The plan of {organisation} for {tool} is no longer offered"),
        (
            N_(
                "This plan is not offered to the organisation any more. Whether there is another one stands with the plans."
            ),
        ),
        N_("See the plans"),
        _PLANS,
    ),
    "credits-bought": Mail(
        N_("{organisation} has new credits for {tool}: {credits}"),
        (N_("They were paid from the wallet: {amount_cents:money} with VAT. The invoice follows."),),
        N_("See the credits"),
        _PLANS,
    ),
}
