"""The declarative base: column types by annotation, names of constraints, partial indexes."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, Index, MetaData, Numeric, Text, Uuid, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.schema import CreateIndex

from worker.store.types import Json, Moment

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


Amount = Numeric(18, 4)
CONDITION = "condition"
"""In an index's info: which rows it holds."""


def partial_index(name: str, condition: str, *columns: str) -> Index:
    """An index of the rows that the condition holds for, in either database."""
    return Index(name, *columns, sqlite_where=text(condition), info={CONDITION: condition})


@compiles(CreateIndex, "postgresql")
def _create_index(create: CreateIndex, compiler: Any, **how: Any) -> str:
    """With its condition. `postgresql_where` would load PostgreSQL's dialect also where there is none."""
    made: str = compiler.visit_create_index(create, **how)
    condition = create.element.info.get(CONDITION)
    return f"{made} WHERE {condition}" if condition else made


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: Moment(),
        dict[str, Any]: Json(),
        list[Any]: Json(),
        str: Text(),
        UUID: Uuid(),
        int: BigInteger(),
    }
