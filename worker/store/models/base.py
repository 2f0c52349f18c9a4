"""The declarative base: column types by annotation, names of constraints, partial indexes."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, Index, MetaData, Numeric, Text, Uuid, text
from sqlalchemy.orm import DeclarativeBase

from worker.store.types import Json, Moment

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


Amount = Numeric(18, 4)


def partial_index(name: str, condition: str, *columns: str) -> Index:
    """An index of the rows that the condition holds for, in either database."""
    return Index(name, *columns, postgresql_where=text(condition), sqlite_where=text(condition))


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: Moment(),
        dict[str, Any]: Json,
        list[Any]: Json,
        str: Text(),
        UUID: Uuid(),
        int: BigInteger(),
    }
