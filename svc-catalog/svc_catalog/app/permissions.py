"""Which roles may do what in the catalogue; it must not know how a role is proved."""

PROVINCE_ROLE = "province_admin"
# The touch points that handle orders for subscribers, and the staff who help when one went wrong (GWY-02).
HANDLING_ROLES = ("portal", "hall_terminal", "agent", "branch_operator", PROVINCE_ROLE)
# Who only looks: reviews and audits need the same answers as the handlers get.
READING_ROLES = (*HANDLING_ROLES, "approver", "auditor")
# The inventory is one for all branches, so the province keeps it.
KEEPING_ROLES = (PROVINCE_ROLE,)
# How much is sold is for the operator's own people at the front line and above (CHN-30).
SALES_ROLES = ("hall_terminal", "agent", "branch_operator", PROVINCE_ROLE, "approver", "auditor")
# Whoever supervises outlets keeps them; whoever reviews a branch reads what became of them.
OUTLET_ROLES = ("branch_operator", PROVINCE_ROLE)
OUTLET_READING_ROLES = (*OUTLET_ROLES, "approver", "auditor")
