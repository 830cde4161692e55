"""The sentences the recognisers were mended with. Figures on these prove nothing; see ``redaction_held_out.py``."""

from __future__ import annotations

FRAMES: dict[str, tuple[str, ...]] = {
    "mobile": ("c: 我的电话是{mobile}。", "a: 联系电话{mobile}对吗？", "c: {mobile}", "a: 尾号对的，完整号码{mobile}，记好了。"),
    "split_mobile": (
        "a: 电话多少？\nc: {mobile/1}\na: 嗯。\nc: {mobile/2}\na: 好的。\nc: {mobile/3}",
        "c: 电话是{mobile/1}\nc: {mobile/2}\nc: {mobile/3}",
        "c: {mobile/1}\na: {echo/1}\nc: {mobile/2}\na: {echo/2}\nc: {mobile/3}\na: {echo/3}",
    ),
    "landline": ("c: 座机{landline}。", "a: 打{landline}可以吗？"),
    "id_card": ("c: 身份证号{id_card}。", "a: 身份证是{id_card}，对吗？"),
    "bank_card": ("c: 卡号{bank_card}。", "a: 退到{bank_card}？"),
    "uscc": ("c: 信用代码{uscc}。", "a: 税号是{uscc}，对吧？"),
    "passport": ("c: 护照号码{passport}。",),
    "plate": ("c: 车牌号{plate}。", "c: 我的车{plate}被挡了。"),
    "account": ("c: 户号是{account}。", "a: 户号多少？\nc: {account}。", "c: 电表号{account}"),
    "email": ("c: 邮箱是{email}。", "a: 发到{email}对吗？"),
    "address": ("c: 地址是{address}。", "a: {address}，对吗？", "c: 我在{address}"),
    "name": ("c: 我叫{name}。", "a: 户主姓名？\nc: {name}", "a: {name}女士，您好。", "c: 户主叫{name}，是我爱人。"),
    "family": ("c: 我姓{family}。", "a: {family}先生您好。"),
    "en_phone": ("c: My phone number is {en_phone}.", "a: Your number?\nc: It's {en_phone}."),
    "en_ssn": ("c: My social security number is {en_ssn}.",),
    "en_card": ("c: My card number is {en_card}.",),
    "en_address": ("c: My address is {en_address}.", "c: I'm at {en_address}."),
    "en_name": ("c: My name is {en_name}.", "c: This is {en_name}.", "a: Thanks, {title} {en_last}."),
    "en_account": ("c: My account is {en_account}.",),
}

CLEAN: tuple[str, ...] = (
    "上个月用电{kwh}度，电费{amount}元。",
    "工单{ticket}已经派出去了。",
    "师傅{minutes}分钟到，请您保持电话畅通。",
    "工号{badge}为您服务。",
    "{date}恢复供电，{hour}点前。",
    "您打95598就可以。",
    "{place}停电了吗？",
    "您好先生，请问您贵姓？",
    "The bill of ${amount} is due on {en_date}.",
    "Your ticket number is {ticket}.",
)
