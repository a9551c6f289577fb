"""Claims that advertising law forbids (V7) and medical or beauty-medicine claims (V8).

People exaggerate all day ("the best noodles of my life"): only market position, guaranteed or
absolute effect and freedom from all risk are claims. Being ill or seeing a doctor is no claim.
"""

from __future__ import annotations

from moderation.text.marks import Mark, marks, rule

_DOUBTED = (
    r"(?:不是|并非|没有|没|不|不敢|不能|不会|别信|哪有|所谓|号称|吹|不要信|谁说|质疑|说好的|"
    r"什么|怎么可能|not|no |isn.?t|claims?)"
    r"[^，,。]{0,4}$"
)
_EFFECT = (
    r"(?:有效|见效|瘦|白|祛|去|除|消|生发|根除|逆转|解决|好转|提分|上岸|录取|通过|成功|退款|"
    r"正品|安全|无副作用|瘦身|吸收|恢复|治愈)"
)

SUPERLATIVE_RULES = (
    rule(
        "claim.rank",
        0.75,
        (
            r"(?:国家级|世界级|宇宙级|全网|全国|全球|全世界|亚洲|行业|同行|销量|口碑|市场|业内|韩国|"
            r"日本|法国|国内|中国|世界)(?:里|"
            r"中)?(?:销[售量])?(?:第一|no\.? ?1|唯一|最[低强好大佳便高先优]|领先|"
            r"首[款创家个])(?!天|"
            r"次|场|季|名字|时间|梯队|人称|"
            r"部|个|条)"
        ),
        code="V7",
        not_after=_DOUBTED + "|考|排名|年级|学校",
    ),
    rule(
        "claim.rank",
        0.6,
        (
            r"独家首创|史上最(?:强|低|佳|优惠|便宜)|绝无仅有|前所未有的(?:效果|技术)|国家级|最(?:佳|"
            r"先进|高级|顶级)(?:的)?(?:品质|品牌|"
            r"配方|技术|服务|效果|产品|工艺|成分|团队|师资)|顶级(?:品质|配方|技术|工艺|服务|师资|"
            r"成分|团队)|(?:best|no\. ?1|"
            r"number one|cheapest|lowest)[a-z ]{0,12} (?:in the (?:world|market|country|"
            r"city)|worldwide|guaranteed|price guaranteed)"
        ),
        code="V7",
        not_after=_DOUBTED,
    ),
    rule(
        "claim.certain",
        0.75,
        (
            r"(?:100%|百分之?百|百分百|1000%|绝对|保证|包|保|必|一定能)(?:会|能|"
            rf"都)?(?:{_EFFECT})(?!色|天|粉|净|车|餐|"
            rf"糖)"
        ),
        code="V7",
        not_after=_DOUBTED + "|一个|这个|背|钱|书|的$|面|打|荷|皮|手|草|环",
        not_before="[包书]",
    ),
    rule(
        "claim.certain",
        0.7,
        (
            r"(?:包过|包会|包瘦|包治|包退包换包|保过|保录取|不过退款|无效退款|无效全额退|稳赚不赔|"
            r"稳赚|零风险|0风险|无风险(?:投资|理财|赚)|"
            r"永不(?:反弹|复发|脱落|掉色)|永久(?:脱毛|有效|祛|美白|不反弹|不复发)|不反弹|根治|"
            r"药到病除|立竿见影|立刻见效|马上见效|当天见效|"
            r"一次见效|一[盒瓶贴支](?:见效|搞定所有))"
        ),
        code="V7",
        not_after=_DOUBTED + "|[情背书钱面红]$",
    ),
    rule(
        "claim.certain",
        0.65,
        (
            r"(?:[0零无没][^\w\n]?(?:任何|有任何)?(?:毒)?副作用|[0零](?:风险|刺激|致敏)|(?:适合|"
            r"适用于?)(?:所有|任何|"
            r"一切)(?:肤质|人群|肌肤|体质)|解决(?:肌肤|皮肤|你)?(?:的)?(?:所有|一切|各种)(?:肌肤|"
            r"皮肤)?(?:的)?问题|"
            r"不含(?:有)?任何(?:化学|添加|防腐|有害)|纯天然(?:无添加|零添加|无刺激))"
        ),
        code="V7",
        not_after=_DOUBTED,
    ),
    rule(
        "claim.speed",
        0.65,
        (
            r"(?:[0-9一二两三五七十]{1,3}(?:秒|分钟|小时|天|周|个?疗程|次)(?:就|即可|就能|内|快速|"
            r"立刻|让你)?)(?:瘦|"
            r"白[0-9一二三两]|暴瘦|瘦[0-9]|美白|去黄|去除|消除|祛[痘斑皱]|根除|见效|告别|速通|提分|"
            r"逆袭|上岸|消灭)"
        ),
        code="V7",
        not_after=_DOUBTED + (r"|(?:努力|坚持|花了|用了|我)[^，,。]{0,3}$"),
    ),
    rule(
        "claim.speed",
        0.5,
        (
            r"不用(?:运动|节食|忌口|手术|努力|学)(?:也|就)(?:能|可以)?(?:轻松)?[^，,。]{0,3}(?:瘦|白|"
            r"高|提分|赚)|"
            r"躺[瘦赚](?!了)|guaranteed (?:results?|to (?:work|pass|lose|cure))|"
            r"100% (?:effective|guaranteed|cure|safe)|risk[- ]free|no side effects"
        ),
        code="V7",
        not_after=_DOUBTED,
    ),
)

_PERSONAL_ILLNESS = (
    r"(?:医生|大夫|医院|处方|医嘱|药剂师|护士|吃药|开了|开的|我妈|我爸|我奶奶|发炎|得了|确诊|"
    r"希望|祝|早日|不能|不要|无法|没法|不会|没有|并不|不是|"
    r"doctor|hospital|not )[^，,。]{0,10}$"
)
_AILMENT = (
    r"(?:痘痘?|痤疮|粉刺|皮炎|湿疹|过敏|炎症?|鼻炎|咽炎|关节炎?|颈椎病?|腰椎|失眠|便秘|近视|"
    r"脱发|秃头|白发|肥胖|痛经|宫寒|妇科|痔疮|脚气|灰指甲|"
    r"糖尿病|三高|高血压|血糖|血脂|结节|癌|肿瘤|抑郁|焦虑症?|牙周|蛀牙|口臭|狐臭|烧伤|疤痕?|"
    r"妊娠纹|静脉曲张|胃病|胃炎|肠胃病?|脂肪肝|肾虚|阳痿|不孕|"
    r"脾虚|湿气|风湿|劳损|干眼|视力|牙齿敏感|腹泻|感冒|咳嗽|哮喘|老寒腿)"
)
_PROCEDURE = (
    r"(?:双眼皮|开眼角|隆鼻|隆胸|丰胸|玻尿酸(?:填充|注射|丰)|水光针|热玛吉|超声炮|线雕|埋线|"
    r"瘦脸针|肉毒素?|除皱针|光子嫩肤|皮秒|激光祛|"
    r"医美|整形|整容|植发|吸脂|抽脂|溶脂针?|正畸|种植牙|牙齿矫正|隐形矫正|祛斑手术|微整|打针|"
    r"中胚层|mts|线雕|童颜针|少女针|近视手术|半永久|"
    r"botox|fillers?|liposuction|rhinoplasty|veneers)"
)

MEDICAL_RULES = (
    rule(
        "claim.cure",
        0.75,
        (
            r"(?:治好|治愈|根治|治疗|医治|专治|调理好|攻克|逆转|缓解|改善|预防|防治|消除|告别|摆脱|"
            r"解决)(?:了|我的?|各种|多年的?|困扰已久的|"
            rf"的|你的?|顽固|严重|慢性|腰部|肌肉的?|[^，,。\n]{{0,3}})?{_AILMENT}(?!肌(?!肉))"
        ),
        code="V8",
        not_after=_PERSONAL_ILLNESS,
        not_before=(r"的(?:医生|医院|方法有|费用)|(?:药|科)\s?(?:是|过敏)"),
    ),
    rule(
        "claim.cure",
        0.6,
        (
            rf"{_AILMENT}(?:[^，,。\n]{{0,6}})(?:治好|治愈|根治|痊愈|彻底好|全好了|全没了|都消失|"
            r"真的消失|断根|就好了|消失了|"
            rf"慢慢恢复|康复)"
        ),
        code="V8",
        not_after=_PERSONAL_ILLNESS,
    ),
    rule(
        "claim.active",
        0.45,  # one such word is how people talk of soap; two, or one beside a sale, are a claim
        (
            r"(?:消炎|抗炎|抑菌|抗菌|杀菌|解毒|排毒|祛湿|活血|化瘀|通络|补肾|壮阳|燃脂|溶脂|排油|"
            r"降[血三]?[糖脂压尿]|清热解毒|抗癌|防癌|养肝|"
            r"护肝|清肺|止咳|消肿|止痛|镇痛|助眠安神|促进(?:细胞|毛囊|骨骼)(?:再生|生长)|"
            r"修[复护](?:受损)?细胞|细胞再生|提高免疫力?|"
            r"增强免疫力?|医学认证|药用成分|药妆|械字号|医用级|临床(?:验证|证明|试验))(?:的)?(?:功效|"
            r"作用|效果|功能|成分|性能|[、，,和与]|"
            r"修[复护]|配方|专利|神器|面膜|产品|贴|茶|认证|$|[。！!\n])"
        ),
        code="V8",
        not_after=_PERSONAL_ILLNESS + (r"|(?:没有|无)$"),
    ),
    rule(
        "claim.referral",
        0.85,
        (
            rf"(?:{_PROCEDURE}[^。！!\n]{{0,16}}(?:预约|面诊|咨询|推荐(?:医院|医生|机构)|特价|优惠|"
            r"团购|案例|可约|招模特|"
            r"体验价|价格表|找我|私信|私我|加我|[vV]我)|(?:推荐|安利|介绍|联系|私信|预约|咨询|"
            rf"找)[^。！!\n]{{0,6}}(?:整形|医美|"
            rf"整容|植发|口腔)(?:医院|医生|机构|诊所|中心|门诊|顾问))"
        ),
        code="V8",
        not_after=(r"(?:求|有没有|有无|谁|请问|不|别)[^，,。]{0,5}$"),
    ),
    rule(
        "claim.dosage",
        0.4,
        (
            r"(?:一个?疗程|[0-9一二两三四五六]个?疗程|服用[^，,。\n]{0,8}(?:就|已经|"
            r"后)[^，,。\n]{0,6}(?:好了|改善|瘦|恢复|"
            r"消失))"
        ),
        code="V8",
        not_after=_PERSONAL_ILLNESS,
    ),
    rule(
        "claim.cure",
        0.7,
        (
            r"(?<![a-z])(?:cures?|treats?|heals?|eliminates?|reverses?) (?:your |my |all |"
            r"any |chronic |stubborn )?(?:acne|eczema|diabetes|cancer|insomnia|anxiety|"
            r"depression|hair loss|arthritis|psoriasis|back pain|inflammation|rosacea|"
            r"migraines?)"
        ),
        code="V8",
        not_after=(r"(?:not|doesn.?t|never|no|doctor|can.?t)[a-z ]{0,12}$"),
    ),
)


def claim_marks(text: str) -> list[Mark]:
    """V7 and V8 in a normalised text."""
    return marks(text, (*SUPERLATIVE_RULES, *MEDICAL_RULES))
