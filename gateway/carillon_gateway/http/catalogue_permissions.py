"""What may be done about what svc-catalog keeps, in groups that roles hold; it must not know a role."""

READS = frozenset({"list_services", "get_service", "list_directories", "list_channels"})
ORDER_READS = frozenset({"get_order", "list_subscriptions"})
ORDERING = ORDER_READS | {"place_order", "confirm_order", "cancel_order", "end_subscription"}
# How much is sold, for the front line and above; a branch sees its own, which svc-catalog sees to (CHN-30).
FRONT_LINE = READS | {"count_sales"}
# Whose outlet it is, svc-catalog sees to (CHN-34).
REVIEWS = FRONT_LINE | {"list_outlets", "list_visits", "get_coverage"}
WORK = REVIEWS | {"register_outlet", "change_outlet", "record_visit"}
