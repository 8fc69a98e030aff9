"""The words of the report's page in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from ouhai_cloud.language import Text
from ouhai_cloud.tenancy.audit.findings import Severity
from ouhai_cloud.tenancy.audit.verdicts import Verdict

WORDS: Mapping[str, Text] = {
    "title": Text("Isolation audit", "租户隔离审计报告"),
    "made": Text("Made", "审计时间"),
    "cloud": Text("Cloud", "云平台"),
    "register": Text("Register", "登记册"),
    "digest": Text("Register's SHA-256", "登记册摘要（SHA-256）"),
    "looked_at": Text("Looked at", "检查对象数"),
    "clean": Text("Result: nothing was found.", "结论：未发现隔离问题。"),
    "not_clean": Text("Result: there is something to do.", "结论：存在需要处理的问题。"),
    "clean_static": Text(
        "Result: nothing was found in the configuration. Configuration only, no trials.",
        "结论：配置中未发现隔离问题。仅做静态检查，未做实测。",
    ),
    "not_clean_static": Text(
        "Result: there is something to do. Configuration only, no trials.",
        "结论：存在需要处理的问题。仅做静态检查，未做实测。",
    ),
    "findings": Text("1. Holes found in the configuration", "一、静态检查发现的问题"),
    "none": Text("None.", "无。"),
    "object": Text("Object", "对象"),
    "bureaus": Text("Bureaus", "涉及单位"),
    "what": Text("What", "问题"),
    "why": Text("Why it matters", "影响"),
    "remedy": Text("How to close it", "处理办法"),
    "trials": Text("2. What probes could reach", "二、探针实测"),
    "static_only": Text(
        "Configuration only, no trials: whether packets pass was not tried.",
        "仅做静态检查，未做实测：没有验证报文实际能否互通。",
    ),
    "trial": Text("Trial", "实测项"),
    "direction": Text("Direction", "方向"),
    "negatives": Text("Must not happen", "不得发生"),
    "controls": Text("Control: must happen", "对照：必须发生"),
    "verdict": Text("Verdict", "结论"),
    "yes": Text("happened", "发生"),
    "no": Text("did not happen", "未发生"),
    "checks": Text("3. All checks", "三、检查项目一览"),
    "code": Text("Code", "编号"),
    "check": Text("Check", "检查项"),
    "severity": Text("Severity", "级别"),
    "found": Text("Found", "发现数"),
    "intact": Text("as it was signed", "与签名时一致"),
    "signed_by": Text("Signed by key", "签名密钥指纹"),
    "trusted": Text("trusted because of", "信任依据"),
    "signature": Text(
        "Security auditor (signature): ____________ Date: ____________",
        "安全审计员（签字）：____________　日期：____________",
    ),
}

SEVERITY: Mapping[Severity, Text] = {
    Severity.CRITICAL: Text("critical", "严重"),
    Severity.HIGH: Text("high", "高"),
    Severity.MEDIUM: Text("medium", "中"),
}

VERDICT: Mapping[Verdict, Text] = {
    Verdict.ISOLATED: Text("isolated", "已隔离"),
    Verdict.BREACHED: Text("breached", "被突破"),
    Verdict.INCONCLUSIVE: Text("inconclusive (a control failed)", "无法判定（对照失败）"),
}

COUNTED: Mapping[str, Text] = {
    "projects": Text("domains and projects", "域和项目"),
    "grants": Text("grants", "授权"),
    "implications": Text("role inferences", "角色隐含关系"),
    "memberships": Text("duty groups", "职责组"),
    "trusts": Text("trusts", "委托"),
    "networks": Text("networks", "网络"),
    "shares": Text("shares", "网络共享"),
    "subnets": Text("subnets", "子网"),
    "routers": Text("routers", "路由器"),
    "ports": Text("ports", "端口"),
    "floating": Text("floating addresses", "浮动地址"),
    "groups": Text("security groups", "安全组"),
    "address_groups": Text("address groups", "地址组"),
    "rules": Text("rules", "安全组规则"),
    "images": Text("images", "镜像"),
    "servers": Text("servers", "云主机"),
    "quotas": Text("quotas", "配额"),
}
