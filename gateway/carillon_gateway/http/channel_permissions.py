"""What may be done about what svc-channel does, in groups that roles hold; it must not know a role."""

# What subscribers allow, for whoever hears it from them.
CONSENT_READS = frozenset({"list_consents"})
CONSENT_WORK = CONSENT_READS | {"record_consent"}
# Whose message it is, who reads its text, and that a maker is not the checker, svc-channel sees to.
CONTACT_READS = CONSENT_READS | {
    "get_message",
    "list_templates",
    "get_template",
    "list_quiet_hours",
    "list_keywords",
    "list_forbidden_words",
}
TEMPLATE_CHECKS = CONTACT_READS | {"preview_template", "approve_template", "reject_template"}
MESSAGE_WORK = CONTACT_READS | {
    "record_consent",
    "send_message",
    "create_template",
    "preview_template",
    "put_keyword",
    "end_keyword",
}
CONTACT_RULES = frozenset({"put_quiet_hours", "forbid_word", "allow_word"})
