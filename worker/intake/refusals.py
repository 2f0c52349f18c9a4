"""Why a webhook is not taken."""

from worker.errors import UserError


class RefusalError(UserError):
    """A webhook is refused with this HTTP status; `detail` is safe to show and to log."""

    def __init__(self, status: int, detail: str) -> None:
        self.status = status
        self.detail = detail
        super().__init__(detail)
