"""What facts, events and settings are made of."""

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """A frozen value; unknown fields are refused: in what people write they are slips."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Stored(BaseModel):
    """A frozen value that is kept in the database. Fields that it does not know are passed over: an older version wrote
    them, or a newer one does, beside which this one still runs."""

    model_config = ConfigDict(frozen=True, extra="ignore")
