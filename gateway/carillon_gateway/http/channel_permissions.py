"""What may be done about what svc-channel does, in groups that roles hold; it must not know a role."""

# What lines' peers tell us: without a token, but with a proof that svc-channel judges.
CALLBACKS = frozenset({"take_push_result", "take_multimedia", "take_market_event"})
# A session orders for whoever it says it is: only the networks' own gateways, who are portals, take turns.
SESSION_TURNS = frozenset({"take_ussd_turn", "take_ivr_turn", "take_hotline_turn", "read_wap_menu"})
# What is said without a person, and what people say.
MENU_READS = frozenset({"list_menus", "get_menu", "list_scripts", "list_text_desks"})
# What is one for all branches: menus, at which numbers they answer, and where robots must be.
MENU_WORK = MENU_READS | {"put_menu", "put_script", "push_menu", "put_text_desk", "end_text_desk", "set_robot_cities"}
AUDITIONS = frozenset({"request_audition", "get_audition"})
# A link reaches into somebody's hand later: for portals, and who may send messages.
AUDITION_LINKS = frozenset({"make_audition_link"})
ROBOT_TALK = frozenset({"take_robot_message"})
# Which robot is whose, svc-channel sees to.
PARTNER_ROBOTS = ROBOT_TALK | {"list_handovers"}
ROBOT_READS = frozenset({"list_robots", "get_robot_report", "list_handovers"})
ROBOT_WORK = ROBOT_READS | {"put_robot"}
HANDOVERS = frozenset({"list_handovers", "answer_handover"})
KNOWLEDGE_READS = frozenset({"ask_knowledge", "list_knowledge", "read_wap_staff"})
# Whose of the staff may ask by SMS; whose branch they are, svc-channel sees to.
STAFF_NUMBERS = frozenset({"list_staff_numbers", "put_staff_number", "remove_staff_number"})
KNOWLEDGE_WORK = KNOWLEDGE_READS | STAFF_NUMBERS | {"create_knowledge", "change_knowledge", "retire_knowledge"}
# What multimedia messages show.
RESOURCE_READS = frozenset({"get_resource"})
RESOURCE_WORK = RESOURCE_READS | {"add_rendition"}
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
CONTACT_WORK = MESSAGE_WORK | TEMPLATE_CHECKS | {"put_quiet_hours", "forbid_word", "allow_word"}
