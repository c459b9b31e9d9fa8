"""Who asks the provider and gets no answer asks again later: that is no failure of ours."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps

from auction.core.outbox import PutOff, Task
from escrow.payments.gateway import ProviderUnavailable

PAUSE = timedelta(minutes=1)


def patient(handler: Callable[[Task], None]) -> Callable[[Task], None]:
    """Put a task off for a minute while the provider does not answer."""

    @wraps(handler)
    def ask(task: Task) -> None:
        try:
            handler(task)
        except ProviderUnavailable:
            raise PutOff(task.now + PAUSE) from None

    return ask
