"""What somebody announces before a value: 户号, 联系电话, 工单号, my account number."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

import re2

from qa.redaction.hints import FOLDED, Hint

REACH = 18
"""Characters between a cue and its value."""

_WORDS: dict[str, str] = {
    "tail": r"尾号|尾数|[末后](?:[四4][位个]?|[三五六356]位)(?:数字|数|号码)?|(?i:last four|ending (?:in|with))",
    "id_card": r"身份证(?:号码?)?|身份号码|证件号码?|(?i:national id|id card)",
    "bank_card": r"银行卡号?|储蓄卡号?|信用卡号?|卡号|银行账[户号]|(?i:(?:credit|debit|bank) card|card(?: number)?|visa|mastercard|amex)",
    "uscc": r"信用代码|社会信用|税号|纳税人识别号|组织机构代码|机构代码|(?i:tax id)",
    "ssn": r"(?i:social(?: security)?(?: number)?|ssn)",
    "passport": r"护照号?码?|通行证号?码?|台胞证号?码?|军官证号?码?|驾驶证号?码?|驾照号?码?"
    r"|(?i:passport(?: number| no)?|driver(?:['’]?s|s['’])? licen[cs]e(?: number| no)?)",
    "plate": r"(?i:(?:licen[cs]e|number) plate|plate number|(?:my|your|his|her|the) plate)",
    "messenger": r"微信号?|(?i:QQ)号?码?|(?i:wechat)",
    "code": r"验证码|校验码|密码|口令|(?i:verification code|passcode|password|pin code|one[- ]time code|code(?: is|:))",
    "zip": r"邮编|邮政编码|(?i:zip(?: code)?|postal code|postcode)",
    "account": (
        r"户号|(?:社保|医保|社会保障)卡(?:卡?号)?|(?:客户|用户|用电|缴费|电表|水表|燃气|会员|计量|资产|表计|营销)(?:户号|编号|编码|号码|账号|资产号|号)|表号|[账帐]号|[账帐]户号?码?|保单号"
        r"|(?i:(?:account|meter|acct)(?: (?:number|no|id|code))?|(?:customer|member|policy|service|premise) (?:number|no|id|code))"
    ),
    "phone": (
        r"电话|手机|号码|联系方式|座机|来电|回电|拨打?|打给|呼叫|小灵通|传真"
        r"|(?i:phone|cell|mobile|telephone|call(?:ing)?(?: me| us)?(?: back)?(?: at| on)?|reach (?:me|us)|fax|callback|text me|number)"
    ),
    "ticket": (
        r"工单(?:号码?|编号)?|单号|流水号|受理(?:号|编号)|报修单号?|单子|诉求编号|投诉(?:单号?|编号)|订单(?:号|编号)?|批次号?|文号|案件号|编号|快递|型号|条码|档案号|合同号?"
        r"|(?i:(?:ticket|case|order|reference|confirmation|tracking|work order|invoice|incident|model)(?: (?:number|no|id|code))?"
        r"|(?:error|fault|area|reason|outage|promo|country|dialling|dialing|status|trouble|product|bar|rate) code)"
    ),
    "badge": r"工号|坐席|座席|警号|员工号|客服号|(?i:badge|agent id|employee|operator)(?i: number)?",
    "reading": r"示数|读数|表码|表底|底数|止码|起码|抄见|(?i:reading)",
}
NUMBERED = ("account", "id_card", "bank_card", "ssn", "passport")
"""Kinds whose end may be asked for: 户号后四位."""
_OF = 3
"""Characters between what a tail is of and the tail: 户号的后四位."""
_ORDER = tuple(_WORDS)
_CUES = re2.compile("|".join(f"({words})" for words in _WORDS.values()))
_HINT = Hint(f"{FOLDED}尾末后证身驾卡银信税纳机护通台军微码密令邮号户话手联回来拨打呼真单诉批递合席数表底抄")
_ENDS = "。？！?!\n"


@dataclass(frozen=True, slots=True)
class Cues:
    """The cues of a text: where each ends, and what it announces."""

    ends: tuple[int, ...]
    kinds: tuple[str, ...]

    def before(self, text: str, place: int, reach: int = REACH) -> str:
        """The kind announced by the nearest cue before ``place`` in the same sentence; empty when there is none."""
        index = bisect_left(self.ends, place + 1) - 1
        if index < 0 or place - self.ends[index] > reach:
            return ""
        between = text[self.ends[index] : place]
        return "" if any(c in _ENDS for c in between) else self.kinds[index]

    def last(self, start: int, end: int) -> str:
        """The kind of the last cue that ends in ``[start, end]``; empty when there is none."""
        index = bisect_left(self.ends, end + 1) - 1
        return self.kinds[index] if index >= 0 and self.ends[index] > start else ""


_NONE = Cues((), ())


def cues_in(text: str) -> Cues:
    """All cues of ``text``."""
    if not _HINT.may(text):
        return _NONE
    ends: list[int] = []
    kinds: list[str] = []
    for match in _CUES.finditer(text):
        kind = _ORDER[(match.lastindex or 1) - 1]
        if kind == "tail" and kinds and kinds[-1] in NUMBERED and match.start() - ends[-1] <= _OF:
            kind = f"tail:{kinds[-1]}"
        ends.append(match.end())
        kinds.append(kind)
    return Cues(tuple(ends), tuple(kinds))
