"""What a session says by itself, in each language; must not hold what a menu says."""

from collections.abc import Mapping
from typing import Final

from svc_channel.domain.membership import MemberTier
from svc_channel.domain.sessions.actions import Outcome
from svc_channel.domain.sessions.menu import Language
from svc_channel.domain.template import FEN_A_YUAN

_ZH: Final[Mapping[str, str]] = {
    "onward": "#下页",
    "backward": "*上页",
    "back": "0返回",
    "leave": "0退出",
    "home": "00首页",
    "wrong": "输入有误,请重新输入",
    "nothing": "暂无内容",
    "goodbye": "感谢使用,再见",
    "away": "系统繁忙,未做任何办理,请稍后再试",
    "unsure": "系统繁忙,尚不知是否办理成功,请稍后查询,勿急于重复办理",
    "refused": "办理未成功",
    "ordered": "{service}已办理成功",
    "order_waits": "{service}已受理,开通后将另行通知",
    "order_rejected": "{service}未能办理",
    "quote_over": "所选内容已更新,请重新选择",
    "order_over": "该订单已失效,{service}未办理",
    "quote": "{service}\n优惠价: 高级会员{premium},普通会员{ordinary},非会员{non_member}",
    "tone_playing": "即将播放{title}",
    "tone_call": "请留意12530019来电,为您播放{title}",
    "tone_unknown": "没有这个铃音编码",
    "no_calls": "暂不能拨打试听电话,请直接拨12530019收听",
    "tone_download": "{service} {title}",
    "prices": "高级会员{premium},普通会员{ordinary},非会员{non_member}",
    "own_price": "您的价格: {price}",
    "price": "{yuan}元",
    "unpriced": "以公布资费为准",
    "campaign": "{name}\n{link}",
    "campaign_over": "活动已结束",
    "no_points": "您目前没有积分",
    "points": "{currency}: {amount}",
    "draw_entered": "报名成功,祝您好运",
    "draw_standing": "您已报名,无需重复",
    "claimed": "抢到了!编号{claim},请尽快确认",
    "sold_out": "已抢完,下次早点来",
    "already_claimed": "您已抢到过,编号{claim}",
    "not_open": "尚未开始",
    "closed": "活动已结束",
    "no_activity": "没有这个活动",
    "voted": "投票成功: {choice}",
    "signed_in": "签到成功",
    "answered": "答案已收到",
    "commented": "感谢您的留言",
    "quiz_form": "请按“答题 题号 答案”回复",
    "to_person": "已为您转接人工客服,请稍候答复",
    "complaint": "非常抱歉给您带来不便,已转人工客服处理,请稍候答复",
    "suggestion": "感谢您的建议,已记录",
    "unknown": "这个问题我还不会,已转人工客服,请稍候答复。回复“菜单”看看我能做什么",
    "order_by_menu": "回复“菜单”即可办理",
    "stranger": "您的号码尚未登记,无法办理",
    "unproven": "此处无法核实您的身份,请拨*100#或10086办理",
}
_EN: Final[Mapping[str, str]] = {
    "onward": "#Next",
    "backward": "*Previous",
    "back": "0Back",
    "leave": "0Exit",
    "home": "00Home",
    "wrong": "Not understood, please try again",
    "nothing": "Nothing here at the moment",
    "goodbye": "Thank you, goodbye",
    "away": "We are busy and nothing was done. Please try again later",
    "unsure": "We are busy and do not know yet whether it was done. Please check before you try again",
    "refused": "This could not be done",
    "ordered": "{service} is now active",
    "order_waits": "{service} is ordered; we tell you when it is active",
    "order_rejected": "{service} could not be ordered",
    "quote_over": "What you chose has changed meanwhile, please choose again",
    "order_over": "The order is over, and {service} was not ordered",
    "quote": "{service}\nPremium member {premium}, ordinary member {ordinary}, non-member {non_member}",
    "tone_playing": "Now playing {title}",
    "tone_call": "12530019 will call you and play {title}",
    "tone_unknown": "There is no such tone code",
    "no_calls": "We can not call you now; please dial 12530019 to listen",
    "tone_download": "{service} {title}",
    "prices": "premium member {premium}, ordinary member {ordinary}, non-member {non_member}",
    "own_price": "Your price: {price}",
    "price": "CNY {yuan}",
    "unpriced": "as published",
    "campaign": "{name}\n{link}",
    "campaign_over": "It is over",
    "no_points": "You have no points",
    "points": "{currency}: {amount}",
    "draw_entered": "You are in the draw. Good luck",
    "draw_standing": "You are in the draw already",
    "claimed": "You got one! Number {claim}, please confirm it soon",
    "sold_out": "Sold out",
    "already_claimed": "You have one already, number {claim}",
    "not_open": "It has not opened yet",
    "closed": "It is over",
    "no_activity": "There is no such activity",
    "voted": "Your vote counts: {choice}",
    "signed_in": "You are signed in",
    "answered": "Your answer is in",
    "commented": "Thank you for your comment",
    "quiz_form": "Please write: quiz, the question's number, your answer",
    "to_person": "You are handed to a person, who will answer soon",
    "complaint": "We are sorry. A person will look into it and answer soon",
    "suggestion": "Thank you for the suggestion; it is noted",
    "unknown": "I do not know that. A person will answer soon. Write menu to see what I can do",
    "order_by_menu": "Write menu to order it",
    "stranger": "Your number is not registered here",
    "unproven": "We can not be sure here that it is you: dial *100# or call 10086",
}
_WORDS: Final = {Language.ZH: _ZH, Language.EN: _EN}


def say(language: Language, key: str, **values: object) -> str:
    """The words in the language, with values filled in."""
    return _WORDS[language][key].format(**values)


def say_price(language: Language, fen: int | None) -> str:
    """An amount as people are told it; where it is published, for None."""
    if fen is None:
        return say(language, "unpriced")
    yuan = f"{fen // FEN_A_YUAN}.{fen % FEN_A_YUAN:02d}".removesuffix(".00")
    return say(language, "price", yuan=yuan)


def say_prices(language: Language, prices: Mapping[MemberTier, int | None]) -> Mapping[str, str]:
    """The three prices by the names that words have for them."""
    return {tier.value: say_price(language, prices[tier]) for tier in MemberTier}


def said(language: Language, key: str, **values: object) -> Outcome:
    """Something was done, and this is said of it."""
    return Outcome(text=say(language, key, **values).strip())


def failed(language: Language, key: str, **values: object) -> Outcome:
    """Nothing was done, and this is said of it."""
    return Outcome(text=say(language, key, **values), failed=True)
