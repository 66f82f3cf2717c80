"""Every word the console says, in English and Chinese; it must not hold figures or HTML."""
# ruff: noqa: RUF001 -- Chinese has punctuation of its own

from dataclasses import dataclass

from carillon_gateway.console.language import Language

# Under each key the English text, then the Chinese.
TEXTS: dict[str, tuple[str, str]] = {
    "brand": ("Carillon", "Carillon"),
    "console": ("Operations console", "运营控制台"),
    "other_language": ("中文", "English"),
    "sign_in": ("Sign in", "登录"),
    "sign_out": ("Sign out", "退出"),
    "sign_in_help": (
        "Use the client id and secret you were given. The command “carillon credentials” shows those of the demo.",
        "请输入分配给您的客户端标识和密钥。演示环境的凭据可用命令“carillon credentials”查看。",
    ),
    "role_province_admin": ("Province administrator", "省公司管理员"),
    "role_branch_operator": ("Branch operator", "分公司操作员"),
    "role_approver": ("Approver", "审批员"),
    "role_auditor": ("Auditor", "审计员"),
    "role_hall_terminal": ("Hall terminal", "营业厅终端"),
    "role_agent": ("Agent", "客服坐席"),
    "role_portal": ("Portal", "门户"),
    "role_affiliate": ("Affiliate", "联盟商"),
    "role_partner": ("Partner", "合作伙伴"),
    "client_id": ("Client id", "客户端标识"),
    "secret": ("Secret", "密钥"),
    "needed": ("Needed", "必填"),
    "campaigns": ("Campaigns", "营销活动"),
    "campaigns_help": (
        "The precision-marketing campaigns you may see, the newest first. Open one to see its figures.",
        "您可查看的精准营销活动，最新的在前。点击查看效果。",
    ),
    "no_campaigns": ("No campaigns yet", "暂无营销活动"),
    "no_campaigns_help": (
        "Create one with POST /api/v1/campaigns; the API's pages show how. It appears here by itself.",
        "请通过 POST /api/v1/campaigns 创建，接口文档中有示例。创建后会自动显示在这里。",
    ),
    "open_docs": ("API documentation", "接口文档"),
    "back": ("All campaigns", "全部活动"),
    "branch": ("Branch", "分公司"),
    "province": ("Province", "全省"),
    "made_by": ("Made by", "创建人"),
    "approved_by": ("Approved by", "审批人"),
    "launched_at": ("Launched", "启动时间"),
    "window_ends_at": ("Responses count until", "响应窗口截止"),
    "created_at": ("Created", "创建时间"),
    "arms": ("{count} arms", "{count} 个分组"),
    "state_draft": ("Draft", "草稿"),
    "state_submitted": ("Awaiting approval", "待审批"),
    "state_approved": ("Approved", "已审批"),
    "state_rejected": ("Rejected", "已驳回"),
    "state_launching": ("Launching", "启动中"),
    "state_running": ("Running", "进行中"),
    "state_completed": ("Completed", "已结束"),
    "rejected_because": ("Rejected: {reason}", "驳回原因：{reason}"),
    "launch": ("Launch", "启动进度"),
    "launch_help": (
        "The dark bar is messages with a final receipt, the light bar messages handed to the channel.",
        "深色为已收到最终回执的消息，浅色为已提交通道的消息。",
    ),
    "launch_done": ("{done} of {total} messages ended", "{total} 条消息中已完成 {done} 条"),
    "launch_preparing": ("Booking the contacts …", "正在登记接触名单……"),
    "members": ("Members", "成员"),
    "booked": ("Booked", "已登记"),
    "handed": ("Handed to channel", "已提交通道"),
    "delivered": ("Delivered", "已送达"),
    "failed": ("Failed", "失败"),
    "in_doubt": ("In doubt, sent again", "存疑重发"),
    "before_launch": ("No figures before the launch", "启动前暂无数据"),
    "before_launch_draft": (
        "The campaign is a draft. Submit it, have another person approve it, then launch it.",
        "活动仍为草稿。请提交，由另一人审批后再启动。",
    ),
    "before_launch_submitted": (
        "The campaign waits for another person's approval. Figures appear here with the launch.",
        "活动正等待他人审批。启动后将显示数据。",
    ),
    "before_launch_approved": (
        "The campaign is approved and can be launched. Figures appear here by themselves.",
        "活动已审批，可以启动。启动后将自动显示数据。",
    ),
    "before_launch_rejected": (
        "The campaign was rejected and will not be launched.",
        "活动已被驳回，不会启动。",
    ),
    "report_soon": (
        "The launch has begun; figures appear here as soon as the first contacts are booked.",
        "活动已启动，登记首批接触后将显示数据。",
    ),
    "totals_help": (
        "Sums over the arms that were contacted, without the hold-out.",
        "仅统计被接触的分组，不含对照组。",
    ),
    "contacted": ("Contacted", "已接触"),
    "responded": ("Responded", "已响应"),
    "converted": ("Converted", "已转化"),
    "rewarded": ("Rewarded", "已奖励"),
    "revenue": ("Revenue", "收入"),
    "share_of": ("{percent} of contacted", "占接触 {percent}"),
    "arm": ("Arm", "分组"),
    "holdout": ("hold-out", "对照组"),
    "subscribers": ("Subscribers", "用户数"),
    "response_rate": ("Response rate", "响应率"),
    "conversion_rate": ("Conversion rate", "转化率"),
    "revenue_per_subscriber": ("Revenue per subscriber", "户均收入"),
    "by_arm": ("Arms", "分组明细"),
    "by_arm_help": (
        "A subscriber counts once however often they answer. Revenue is what their orders spent inside the window.",
        "同一用户多次响应只计一次。收入为窗口期内订单金额。",
    ),
    "funnel": ("Funnel", "漏斗"),
    "funnel_help": (
        "How far each arm's subscribers came. Shares are of all the arm's subscribers.",
        "各分组用户到达的阶段。百分比以该分组全部用户为基数。",
    ),
    "rates": ("Results by arm", "各组效果"),
    "rates_help": (
        "Rates and revenue over all of an arm's subscribers, contacted or not.",
        "以分组全部用户（含未接触用户）为基数。",
    ),
    "uplift": ("Uplift against the hold-out", "相对对照组的提升"),
    "uplift_help": (
        "The difference to the hold-out; the bar is its 95 % interval. An interval right of zero is a gain beyond chance.",
        "与对照组之差，横线为 95% 置信区间。区间完全位于零右侧，说明提升并非偶然。",
    ),
    "no_uplift": ("This campaign has no hold-out, so its uplift can't be told.", "该活动没有对照组，无法计算提升。"),
    "uplift_soon": (
        "The uplift is told here as soon as the arms can be compared with the hold-out.",
        "各分组可与对照组比较后，此处将显示提升。",
    ),
    "points": (" pp", " 个百分点"),
    "points_axis": ("percentage points", "百分点"),
    "yuan_axis": ("yuan per subscriber", "元/户"),
    "interval": ("{estimate} ({low} to {high})", "{estimate}（{low} 至 {high}）"),
    "as_of": ("Figures as of {at}; this page follows by itself.", "数据截至 {at}，页面自动刷新。"),
    "loading": ("Loading …", "加载中……"),
    "not_found": ("No such campaign", "活动不存在"),
    "not_found_help": (
        "It may belong to another branch, or the address is incomplete.",
        "可能属于其他分公司，或地址不完整。",
    ),
    "page_not_found": ("No such page", "页面不存在"),
    "page_not_found_help": (
        "The address is wrong or was cut short.",
        "地址有误或不完整。",
    ),
    "error_unavailable": (
        "A service does not answer right now. The page keeps trying; the figures below may be old.",
        "服务暂无响应，页面会自动重试。下方数据可能不是最新。",
    ),
    "error_refused": ("The client id or the secret is wrong.", "客户端标识或密钥错误。"),
    "error_limit": ("Too many tries. Wait a little, then try again.", "尝试次数过多，请稍后再试。"),
    "error_permission": ("Your role may not see this.", "您的角色无权查看。"),
    "error_other": ("That did not work: {detail}", "操作失败：{detail}"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """Says a text in one language."""

    language: Language

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key with its values filled in; a KeyError for a key that does not exist is a bug."""
        english, chinese = TEXTS[key]
        return (chinese if self.language is Language.CHINESE else english).format(**values)
