"""The catalogue as events."""

from services.organisation.tools.rules import UsageMode
from services.organisation.tools.store import CatalogueTool
from services.organisation.tools.words import describer
from shared.events.catalogue import RoleEntry, ToolChanged, ToolPublished, UsageModeEntry
from shared.i18n import LANGUAGES


def tool_event(tool: CatalogueTool, *, is_new: bool) -> ToolPublished | ToolChanged:
    entry = tool.entry
    event = ToolPublished if is_new else ToolChanged
    return event(
        version=tool.version,
        tool_id=tool.id,
        state=entry.state,
        names=dict(entry.names),
        descriptions=dict(entry.descriptions),
        details=dict(entry.details or {}),
        sign_in_acr=entry.sign_in_acr,
        start_url=entry.start_url,
        support_email=entry.support_email,
        colours=dict(entry.colours),
        logo=entry.logo,
        banner=entry.banner,
        terms_version=entry.terms.version,
        terms_required_from=entry.terms.required_from,
        usage_modes=tuple(_mode(tool, mode) for mode in entry.usage_modes),
        recognition_names={kind: dict(names) for kind, names in entry.recognition_names.items()},
    )


def _mode(tool: CatalogueTool, mode: UsageMode) -> UsageModeEntry:
    describers = {language: describer(tool.entry, language) for language in LANGUAGES}
    return UsageModeEntry(
        id=mode.id,
        names=dict(mode.names),
        descriptions=dict(mode.descriptions),
        register_rule=mode.register_rule,
        use_rule=mode.use_rule,
        register_needs={language: describe(mode.rule_to_register()) for language, describe in describers.items()},
        use_needs={language: describe(mode.rule_to_use()) for language, describe in describers.items()},
        roles=tuple(RoleEntry(id=role.id, names=dict(role.names)) for role in mode.roles),
        is_restricted=mode.is_restricted,
        is_self_service=mode.is_self_service,
    )
