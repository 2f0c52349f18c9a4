"""Names of queues and tasks. Stages enqueue by name; a Celery message is a hint that may be lost."""

PLANNING = "planning"
DISPATCH = "dispatch"
MAINTENANCE = "maintenance"

QUEUES = (PLANNING, DISPATCH, MAINTENANCE)

PLAN_EVENT = "postpurchase.plan_event"
SWEEP_EVENTS = "postpurchase.sweep_events"
SWEEP_RETURNED = "postpurchase.sweep_returned"
SWEEP_DUE = "postpurchase.sweep_due"
DELIVER = "postpurchase.deliver"
SWEEP_LEASES = "postpurchase.sweep_leases"
WRITE_BACK = "postpurchase.write_back"
KEEP_CODES = "postpurchase.keep_codes"
LEARN = "postpurchase.learn"
PURGE_BODIES = "postpurchase.purge_bodies"

QUEUE_OF = {
    PLAN_EVENT: PLANNING,
    SWEEP_EVENTS: PLANNING,
    SWEEP_RETURNED: PLANNING,
    SWEEP_DUE: DISPATCH,
    DELIVER: DISPATCH,
    SWEEP_LEASES: MAINTENANCE,
    WRITE_BACK: MAINTENANCE,
    KEEP_CODES: MAINTENANCE,
    LEARN: MAINTENANCE,
    PURGE_BODIES: MAINTENANCE,
}
