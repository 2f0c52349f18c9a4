"""The core: what is sent and when. Pure: no I/O, no clock; `now` is always an argument."""
