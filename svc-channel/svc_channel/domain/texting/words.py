"""What staff are told by SMS, in each language; must not hold what knowledge or sales say."""

from collections.abc import Mapping
from typing import Final

from svc_channel.domain.sessions.menu import Language

# Who misspelt a command may have meant either language.
HELP: Final = (
    "查销量: 销量 业务 [渠道] [今天|昨天|本月] [地市]\n查产品和政策: 直接提问\n"
    "Sales: SALES service [channel] [today|yesterday|month] [branch]\nProducts and policy: just ask"
)
_ZH: Final[Mapping[str, str]] = {
    "no_service": "没有这个业务: {word}",
    "too_much": "看不懂: {word}",
    "other_branch": "您只能查询{branch}的销量",
    "busy": "系统繁忙,请稍后再试",
    "refused": "查询未成功",
    "unknown": "知识库里没有答案,已转人工,请稍候答复",
    "not_written": "知识库里没有答案",
    "all_services": "全部业务",
    "everywhere": "全部地市",
    "nowhere": "未知地市",
    "no_touchpoint": "未知渠道",
    "head": "{service} {days} {branch}\n登记{ordered} 开通{active} 取消{cancelled}",
    "line": "{touchpoint} {branch}: {ordered}/{active}/{cancelled}",
}
_EN: Final[Mapping[str, str]] = {
    "no_service": "There is no service {word}",
    "too_much": "Not understood: {word}",
    "other_branch": "You see the sales of {branch} only",
    "busy": "We are busy, please try again later",
    "refused": "This could not be looked up",
    "unknown": "Nobody has written that down yet. A person will answer soon",
    "not_written": "Nobody has written that down yet",
    "all_services": "All services",
    "everywhere": "all branches",
    "nowhere": "unknown branch",
    "no_touchpoint": "unknown channel",
    "head": "{service} {days} {branch}\nordered {ordered}, active {active}, cancelled {cancelled}",
    "line": "{touchpoint} {branch}: {ordered}/{active}/{cancelled}",
}
_WORDS: Final = {Language.ZH: _ZH, Language.EN: _EN}


def tell(language: Language, key: str, **values: object) -> str:
    """The words in the language, with values filled in."""
    return _WORDS[language][key].format(**values)
