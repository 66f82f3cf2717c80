"""Which role may do what, as one table of role to operations; an operation that no role has is closed to all."""

from collections.abc import Mapping

from carillon_gateway.http import catalogue_permissions as catalogue
from carillon_gateway.http import channel_permissions as channel
from carillon_gateway.identity.clients import Role

# Operations that need no token: probes, documents, the token itself, the links that subscribers tap, and what the
# systems behind lines tell, which svc-channel checks by what each line knows.
PUBLIC = frozenset(
    {"get_liveness", "get_readiness", "get_metrics", "get_docs", "get_docs_asset", "issue_token", "follow_link"}
    | {"tap_audition"}
    | channel.CALLBACKS
)

SUBSCRIBER_READS = frozenset({"get_subscriber", "get_draw_entrant", "list_balances", "list_ledger_entries"})
EVENTS = frozenset({"record_events"})
SEGMENT_READS = frozenset(
    {
        "get_snapshot",
        "list_rejects",
        "list_attributes",
        "get_segment",
        "list_segments",
        "list_definitions",
        "preview_rule",
        "count_overlap",
        "count_grid",
        "get_rebuild",
    }
)
# Members in a file: a branch gets its own alone, and numbers go only to who dials; svc-segment sees to both.
SEGMENT_EXPORTS = frozenset({"export_members"})
SEGMENT_WORK = (
    SEGMENT_READS
    | SEGMENT_EXPORTS
    | {
        "upload_snapshot",
        "end_life",
        "create_segment",
        "create_list",
        "change_list",
        "change_segment",
        "redefine_segment",
        "restore_definition",
        "request_rebuild",
        "size_handsets",
        "rank_handset_models",
    }
)
# Why something is recommended and what to say, for whoever talks to the subscriber.
MATCH_ANSWERS = frozenset({"get_subscriber_match", "list_subscriber_classes", "speak_script"})
MATCH_READS = MATCH_ANSWERS | {
    "list_tags",
    "list_scenes",
    "list_match_rules",
    "get_match",
    "list_classifications",
    "get_class_run",
    "list_monthly_runs",
}
# Lists have numbers: they are for who dials, a branch its own subscribers alone.
MATCH_LISTS = MATCH_READS | {"get_match_list", "get_class_list"}
MATCH_WORK = MATCH_LISTS | {
    "put_scene",
    "end_scene",
    "put_cells",
    "tag_segment",
    "remove_tag",
    "refresh_tags",
    "put_match_service",
    "create_match_rule",
    "end_match_rule",
    "load_match_library",
    "request_match",
    "put_classification",
    "request_classes",
}
CAMPAIGN_READS = frozenset({"list_campaigns", "get_campaign", "get_report"})
CAMPAIGN_WORK = CAMPAIGN_READS | {"create_campaign", "submit_campaign", "launch_campaign"}
# Kept apart from CAMPAIGN_WORK: no role has both, so a maker is never the checker.
APPROVAL = frozenset({"approve_campaign", "reject_campaign"})
LEDGER_READS = frozenset({"get_trial_balance"})
AUDITS = frozenset({"export_audit_log", "list_staff_numbers"})
DRAW_READS = frozenset({"get_draw", "get_draw_proof"})
# Tickets for the subscriber's own points; svc-reward refuses them where they would be given away.
DRAW_TICKETS = DRAW_READS | {"add_draw_entries"}
# A second party needs nothing but the draw and its own seed; svc-reward sees to it that it is another person.
DRAW_SEEDING = DRAW_READS | {"contribute_seed"}
DRAW_CHECKS = DRAW_SEEDING | {"reveal_draw", "void_draw", "list_draw_winners"}
DRAW_WORK = DRAW_CHECKS | {"create_draw", "open_draw", "add_draw_entries", "enter_subscribers", "freeze_draw"}
PRIZE_READS = frozenset({"list_prizes", "get_prize"})
PRIZE_WORK = PRIZE_READS | {"create_prize", "add_stock", "get_redemption", "fulfil_redemption"}
REDEEMING = PRIZE_READS | {
    "redeem_prize",
    "get_redemption",
    "cancel_redemption",
    "list_vouchers",
    "show_voucher",
}
# A merchant is a partner who takes vouchers.
MERCHANT_WORK = frozenset({"redeem_voucher", "use_member_code", "list_discounts"})
SALE_READS = frozenset({"get_sale", "get_claim", "get_group_buy"})
SALE_WORK = SALE_READS | {"create_sale", "create_group_buy"}
TAKING_PART = SALE_READS | {"enter_activity", "pay_claim", "release_claim", "join_group_buy"}
# Whose affiliate is whose, and that a maker is not the checker, svc-reward sees to.
AFFILIATE_READS = frozenset({"get_affiliate", "list_affiliate_events", "list_affiliate_statements", "get_statement"})
AFFILIATE_WORK = AFFILIATE_READS | {"register_affiliate", "create_link"}
COMMISSION_READS = AFFILIATE_READS | {
    "list_policies",
    "list_statements",
    "prove_statements",
    "get_settlement",
    "get_settlement_file",
}
COMMISSION_CHECKS = COMMISSION_READS | {"approve_policy", "approve_settlement", "reject_settlement"}
COMMISSION_WORK = (
    COMMISSION_CHECKS
    | AFFILIATE_WORK
    | {"create_policy", "refund_order", "record_experiences", "create_settlement", "pay_settlement"}
)

# What was earned, for whoever serves the subscriber; svc-reward sees to it that a maker is not the checker.
GRANT_ANSWERS = frozenset({"get_order_rewards", "list_subscriber_grants"})
GRANT_CHOOSING = GRANT_ANSWERS | {"choose_reward"}
GRANT_READS = GRANT_ANSWERS | {"list_grant_rules", "list_staff_grants", "list_refusals"}
GRANT_CHECKS = GRANT_READS | {"approve_grant_rule", "end_grant_rule", "award_rewards"}
GRANT_WORK = GRANT_CHECKS | GRANT_CHOOSING | {"create_grant_rule", "retry_grant", "retry_refusals"}
# Who recommended whom, and whose handset is subsidised, for whoever serves the subscriber.
FRIEND_READS = frozenset({"list_referrals", "list_subsidies", "list_referral_programmes", "list_discounts"})
FRIENDS = FRIEND_READS | {
    "issue_referral_code",
    "accept_referral_code",
    "recommend_friend",
    "give_gift",
    "issue_member_code",
}
SUBSIDIES = frozenset({"create_subsidy", "end_subsidy"})
DISCOUNTS = frozenset({"create_discount"})
PROGRAMME_CHECKS = FRIEND_READS | {"approve_referral_programme", "end_referral_programme"}
PROGRAMME_WORK = PROGRAMME_CHECKS | SUBSIDIES | DISCOUNTS | {"create_referral_programme"}
# Whose city it is, and that who reported does not verify, svc-reward sees to (RWD-02).
FULFILMENT_READS = frozenset(
    {"list_reward_reports", "get_reward_report", "get_reward_report_file", "list_fulfilments", "get_fulfilment"}
)
FULFILMENT_WORK = FULFILMENT_READS | {
    "verify_fulfilment",
    "verify_city",
    "complete_fulfilment",
    "complete_city",
    "fail_fulfilment",
}
REPORTING = FULFILMENT_WORK | {"issue_reward_report", "issue_mailing", "report_fulfilment_again"}

OPERATIONS: Mapping[Role, frozenset[str]] = {
    Role.PROVINCE_ADMIN: catalogue.WORK
    | {"put_directory", "set_prices"}
    | channel.AUDITION_LINKS
    | channel.RESOURCE_WORK
    | channel.MENU_WORK
    | channel.ROBOT_WORK
    | channel.HANDOVERS
    | channel.KNOWLEDGE_WORK
    | MATCH_WORK
    | REPORTING
    | COMMISSION_WORK
    | PROGRAMME_WORK
    | GRANT_WORK
    | DRAW_WORK
    | catalogue.ORDERING
    | SUBSCRIBER_READS
    | channel.CONTACT_WORK
    | EVENTS
    | SEGMENT_WORK
    | CAMPAIGN_WORK
    | LEDGER_READS
    | PRIZE_WORK
    | SALE_WORK,
    Role.BRANCH_OPERATOR: catalogue.WORK
    | {"put_directory", "push_menu"}
    | channel.AUDITION_LINKS
    | channel.RESOURCE_WORK
    | channel.MENU_READS
    | channel.ROBOT_WORK
    | channel.HANDOVERS
    | channel.KNOWLEDGE_WORK
    | GRANT_READS
    | {"create_grant_rule"}
    | MATCH_LISTS
    | FULFILMENT_WORK
    | AFFILIATE_WORK
    | FRIEND_READS
    | SUBSIDIES
    | DISCOUNTS
    | DRAW_WORK
    | catalogue.ORDER_READS
    | SUBSCRIBER_READS
    | channel.MESSAGE_WORK
    | SEGMENT_WORK
    | CAMPAIGN_WORK
    | LEDGER_READS
    | PRIZE_WORK
    | SALE_WORK,
    Role.APPROVER: catalogue.REVIEWS
    | channel.RESOURCE_READS
    | channel.MENU_READS
    | channel.ROBOT_READS
    | channel.KNOWLEDGE_READS
    | MATCH_READS
    | FULFILMENT_READS
    | COMMISSION_CHECKS
    | PROGRAMME_CHECKS
    | GRANT_CHECKS
    | DRAW_CHECKS
    | SEGMENT_READS
    | channel.TEMPLATE_CHECKS
    | CAMPAIGN_READS
    | APPROVAL
    | LEDGER_READS
    | PRIZE_READS
    | SALE_READS,
    Role.AUDITOR: catalogue.REVIEWS
    | channel.RESOURCE_READS
    | channel.MENU_READS
    | channel.ROBOT_READS
    | channel.KNOWLEDGE_READS
    | MATCH_READS
    | FULFILMENT_READS
    | COMMISSION_READS
    | FRIEND_READS
    | GRANT_READS
    | DRAW_READS
    | {"list_draw_winners"}
    | catalogue.ORDER_READS
    | SUBSCRIBER_READS
    | channel.CONTACT_READS
    | SEGMENT_READS
    | SEGMENT_EXPORTS
    | CAMPAIGN_READS
    | LEDGER_READS
    | AUDITS
    | PRIZE_READS
    | SALE_READS,
    Role.HALL_TERMINAL: catalogue.FRONT_LINE
    | channel.AUDITIONS
    | channel.KNOWLEDGE_READS
    | FRIENDS
    | SUBSIDIES
    | GRANT_CHOOSING
    | MATCH_ANSWERS
    | DRAW_TICKETS
    | catalogue.ORDERING
    | SUBSCRIBER_READS
    | channel.CONSENT_WORK
    | REDEEMING
    | TAKING_PART,
    Role.AGENT: catalogue.FRONT_LINE
    | channel.AUDITIONS
    | channel.HANDOVERS
    | channel.KNOWLEDGE_READS
    | FRIENDS
    | GRANT_CHOOSING
    | MATCH_ANSWERS
    | DRAW_READS
    | catalogue.ORDERING
    | SUBSCRIBER_READS
    | channel.CONSENT_WORK
    | PRIZE_READS
    | TAKING_PART,
    Role.PORTAL: catalogue.READS
    | channel.AUDITIONS
    | channel.AUDITION_LINKS
    | channel.SESSION_TURNS
    | channel.ROBOT_TALK
    | {"ask_knowledge"}
    | FRIENDS
    | GRANT_CHOOSING
    | MATCH_ANSWERS
    | {"record_experiences"}
    | DRAW_TICKETS
    | catalogue.ORDERING
    | SUBSCRIBER_READS
    | channel.CONSENT_WORK
    | EVENTS
    | REDEEMING
    | TAKING_PART,
    Role.AFFILIATE: catalogue.READS | AFFILIATE_WORK | DRAW_READS,
    Role.PARTNER: catalogue.READS | channel.PARTNER_ROBOTS | DRAW_SEEDING | EVENTS | MERCHANT_WORK,
}


def is_allowed(role: Role, operation: str) -> bool:
    """Whether the role may call the operation."""
    return operation in OPERATIONS[role]


def roles_for(operation: str) -> list[str]:
    """The roles that may call the operation, for documents and refusals."""
    return sorted(role.value for role, operations in OPERATIONS.items() if operation in operations)
