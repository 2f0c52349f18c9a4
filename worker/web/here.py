"""What handlers are given of the application that serves them."""

from typing import Annotated

from fastapi import Depends, Request

from worker.bootstrap import Installation


def _installation(request: Request) -> Installation:
    found: Installation = request.app.state.installation
    return found


Here = Annotated[Installation, Depends(_installation)]
