"""Business time. Real, or simulated by an offset that lives in the database, for all processes and restarts.

Business time governs delays, windows, quiet hours, caps, code validity, back-off and grace periods. Real time (the
database's clock) governs leases, time-outs, signature age and provider timestamps.
"""

import time
from datetime import UTC, datetime, timedelta

from worker.errors import SettingsError
from worker.settings import ClockMode
from worker.store.models import ClockRow
from worker.store.session import Database, insert_into

REFRESH_S = 30.0


class Clock:
    """Database time, measured now and then and carried on by the monotonic clock in between."""

    def __init__(self, database: Database, mode: ClockMode = ClockMode.REAL) -> None:
        self._database = database
        self.mode = mode
        self._measured: tuple[datetime, float] | None = None  # one value: threads share it

    def real_now(self) -> datetime:
        """The database's clock, aware UTC (at most 30 s since the last measurement)."""
        measured = self._measured
        if measured is None or time.monotonic() - measured[1] > REFRESH_S:
            measured = self._measured = (self._database.now(), time.monotonic())
        base, at = measured
        return base + timedelta(seconds=time.monotonic() - at)

    def now(self) -> datetime:
        """Business time, aware UTC."""
        return self.real_now() + self.offset()

    def offset(self) -> timedelta:
        """How far business time is ahead of the database's clock; zero with the real clock."""
        if self.mode is ClockMode.REAL:
            return timedelta(0)
        with self._database.read() as session:
            row = session.get(ClockRow, 1)
            return timedelta(microseconds=row.offset_us if row else 0)

    def refuse_real(self) -> None:
        """Lets whoever moves time pass.

        Raises:
            SettingsError: the clock is real.
        """
        if self.mode is ClockMode.REAL:
            raise SettingsError(
                "The clock is real. Set POSTPURCHASE_CLOCK=simulated for this and for `up` to move time."
            )

    def move_to(self, moment: datetime) -> None:
        """Moves simulated business time forward to `moment`.

        Raises:
            SettingsError: the clock is real, or `moment` lies in the past of business time.
        """
        self.refuse_real()
        offset = moment.astimezone(UTC) - self.real_now()
        if offset < self.offset():
            raise SettingsError("Time only moves forward.")
        offset_us = offset // timedelta(microseconds=1)
        with self._database.write() as session:
            row = insert_into(session, ClockRow).values(id=1, offset_us=offset_us)
            session.execute(row.on_conflict_do_update(index_elements=["id"], set_={"offset_us": offset_us}))
