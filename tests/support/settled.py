"""Loaded last by the fork server: what each process would do first is done, and never copied to look for garbage."""

import gc

from sqlalchemy.orm import configure_mappers

import worker.store.models  # noqa: F401 - the mappers are configured with all their tables

configure_mappers()
gc.collect()
gc.freeze()
