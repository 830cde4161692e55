"""A second set of sentences, written after the recognisers were finished and run once: what a new centre would meet."""

from __future__ import annotations

FRAMES: dict[str, tuple[str, ...]] = {
    "mobile": (
        "c: 您看是不是{mobile}这个号，我换卡了。",
        "a: 抢修师傅的来电会打到{mobile}，请留意接听。",
        "c: 那个，{mobile}，打不通的话晚点再打。",
        "a: 方便留个手机吗？\nc: 嗯\nc: {mobile}。",
        "c: 我爸手机{mobile}，他腿脚不好，让师傅敲门大声点。",
    ),
    "split_mobile": (
        "a: 请讲。\nc: 号码是{mobile/1}\na: {echo/1}，嗯。\nc: {mobile/2}\na: 好的\nc: {mobile/3}，谢谢啊",
        "c: {mobile/1}\na: 好，您继续\nc: {mobile/2}\na: 嗯嗯\nc: {mobile/3}",
    ),
    "landline": ("c: 村委会电话{landline}，找老支书。", "a: 我们给{landline}回拨过两次都没人接。"),
    "id_card": ("c: 我读身份证啊，{id_card}。", "a: 尾数没听清，您再报一遍身份证号？\nc: {id_card}"),
    "bank_card": ("c: 多扣的钱打回{bank_card}就行。", "a: 您绑定的银行卡是{bank_card}吗？\nc: 对。"),
    "uscc": ("a: 企业过户需要信用代码。\nc: 好，{uscc}。", "c: 营业执照上那串是{uscc}。"),
    "passport": ("c: 她是外国人，护照号是{passport}。",),
    "plate": ("c: 肇事的车是{plate}，撞了电线杆。", "a: 车牌号{plate}，我记录一下。"),
    "account": (
        "c: 老户号{account}，新房子的还没有。",
        "a: 查到了，{account}这个户号欠费了。",
        "a: 请您报一下客户编号。\nc: 稍等，{account}。",
        "c: 表上贴的条，资产编号{account}。",
    ),
    "email": ("c: 发票开到{email}吧。", "a: 已经发送至{email}。"),
    "address": (
        "c: 师傅到了{address}找不到门。",
        "a: 工单地址写的是{address}。",
        "c: 我们搬到{address}了，要改地址。",
        "c: 就{address}这边，变压器嗡嗡响。",
    ),
    "name": (
        "c: 户名应该是{name}，查一下。",
        "a: 您好，请问是{name}先生吗？",
        "c: 本人{name}，昨天报的修。",
        "a: 联系人填谁？\nc: {name}。",
    ),
    "family": ("a: 您贵姓？\nc: 姓{family}。", "a: 请您放心，{family}女士。", "c: 你好，我姓{family}，昨天打过。"),
    "en_phone": ("c: If it drops, ring {en_phone}.", "a: We'll text {en_phone} when the crew is on the way."),
    "en_ssn": ("c: The last time I gave you my SSN, {en_ssn}.",),
    "en_card": ("c: Charge it to {en_card}.", "c: My debit card is {en_card}."),
    "en_address": ("c: The pole in front of {en_address} is leaning.", "c: We just moved to {en_address}."),
    "en_name": ("c: Hello, this is {en_name}, I called yesterday.", "c: My name's {en_name}.", "a: Good morning {title} {en_last}."),
    "en_account": ("c: It says account {en_account} on the bill.", "a: Your meter number is {en_account}, correct?"),
}

CLEAN: tuple[str, ...] = (
    "本月账单{amount}元，请在{month}月{day}日前缴纳。",
    "故障原因是{place}的{small}号环网柜跳闸。",
    "您的诉求编号为{ticket}，请记录。",
    "{badge}号坐席为您服务。",
    "非工作时间请拨打95598，或关注微信公众号。",
    "{year}年{month}月起执行新电价，每度{cent}分。",
    "一般{hours}个小时内处理，最长不超过{small}个工作日。",
    "这位先生说得对，那位女士也说对。",
    "我们这儿{place}全停了，{small}户人家。",
    "台区变压器{kva}千伏安，带{small}栋楼。",
    "上次报修的单子{ticket}一直没人处理。",
    "空气开关是{product}的。",
    "我已经说了三四遍了，一二三，能听到吗？",
    "表上显示{reading}，正常吗？",
    "保修到{date}，还剩{small}个月。",
    "麻烦您先把一楼和二楼的闸拉下来。",
    "That comes to ${amount} for {kwh} kilowatt hours.",
    "Our office is open from {hour} to five, Monday to Friday.",
    "This is the third time since {en_date}.",
    "Please have your ticket {ticket} ready.",
    "I am really upset about waiting {minutes} minutes.",
    "Is it one, two or three days?",
)
