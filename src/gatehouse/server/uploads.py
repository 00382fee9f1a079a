"""Uploads live in memory and nowhere else."""

from django.conf import settings
from django.core.files.uploadhandler import MemoryFileUploadHandler, StopUpload


class MemoryOnlyUploadHandler(MemoryFileUploadHandler):
    """Keeps every upload in memory and stops one that grows beyond `settings.UPLOAD_LIMIT` bytes."""

    def handle_raw_input(self, *args: object, **kwargs: object) -> None:
        self.activated = True
        self._taken = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        self._taken += len(raw_data)
        if self._taken > settings.UPLOAD_LIMIT:
            raise StopUpload(connection_reset=True)
        return super().receive_data_chunk(raw_data, start)
