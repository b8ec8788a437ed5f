"""An access point that takes files from a folder, as many do: SFTP, a shared disk, a program that watches."""

import asyncio
import os
from pathlib import Path

from services.wallet.invoices.access_point.port import AccessPointRefused, AccessPointUnavailable, Outgoing

_HIDDEN = ".part"


class FileDrop:
    """A file appears whole or not at all. Its name: the invoice's number and the receiver."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, document: Outgoing) -> str:
        return await asyncio.to_thread(self._send, document)

    def _send(self, document: Outgoing) -> str:
        scheme, _, identifier = document.receiver.partition(":")
        if not (scheme.isalnum() and identifier and all(letter.isalnum() or letter in "-._" for letter in identifier)):
            raise AccessPointRefused(f"not a Peppol identifier: {document.receiver}")
        name = f"{document.number}_{scheme}_{identifier}.xml"
        part = self._folder / f".{document.id}{_HIDDEN}"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with part.open("w", encoding="utf-8") as file:
                file.write(document.xml)
                file.flush()
                os.fsync(file.fileno())
            part.replace(self._folder / name)
        except OSError as error:
            raise AccessPointUnavailable(str(error)) from error
        return name
