"""A third set of sentences, written after mending with the second and run once."""

from __future__ import annotations

FRAMES: dict[str, tuple[str, ...]] = {
    "mobile": (
        "c: 记个备用的，{mobile}。",
        "a: 您留的号是空号，{mobile}，是不是少了一位？",
        "c: {mobile}我媳妇的，打这个。",
        "a: 短信发到{mobile}了。",
    ),
    "split_mobile": ("c: 手机\na: 您说\nc: {mobile/1}\na: 嗯，{echo/1}\nc: {mobile/2}\na: 对\nc: {mobile/3}就这个",),
    "landline": ("c: 厂里的总机是{landline}。", "a: 请拨{landline}找营业厅。"),
    "id_card": ("c: 公民身份号码{id_card}。", "c: 他本人的身份证{id_card}，我代办。"),
    "bank_card": ("c: 扣款用的建行卡{bank_card}。",),
    "uscc": ("c: 公司税号你记一下，{uscc}。",),
    "passport": ("a: 请提供护照号码。\nc: {passport}。",),
    "plate": ("c: 挡在配电房门口的是{plate}。",),
    "account": ("c: 查一下{account}，这是我户号。", "a: 用户编号{account}已销户。", "c: 我家表号是{account}。"),
    "email": ("c: 麻烦发{email}这个邮箱。",),
    "address": ("c: 这里是{address}，电线着火了。", "a: 师傅，去{address}。", "c: 具体是{address}，靠马路。", "c: 合同上写的{address}。"),
    "name": ("c: 我叫{name}啊，前天打过。", "a: 户主姓名是{name}对吧。", "c: 房主叫{name}。", "a: 感谢{name}女士的来电。"),
    "family": ("c: 姓{family}，叫我小王就行。", "a: 那就这样，{family}先生再见。"),
    "en_phone": ("c: My husband's cell is {en_phone}.", "a: Is {en_phone} still the best number?"),
    "en_ssn": ("a: And the social?\nc: {en_ssn}.",),
    "en_card": ("c: Use the Mastercard, {en_card}.",),
    "en_address": ("c: There's a line down near {en_address}.", "a: Service address {en_address}."),
    "en_name": ("c: Yeah, my name is {en_name}.", "c: It's under {en_name}.", "a: Is this {title} {en_last}?"),
    "en_account": ("c: Account {en_account}.", "a: I show account number {en_account}."),
}

CLEAN: tuple[str, ...] = (
    "这次抄表{reading}，比上次多了{kwh}度。",
    "{place}计划{hour}点停电，{hours}小时后恢复。",
    "您的业务编号{ticket}，{small}个工作日办结。",
    "{amount}元已经退回，{date}到账。",
    "请问先生您在{place}哪个位置？",
    "谢谢您，女士，祝您生活愉快。",
    "我是{badge}，很高兴为您服务。",
    "充电费每度{cent}分，服务费另算，功率{kw}千瓦。",
    "从{year}年到现在换过{small}次表。",
    "{place}变电站{volt}伏线路检修，编号{small}。",
    "三号、五号、七号楼都没电，一二单元有电。",
    "You were charged ${amount} on {en_date}.",
    "Crews work until {hour} tonight.",
    "Your reference number is {ticket}.",
    "I waited {minutes} minutes and nobody came.",
    "One moment please, this is taking a while.",
)
