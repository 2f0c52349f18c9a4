"""GET /favicon.ico: the icon that browsers ask for beside every page; a white envelope on the product's green."""

from functools import lru_cache
from importlib.resources import files

from fastapi import APIRouter
from fastapi.responses import Response

KEPT = "public, max-age=604800"

router = APIRouter(include_in_schema=False)


@router.head("/favicon.ico")
@router.get("/favicon.ico")
def icon() -> Response:
    return Response(_picture(), media_type="image/x-icon", headers={"Cache-Control": KEPT})


@lru_cache(maxsize=1)
def _picture() -> bytes:
    return (files("worker.web") / "pages" / "favicon.ico").read_bytes()
