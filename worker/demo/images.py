"""/demo/images: the pictures of the demo shop's catalogue. Served by the demo's web process alone."""

from importlib.resources import files

from fastapi import APIRouter, HTTPException
from fastapi.responses import Response

KINDS = {"jpg": "image/jpeg", "png": "image/png"}

router = APIRouter(prefix="/demo/images")


@router.get("/{name}")
def image(name: str) -> Response:
    """One picture, by the name of its file."""
    kind = KINDS.get(name.rpartition(".")[2])
    found = {entry.name: entry for entry in (files("worker.demo") / "images").iterdir()}
    if kind is None or name not in found:
        raise HTTPException(404, "There is no such picture.")
    return Response(found[name].read_bytes(), media_type=kind, headers={"Cache-Control": "max-age=3600"})
