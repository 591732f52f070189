#!/usr/bin/env python3
# -*- coding: utf-8 -*-
"""Make a realistic survey workbook (社区社会组织摸底调查) for one district. Deterministic: same arguments -> same values.

  make_survey.py --district 440310 --rows 1000 --seed 7 --out s.xlsx [--truth s.json]

--district      a 6-digit county code, or 31 for all Shanghai; its region CSV must be in --regions
--rows          organisations (up to 1,000,000); the other three sheets scale by themselves (--needs / --projects to fix)
--region-style  full | short | street (街道+社区) | code | mixed      how the region is written in the sheets
--noise P       with probability P a cell is written the way an officer would type it (trailing blank, full-width
                digits, 2019.3.5, 138-0000-1234, 30人); the value stays recoverable and --truth holds the clean value
--title         put a merged title row and a note row above the header
--headers F     JSON {field key: header text} to rename headers;  --drop k1,k2 leaves columns out;  --order k1,k2,.. reorders
--truth F       JSON with counts and sums by region/tier/type and the seed documents' indicators, from the clean values
--engine        xlsxwriter (streaming, default) | openpyxl
Needs only xlsxwriter (or openpyxl). All people, phones and codes are invented; codes have valid check characters.
"""
import argparse, csv, datetime as dt, json, math, os, random, re, sys
from collections import defaultdict, Counter

# ---------- check characters -------------------------------------------------------------------------------------
USCC_ALPHA = '0123456789ABCDEFGHJKLMNPQRTUWXY'
USCC_W = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)

def uscc_check(body17):
    """GB 32100-2015 (same as stdnum.cn.uscc.calc_check_digit)"""
    return USCC_ALPHA[(31 - sum(USCC_ALPHA.index(c) * w for c, w in zip(body17, USCC_W)) % 31) % 31]

def uscc_valid(s):
    return len(s) == 18 and all(c in USCC_ALPHA for c in s) and s[:8].isdigit() and uscc_check(s[:17]) == s[17]

def org_check(body8):
    """GB 11714 check character of the 9-character organisation code inside the USCC"""
    v = lambda c: int(c) if c.isdigit() else ord(c) - 55
    n = 11 - sum(v(c) * w for c, w in zip(body8, (3, 7, 9, 10, 5, 8, 4, 2))) % 11
    return {10: 'X', 11: '0'}.get(n, str(n))

def make_uscc(nature, county, serial):
    """nature 51 社会团体 / 52 民办非企业(社会服务机构) / 53 基金会; civil-affairs numbers start with MJ"""
    body = 'MJ%06d' % (serial % 1000000)
    b17 = nature + county + body + org_check(body)
    return b17 + uscc_check(b17)

# ---------- schemes taken from the seed documents ---------------------------------------------------------------
SCHEMES = {
    '31': dict(tiers=[('注册社会组织', .13), ('群众活动团队', .62), ('社区活动小组', .25)],
               types=[('公益慈善类', .30), ('生活服务类', .22), ('社区事务类', .14), ('文体活动类', .34)],
               reg='注册社会组织', filing='沪社团备〔{y}〕{street}第{n:05d}号', pop=24870895, authority='区民政局', star=None),
    '330482': dict(tiers=[('登记', .12), ('备案', .88)],
               types=[('生活服务类', .24), ('公益慈善类', .24), ('居民互助类', .22), ('文体活动类', .22), ('枢纽支持类', .08)],
               reg='登记', filing='平民社备〔{y}〕{n:05d}号', pop=683500, authority='平湖市民政局', star=None),
    '340104': dict(tiers=[('登记注册', .10), ('备案管理', .90)],
               types=[('志愿服务类', .36), ('生活服务类', .18), ('居民自治类', .16), ('文体活动类', .20), ('特殊人群服务类', .10)],
               reg='登记注册', filing='蜀社备{y}-{n:05d}', pop=1049000, authority='蜀山区民政局', star=None),
    '440310': dict(tiers=[('登记', .18), ('备案', .82)],
               types=[('社会福利类', .13), ('公益慈善类', .25), ('社会服务类', .22), ('文化体育类', .30), ('科技研究类', .05), ('维权类', .05)],
               reg='登记', filing='坪民社备〔{y}〕第{n:05d}号', pop=608700, authority='坪山区民政局', star=['1星级', '2星级', '3星级']),
}
STREET_POP = {'330482001': 204000, '340104001': 83564, '340104005': 65440}
AREA_CODE = {'31': '021', '330482': '0573', '340104': '0551', '440310': '0755'}

SUR = '李王张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文'
SUR2 = ['欧阳', '上官', '司徒', '诸葛', '慕容', '端木']
GIVEN = '伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂华玉梅红建国文志海燕云飞龙凤春雷鹏宇欣怡佳琪子涵梓轩浩然雨婷思远德福根宝财富荣光辉东南西北林森木水清泉山石峰岩青松柏菊莲荷香月珍珠玲珑琴棋书画诗词歌舞'
MINOR = ['买买提·艾山', '阿依古丽·吐尔逊', '巴特尔', '格日勒图', '扎西多吉', '央金卓玛']

BRAND = '阳光 彩虹 夕阳红 金秋 红马甲 银龄 暖心 爱心 邻里 同心 和美 和谐 幸福 快乐 春晖 青松 翠竹 百合 茉莉 玉兰 金桂 红叶 星光 晨曦 朝霞 萤火虫 小蜜蜂 蒲公英 向日葵 三叶草 蓝天 绿萌 清风 初心 先锋 火炬 雷锋 守望 家园 睦邻 共享 乐活 康乐 福寿 常青 老友 老娘舅 巾帼 木兰 金凤 百花 江南 海韵 悦舞 星艺 群星 耕读 墨香 丝韵 心语 心连心 手拉手 一米阳光 四点半 小候鸟 微光 乐龄 伴夕阳'.split()
THEMES = {   # theme -> (suffix words, service field, targets, volunteer organisation?)
    '志愿': (['志愿服务队', '志愿者协会', '义工队', '党员志愿服务队', '巾帼志愿服务队', '青年志愿服务队'], '志愿服务', '老年人 儿童 残疾人 困难家庭', 1),
    '助老': (['助老服务队', '老年人协会', '居家养老服务中心', '银龄互助社', '长者照料服务队'], '为老服务', '老年人 空巢老人 失独家庭', 1),
    '助残': (['助残服务队', '残疾人互助小组', '康复之家'], '助残服务', '残疾人 严重精神障碍患者', 1),
    '儿童': (['四点半课堂', '亲子互助会', '儿童之家', '青少年成长中心', '家长互助小组'], '儿童青少年服务', '儿童 青少年 农民工子女', 0),
    '平安': (['平安巡逻队', '治安巡防队', '义务消防队', '护河队', '交通文明劝导队'], '平安建设', '全体居民', 1),
    '调解': (['老娘舅调解工作室', '人民调解工作室', '居民议事会', '邻里调解队', '法律服务队'], '矛盾调解', '全体居民 社区矫正人员', 0),
    '环保': (['垃圾分类志愿队', '绿色家园促进会', '楼道美化队', '花友会', '园艺社'], '环境治理', '全体居民', 1),
    '文艺': (['合唱团', '舞蹈队', '戏曲队', '腰鼓队', '莲湘队', '民乐团', '时装队', '秧歌队', '扇舞队', '书画社', '摄影社', '剪纸传承队', '文学社', '打击乐队', '健身操队'], '文化活动', '全体居民 老年人', 0),
    '体育': (['太极拳队', '柔力球队', '门球队', '乒乓球队', '广场舞队', '健步走队', '木兰拳队', '空竹队', '舞龙队', '骑行队'], '体育健身', '全体居民 老年人', 0),
    '便民': (['便民服务队', '家电维修队', '理发队', '编结队', '爱心编织社', '爱心超市', '邻里食堂'], '便民服务', '老年人 困难家庭', 1),
    '健康': (['健康自我管理小组', '高血压自我管理小组', '红十字救护队', '心理关爱服务社', '糖友互助组'], '健康服务', '慢性病患者 老年人', 0),
    '议事': (['自治议事会', '楼组长联谊会', '业主自治会', '乡贤参事会', '红白理事会', '村民互助会'], '社区自治', '全体居民', 0),
    '就业': (['就业互助社', '妇女创业联谊会', '手工坊', '共享厨房'], '就业创业', '失业人员 妇女', 0),
    '科普': (['科普志愿社', '智慧助老讲师团', '科技创新社', '读书会'], '科普教育', '青少年 老年人', 0),
    '优抚': (['退役军人志愿服务队', '双拥服务队', '优抚关爱社'], '优抚服务', '优抚对象 退役军人', 1),
    '农技': (['种植互助社', '农机服务队', '果蔬产销互助会', '农业技术协会'], '农村生产技术服务', '农民', 0),
}
TYPE_THEMES = {
    '公益慈善类': '志愿 助老 助残 优抚 环保', '生活服务类': '便民 健康 就业 儿童 农技', '社区事务类': '平安 调解 议事 环保', '文体活动类': '文艺 体育',
    '居民互助类': '助老 儿童 健康 议事 就业', '枢纽支持类': '', '志愿服务类': '志愿 助老 助残 平安 环保 优抚', '居民自治类': '议事 调解', '特殊人群服务类': '助残 调解 儿童 健康',
    '社会福利类': '助老 助残 儿童', '社会服务类': '便民 健康 儿童 就业', '文化体育类': '文艺 体育', '科技研究类': '科普', '维权类': '调解 就业'}
HUB = ['社会组织服务中心', '社会组织联合会', '社会组织孵化园', '邻坊中心', '社会工作服务站', '公益服务中心']
PLACES = ['{v}党群服务中心{f}楼活动室', '{v}综合服务中心{r}室', '{v}文化广场', '{v}新时代文明实践站', '{v}老年活动室', '{v}睦邻中心{f}楼', '{v}文化礼堂', '{v}居民议事厅', '{v}星光老年之家']
RATING = ['', '', '', '', '3A', '4A', '5A', '2A', '1A']
FUND = ['政府购买服务', '公益创投', '社区基金', '会费', '社会捐赠', '自筹', '专项扶持资金', '福彩公益金']
STATUS = [('正常', .90), ('活动较少', .07), ('停止活动', .03)]
NEED_CAT = ['为老服务', '儿童青少年服务', '助残服务', '健康服务', '文化体育', '便民服务', '环境治理', '平安建设', '矛盾调解', '就业帮扶', '心理关爱', '停车管理']
NEED_TXT = {'为老服务': '独居老人{n}户希望有人定期上门探访、代买药品', '儿童青少年服务': '双职工家庭放学后无人看护，希望开设四点半课堂，涉及约{n}名学生', '助残服务': '残疾人{n}人需要上门康复指导', '健康服务': '希望每月组织义诊和慢病管理讲座，覆盖{n}人', '文化体育': '广场舞队伍多、场地少，希望增设活动场地，涉及{n}人', '便民服务': '老旧小区缺少维修、理发等便民点，涉及{n}户', '环境治理': '楼道堆物、垃圾分类投放点异味，涉及{n}户', '平安建设': '夜间巡逻力量不足，希望组建巡防队，覆盖{n}户', '矛盾调解': '邻里噪音、漏水纠纷较多，需专业调解，约{n}起', '就业帮扶': '失业人员{n}人希望获得技能培训和岗位信息', '心理关爱': '失独家庭及空巢老人{n}人需要心理陪伴', '停车管理': '小区停车位紧张，需居民议事协商，涉及{n}户'}

ORG_COLS = [('seq', '序号'), ('name', '组织名称'), ('tier', '组织层级'), ('type', '业务类别'), ('region', '所属社区（村）'), ('region_code', '区划代码'), ('uscc', '统一社会信用代码'), ('filing_no', '备案号'),
            ('founded', '成立日期'), ('leader', '负责人'), ('phone', '联系电话'), ('members', '成员人数'), ('volunteers', '注册志愿者人数'), ('party_members', '党员人数'), ('party_org', '是否建立党组织'),
            ('fulltime', '专职人员数'), ('certified', '持证社工数'), ('targets', '服务对象'), ('fields', '服务领域'), ('place', '活动场所'), ('place_area', '活动场所面积（㎡）'), ('is_volunteer_org', '是否志愿服务组织'),
            ('is_hub', '是否枢纽型组织'), ('rating', '评估等级'), ('activities', '年度活动次数'), ('served', '年度服务人次'), ('income', '年度经费（元）'), ('fund_source', '经费来源'), ('status', '运行状态'), ('remark', '备注')]
BASE_COLS = [('seq', '序号'), ('region', '社区（村）'), ('region_code', '区划代码'), ('kind', '城乡类型'), ('population', '常住人口（人）'), ('registered_pop', '户籍人口（人）'), ('households', '户数（户）'), ('elderly', '60岁及以上人口（人）'),
             ('facility_area', '综合服务设施面积（㎡）'), ('reg_volunteers', '注册志愿者（人）'), ('active_volunteers', '年内参与志愿服务（人）'), ('key_volunteers', '志愿服务骨干（人）'), ('staff', '社区工作人员（人）'), ('certified_staff', '持社会工作职业资格证书（人）'),
             ('social_workers', '专业社工（人）'), ('party_members', '党员（人）'), ('fund_count', '社区服务专项基金（个）'), ('fund_amount', '专项基金规模（万元）'), ('has_station', '是否建立社会服务站'), ('reporter', '填报人'), ('report_date', '填报日期')]
NEED_COLS = [('seq', '序号'), ('need_no', '需求编号'), ('region', '所属社区（村）'), ('region_code', '区划代码'), ('category', '需求类别'), ('content', '需求描述'), ('targets', '服务对象'), ('people', '涉及人数'), ('urgency', '紧急程度'), ('channel', '提出方式'), ('raised', '提出日期'), ('state', '对接状态'), ('contact', '联系人'), ('phone', '联系电话')]
PROJ_COLS = [('seq', '序号'), ('proj_no', '项目编号'), ('name', '项目名称'), ('org', '承接组织'), ('region', '服务区域'), ('region_code', '区划代码'), ('category', '服务类别'), ('targets', '服务对象'), ('start', '开始日期'), ('end', '结束日期'), ('fund_source', '资金来源'), ('amount', '项目资金（元）'), ('served', '服务人次'), ('satisfaction', '满意度'), ('need_no', '对应需求编号'), ('state', '项目状态')]
SHEETS = dict(org=('组织信息', ORG_COLS), base=('社区基础数据', BASE_COLS), need=('需求清单', NEED_COLS), proj=('服务项目清单', PROJ_COLS))


def pick(rng, pairs):
    x, acc = rng.random(), 0
    for v, p in pairs:
        acc += p
        if x < acc:
            return v
    return pairs[-1][0]

def person(rng):
    x = rng.random()
    if x < .004: return rng.choice(MINOR)
    s = rng.choice(SUR2) if x < .02 else SUR[min(len(SUR) - 1, int(rng.expovariate(1 / 22.)))]
    return s + ''.join(rng.choice(GIVEN) for _ in range(1 if rng.random() < .25 else 2))

def phone(rng, ac):
    if rng.random() < .08: return '%s-%d' % (ac, rng.randrange(20000000, 89999999))
    return '1%d%d0000%04d' % (rng.choice((3, 5, 7, 8, 9)), rng.randrange(10), rng.randrange(10000))

def logn(rng, med, sig, lo, hi):
    return max(lo, min(hi, int(round(med * math.exp(rng.gauss(0, sig))))))


class Survey:
    def __init__(s, a):
        s.a = a; s.rng = random.Random('%s|%s|%s' % (a.district, a.rows, a.seed))
        key = a.district if a.district in SCHEMES else a.district[:2]
        if key not in SCHEMES: sys.exit('no scheme for district %s (have %s)' % (a.district, ', '.join(SCHEMES)))
        s.sch = SCHEMES[key]; s.ac = AREA_CODE[key]
        s.regions = {}
        for fn in sorted(os.listdir(a.regions)):
            if re.match(r'\d+_.*\.csv$', fn):
                for r in csv.DictReader(open(os.path.join(a.regions, fn), encoding='utf-8')):
                    if r['code'].startswith(a.district) or a.district.startswith(r['code']): s.regions[r['code']] = r
        s.vil = [r for r in s.regions.values() if r['level'] == 'village' and r['virtual'] == '0']
        s.str = [r for r in s.regions.values() if r['level'] == 'street']
        if not s.vil: sys.exit('no villages for %s under %s' % (a.district, a.regions))
        s.year = a.year; s.used = set(); s.serial = s.rng.randrange(100000, 900000); s.nfile = 0
        s.base = s.make_base()
        s.w = [b['population'] ** .6 for b in s.base]; s.wsum = []
        acc = 0
        for x in s.w: acc += x; s.wsum.append(acc)
        s.orgs_by_reg = Counter(); s.truth = dict(orgs=0, by_tier=Counter(), by_type=Counter(), by_region=Counter(), by_region_tier=Counter(), by_region_type=Counter(), by_status=Counter(), sums=Counter(), vol_orgs=Counter(), hub=Counter(), by_year=Counter())
        s.sample_orgs = []

    # --- region text ---
    def region_text(s, r, style):
        if style == 'mixed': style = s.rng.choice(('full', 'short', 'street', 'code'))
        if style == 'code': return r['code']
        if style == 'full': return r['full_name']
        if style == 'short': return r['short_name']
        return (s.regions[r['parent_code']]['name'] + r['short_name']) if r['level'] == 'village' else r['name']

    def make_base(s):
        rng, out = s.rng, []
        total = s.sch['pop']
        if s.a.district.startswith('31') and len(s.a.district) > 2: total = 5681512 if s.a.district == '310115' else int(total / 16)
        by = defaultdict(list)
        for v in s.vil: by[v['parent_code']].append(v)
        known = {k: p for k, p in STREET_POP.items() if k in by}
        wt = {v['code']: math.exp(rng.gauss(0, .45)) * (1 if v['kind'] == 'urban' else .55) for v in s.vil}
        rest = sum(wt[v['code']] for v in s.vil if v['parent_code'] not in known); left = max(1, total - sum(known.values()))
        for v in s.vil:
            if v['parent_code'] in known: p = known[v['parent_code']] * wt[v['code']] / sum(wt[x['code']] for x in by[v['parent_code']])
            else: p = left * wt[v['code']] / rest
            p = max(120, int(p)); hh = max(40, int(p / rng.uniform(2.2, 3.1)))
            rv = int(p * max(.01, min(.42, rng.gauss(.16, .06)))); av = int(rv * max(.05, min(.9, rng.gauss(.36, .12))))
            st = max(3, int(round(hh / 320. * rng.uniform(.8, 1.25)))); cs = min(st, int(round(st * max(0, rng.gauss(.33, .15)))))
            out.append(dict(region=v, kind='城市社区' if v['kind'] == 'urban' else '农村社区（村）', population=p, registered_pop=int(p * rng.uniform(.35, 1.05)), households=hh, elderly=int(p * rng.uniform(.06, .32)),
                            facility_area=round(hh * .3 * math.exp(rng.gauss(.05, .45)), 1), reg_volunteers=rv, active_volunteers=av, key_volunteers=int(rv * max(0, rng.gauss(.013, .006))), staff=st, certified_staff=cs,
                            social_workers=max(0, int(rng.gauss(1.6, 1))), party_members=int(p * rng.uniform(.02, .09)), fund_count=int(rng.random() < .4), fund_amount=0, has_station='是' if rng.random() < .93 else '否',
                            reporter=person(rng), report_date=dt.date(s.year, rng.randrange(9, 13), rng.randrange(1, 29))))
            if out[-1]['fund_count']: out[-1]['fund_amount'] = round(rng.uniform(1, 30), 2)
        return out

    def name_for(s, v, typ, tier, is_reg):
        rng = s.rng
        place = v['short_name'].replace('居委会', '') if v['level'] == 'village' else v['name']
        ths = TYPE_THEMES.get(typ, '').split()
        for k in range(60):
            if not ths or (is_reg and rng.random() < .08): th, suf = '枢纽', rng.choice(HUB)
            else: th = rng.choice(ths); suf = rng.choice(THEMES[th][0])
            b = rng.choice(BRAND) if (k > 0 or rng.random() < .6) else ''
            if k > 12: b += rng.choice(BRAND)
            if is_reg:
                cty = s.regions[v['code'][:6]]; pre = ('上海市' if cty['code'][:2] == '31' else '' if cty['name'].endswith('市') else s.regions[cty['parent_code']]['name']) + cty['name']
                stn = s.regions[v['parent_code']]['name'] if v['level'] == 'village' else ''
                n = pre + (stn if rng.random() < .7 else '') + (place if rng.random() < .75 or v['level'] != 'village' else '') + b + suf
            else: n = place + b + suf
            if n not in s.used: break
        else: n = n + '第%d分队' % (len(s.used) % 9000)
        while n in s.used: n += rng.choice('甲乙丙丁戊己庚辛')
        s.used.add(n)
        return n, th

    def orgs(s):
        import bisect
        rng, sch, T = s.rng, s.sch, s.truth
        for i in range(s.a.rows):
            tier = pick(rng, sch['tiers']); typ = pick(rng, sch['types']); reg = tier == sch['reg']
            b = s.base[bisect.bisect_left(s.wsum, rng.random() * s.wsum[-1])]; v = b['region']
            if reg and rng.random() < .30 or (typ == '枢纽支持类' and rng.random() < .2): v = s.regions[v['parent_code']]
            name, th = s.name_for(v, typ, tier, reg)
            y = min(s.year, max(2003, int(s.year - rng.expovariate(1 / 4.2)))); founded = dt.date(y, rng.randrange(1, 13), rng.randrange(1, 29))
            if y == s.year and founded > dt.date(s.year, 9, 30): founded = founded.replace(month=rng.randrange(1, 10))
            m = logn(rng, 46 if reg else 24, .6, 3, 800); vol = min(m * 3, logn(rng, m * .5, .7, 0, 1500)); pm = min(m, int(m * max(0, rng.gauss(.22, .14))))
            isv = '是' if th in THEMES and THEMES[th][3] else '否'; hub = '是' if th == '枢纽' else '否'
            tg = THEMES[th][2].split() if th in THEMES else ['全体居民', '社会组织']; fl = THEMES[th][1] if th in THEMES else '孵化培育'
            uscc = filing = ''
            if reg: s.serial += 1; uscc = make_uscc('51' if name.endswith(('协会', '联合会', '促进会', '联谊会', '参事会', '理事会')) else '52', v['code'][:6], s.serial)
            else:
                s.nfile += 1; stn = (s.regions[v['parent_code']] if v['level'] == 'village' else v)['name']
                filing = sch['filing'].format(y=y, n=s.nfile, street=stn.replace('街道', '').replace('镇', ''))
            act = logn(rng, 14, .7, 0, 260); stt = pick(rng, STATUS)
            if stt == '停止活动': act = 0
            inc = round(logn(rng, 68000 if reg else 4200, .9, 0, 3000000) / 100.) * 100 if rng.random() < .85 else 0
            o = dict(seq=i + 1, name=name, tier=tier, type=typ, region=v, uscc=uscc, filing_no=filing, founded=founded, leader=person(rng), phone=phone(rng, s.ac), members=m, volunteers=vol, party_members=pm,
                     party_org='是' if pm >= 3 and rng.random() < .6 else '否', fulltime=logn(rng, 3, .7, 0, 60) if reg else 0, certified=0, targets='、'.join(rng.sample(tg, rng.randrange(1, len(tg) + 1))), fields=fl,
                     place=rng.choice(PLACES).format(v=v['short_name'], f=rng.randrange(1, 5), r=rng.randrange(101, 409)), place_area=float(logn(rng, 60, .7, 8, 2000)), is_volunteer_org=isv, is_hub=hub,
                     rating=(rng.choice(RATING) if reg else (rng.choice(sch['star'] + ['', '', '']) if sch['star'] else '')), activities=act, served=act * logn(rng, 22, .6, 1, 900), income=inc,
                     fund_source='、'.join(rng.sample(FUND, rng.randrange(1, 3))) if inc else '', status=stt, remark='')
            if o['fulltime']: o['certified'] = min(o['fulltime'], logn(rng, 1, .8, 0, 20))
            T['orgs'] += 1; T['by_tier'][tier] += 1; T['by_type'][typ] += 1; T['by_region'][v['code']] += 1; T['by_region_tier'][v['code'] + '|' + tier] += 1; T['by_region_type'][v['code'] + '|' + typ] += 1; T['by_status'][stt] += 1; T['by_year'][str(y)] += 1
            for k in ('members', 'volunteers', 'party_members', 'fulltime', 'certified', 'activities', 'served', 'income'): T['sums'][k] += o[k]
            T['vol_orgs'][v['code']] += isv == '是'; T['hub'][v['code']] += hub == '是'
            if len(s.sample_orgs) < 5000: s.sample_orgs.append((name, v, typ, fl))
            elif rng.random() < .05: s.sample_orgs[rng.randrange(5000)] = (name, v, typ, fl)
            yield o

    def bases(s):
        for i, b in enumerate(s.base): yield dict(b, seq=i + 1)

    def needs(s):
        rng = s.rng; n = s.a.needs if s.a.needs is not None else min(20000, max(2 * len(s.vil), s.a.rows // 10))
        s.need_nos = []
        for i in range(n):
            v = rng.choice(s.vil); c = rng.choice(NEED_CAT); k = logn(rng, 40, .8, 2, 2000); no = 'XQ%d%s%05d' % (s.year, v['code'][:6], i + 1); s.need_nos.append((no, v, c))
            yield dict(seq=i + 1, need_no=no, region=v, category=c, content=NEED_TXT[c].format(n=k), targets=rng.choice(['老年人', '儿童', '残疾人', '全体居民', '困难家庭', '失业人员']), people=k, urgency=rng.choice(['一般', '较急', '紧急']), channel=rng.choice(['群众提出', '入户走访', '居民议事会', '人大代表联系点', '12345热线']),
                       raised=dt.date(s.year, rng.randrange(1, 12), rng.randrange(1, 29)), state=pick(rng, [('未对接', .35), ('已对接', .45), ('已完成', .20)]), contact=person(rng), phone=phone(rng, s.ac))

    def projs(s):
        rng = s.rng; n = s.a.projects if s.a.projects is not None else min(20000, max(len(s.vil), s.a.rows // 8))
        for i in range(n):
            name, v, typ, fl = rng.choice(s.sample_orgs) if s.sample_orgs else ('', s.vil[0], '', ''); st = dt.date(s.year, rng.randrange(1, 10), 1); nd = rng.choice(s.need_nos)[0] if s.need_nos and rng.random() < .4 else ''
            yield dict(seq=i + 1, proj_no='XM%d%05d' % (s.year, i + 1), name='“%s”%s项目' % (rng.choice(BRAND) + rng.choice(['行动', '计划', '工程', '课堂', '驿站']), fl), org=name, region=v, category=fl, targets=rng.choice(['老年人', '儿童', '残疾人', '全体居民', '困难家庭']), start=st,
                       end=dt.date(s.year, min(12, st.month + rng.randrange(2, 9)), 28), fund_source=rng.choice(FUND), amount=float(logn(rng, 18000, .8, 500, 900000)), served=logn(rng, 320, .8, 10, 30000), satisfaction=round(min(1, max(.6, rng.gauss(.94, .04))), 3), need_no=nd, state=rng.choice(['进行中', '已结项', '已评估']))

    def truth_json(s):
        T = s.truth; b = s.base; sm = lambda k: sum(x[k] for x in b); ratio = lambda a, c: round(a / c, 6) if c else None
        vill_org = {x['region']['code']: T['by_region'].get(x['region']['code'], 0) for x in b}
        urb = [x for x in b if x['region']['kind'] == 'urban']; rur = [x for x in b if x['region']['kind'] == 'rural']
        roll = Counter()
        for code, n in T['by_region'].items():
            for L in (2, 4, 6, 9, 12):
                if len(code) >= L: roll[code[:L]] += n
        ind = dict(orgs_per_urban_community=ratio(sum(vill_org[x['region']['code']] for x in urb), len(urb)), orgs_per_rural_community=ratio(sum(vill_org[x['region']['code']] for x in rur), len(rur)), communities_urban=len(urb), communities_rural=len(rur),
                   facility_area_per_100_households=ratio(100. * sm('facility_area'), sm('households')), communities_facility_ge_30=sum(100. * x['facility_area'] / x['households'] >= 30 for x in b), volunteer_rate=ratio(sm('reg_volunteers'), sm('population')),
                   communities_volunteer_rate_ge_10pct=sum(x['reg_volunteers'] / x['population'] >= .10 for x in b), participation_rate=ratio(sm('active_volunteers'), sm('reg_volunteers')), key_volunteer_rate=ratio(sm('key_volunteers'), sm('reg_volunteers')), certified_staff_rate=ratio(sm('certified_staff'), sm('staff')),
                   communities_orgs_ge_10=sum(n >= 10 for n in vill_org.values()), communities_volunteer_orgs_ge_5=sum(T['vol_orgs'].get(x['region']['code'], 0) >= 5 for x in b), volunteer_orgs=sum(T['vol_orgs'].values()), orgs_per_10000_people=ratio(10000. * T['orgs'], sm('population')))
        return dict(district=s.a.district, seed=s.a.seed, rows=s.a.rows, year=s.year, orgs=T['orgs'], by_tier=T['by_tier'], by_type=T['by_type'], by_status=T['by_status'], founded_by_year=dict(sorted(T['by_year'].items())), sums=T['sums'], direct_by_region=T['by_region'], by_region_tier=T['by_region_tier'], by_region_type=T['by_region_type'],
                    rollup_by_region=dict(sorted(roll.items())), base_sums={k: round(sm(k), 2) for k in ('population', 'registered_pop', 'households', 'elderly', 'facility_area', 'reg_volunteers', 'active_volunteers', 'key_volunteers', 'staff', 'certified_staff', 'social_workers', 'party_members', 'fund_count', 'fund_amount')}, indicators=ind)


# ---------- writing ----------------------------------------------------------------------------------------------
FW = str.maketrans('0123456789', '０１２３４５６７８９')

def noisy(rng, key, val):
    """the way an officer types it; always recoverable"""
    if isinstance(val, dt.date):
        f = rng.randrange(5)
        return ['%d.%d.%d' % (val.year, val.month, val.day), '%d年%d月%d日' % (val.year, val.month, val.day), val.strftime('%Y%m%d'), '%d/%d/%d' % (val.year, val.month, val.day), val.strftime('%Y-%m-%d') + ' '][f]
    if key == 'phone' and re.match(r'1\d{10}$', str(val)): return rng.choice([val[:3] + '-' + val[3:7] + '-' + val[7:], val[:3] + ' ' + val[3:7] + ' ' + val[7:], val.translate(FW), ' ' + val])
    if key == 'satisfaction': return '%g%%' % round(val * 100, 1)
    if isinstance(val, int) and key not in ('seq',): return rng.choice(['%d人' % val if key in ('members', 'volunteers', 'party_members', 'people') else '%d ' % val, str(val).translate(FW), '%d' % val])
    if isinstance(val, str) and val: return rng.choice([val + ' ', ' ' + val, val + '\u3000', '\u00a0' + val]) if key != 'uscc' else rng.choice([val.lower(), val + ' ', val.translate(FW)])
    return val

class XW:
    def __init__(s, fn):
        import xlsxwriter
        s.wb = xlsxwriter.Workbook(fn, dict(constant_memory=True, strings_to_formulas=False, strings_to_urls=False, strings_to_numbers=False)); s.wb.set_properties({'created': dt.datetime(2025, 1, 1)})
        s.h = s.wb.add_format(dict(bold=1, border=1, text_wrap=1, align='center', valign='vcenter', bg_color='#DDEBF7')); s.d = s.wb.add_format({'num_format': 'yyyy-mm-dd'}); s.p = s.wb.add_format({'num_format': '0.0%'}); s.t = s.wb.add_format(dict(bold=1, font_size=16, align='center')); s.tx = s.wb.add_format({'num_format': '@'})
    def sheet(s, name): s.ws = s.wb.add_worksheet(name)
    def title(s, r, text, n): s.ws.merge_range(r, 0, r, n - 1, text, s.t)
    def head(s, r, hs):
        for c, h in enumerate(hs): s.ws.write_string(r, c, h, s.h)
    def width(s, c, w): s.ws.set_column(c, c, w)
    def cell(s, r, c, key, v):
        if v is None or v == '': return
        if isinstance(v, dt.date): s.ws.write_datetime(r, c, dt.datetime(v.year, v.month, v.day), s.d)
        elif isinstance(v, (int, float)) and not isinstance(v, bool): s.ws.write_number(r, c, v, s.p if key == 'satisfaction' else None)
        else: s.ws.write_string(r, c, v, s.tx if key in ('uscc', 'phone', 'region_code') else None)
    def close(s): s.wb.close()

class OX:
    def __init__(s, fn):
        import openpyxl
        s.fn = fn; s.wb = openpyxl.Workbook(); s.wb.remove(s.wb.active)
    def sheet(s, name): s.ws = s.wb.create_sheet(name)
    def title(s, r, text, n): s.ws.cell(r + 1, 1, text); s.ws.merge_cells(start_row=r + 1, end_row=r + 1, start_column=1, end_column=n)
    def head(s, r, hs):
        for c, h in enumerate(hs): s.ws.cell(r + 1, c + 1, h)
    def width(s, c, w): pass
    def cell(s, r, c, key, v):
        if v is None or v == '': return
        x = s.ws.cell(r + 1, c + 1, v)
        if isinstance(v, dt.date): x.number_format = 'yyyy-mm-dd'
        elif key == 'satisfaction' and not isinstance(v, str): x.number_format = '0.0%'
        elif key in ('uscc', 'phone', 'region_code'): x.number_format = '@'
    def close(s): s.wb.save(s.fn)

def main(argv=None):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--district', required=True); p.add_argument('--rows', type=int, default=500); p.add_argument('--seed', type=int, default=1); p.add_argument('--out', required=True); p.add_argument('--truth'); p.add_argument('--year', type=int, default=2024)
    p.add_argument('--region-style', default='street', choices=['full', 'short', 'street', 'code', 'mixed']); p.add_argument('--noise', type=float, default=0); p.add_argument('--title', action='store_true'); p.add_argument('--headers'); p.add_argument('--drop', default=''); p.add_argument('--order', default='')
    p.add_argument('--sheets', default='org,base,need,proj'); p.add_argument('--needs', type=int); p.add_argument('--projects', type=int); p.add_argument('--engine', default='xlsxwriter', choices=['xlsxwriter', 'openpyxl'])
    p.add_argument('--regions', default=os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'registry', 'data', 'divisions'))
    a = p.parse_args(argv)
    S = Survey(a); nrng = random.Random('noise|%s' % a.seed); W = (XW if a.engine == 'xlsxwriter' else OX)(a.out)
    names = json.load(open(a.headers, encoding='utf-8')) if a.headers else {}; drop = set(filter(None, a.drop.split(','))); order = list(filter(None, a.order.split(',')))
    cname = S.regions[a.district]['name'] if a.district in S.regions else ''
    need_order = ['org', 'base', 'need', 'proj']; gen = dict(org=S.orgs, base=S.bases, need=S.needs, proj=S.projs); counts = {}
    S.need_nos = []
    for k in need_order:
        title, cols = SHEETS[k]; cols = [(f, names.get(f, h)) for f, h in cols if f not in drop]
        if order: cols.sort(key=lambda x: order.index(x[0]) if x[0] in order else 999)
        on = k in a.sheets.split(',')
        r = 0
        if on:
            W.sheet(title)
            for c, (f, h) in enumerate(cols): W.width(c, 26 if f in ('name', 'region', 'content', 'place', 'org', 'uscc') else 12)
            if a.title: W.title(0, '%s%d年社区社会组织摸底调查—%s' % (cname, a.year, title), len(cols)); W.title(1, '填报单位：%s    填报日期：%d年12月31日    单位：个、人、元' % (S.sch['authority'], a.year), len(cols)); r = 2
            W.head(r, [h for f, h in cols]); r += 1
        n = 0
        for rec in gen[k]():
            n += 1
            if not on: continue
            reg = rec['region']; rec['region_code'] = reg['code']; rec['region'] = S.region_text(reg, a.region_style)
            for c, (f, h) in enumerate(cols):
                v = rec.get(f)
                if a.noise and v not in (None, '') and nrng.random() < a.noise: v = noisy(nrng, f, v)
                W.cell(r, c, f, v)
            r += 1
        counts[title] = n
    W.close()
    if a.truth: json.dump(dict(S.truth_json(), sheet_rows=counts), open(a.truth, 'w', encoding='utf-8'), ensure_ascii=False, indent=1)
    print(a.out, counts)

if __name__ == '__main__':
    main()
