"""The marker of a sentence that is translated later, apart from `i18n` so that rules and errors stay cheap to import."""


def N_(message: str) -> str:  # noqa: N802 - the name that every extractor of messages knows
    """Mark an English sentence for translation; it is translated where the reader's language is known."""
    return message
