"""The words of the report's page in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from ouhai_cloud.tenancy.audit.findings import Severity, Text
from ouhai_cloud.tenancy.audit.verdicts import Verdict

WORDS: Mapping[str, Text] = {
    "title": Text("租户隔离审计报告", "Isolation audit"),
    "made": Text("审计时间", "Made"),
    "cloud": Text("云平台", "Cloud"),
    "register": Text("登记册", "Register"),
    "digest": Text("登记册摘要（SHA-256）", "Register's SHA-256"),
    "looked_at": Text("检查对象数", "Looked at"),
    "clean": Text("结论：未发现隔离问题。", "Result: nothing was found."),
    "not_clean": Text("结论：存在需要处理的问题。", "Result: there is something to do."),
    "findings": Text("一、静态检查发现的问题", "1. Holes found in the configuration"),
    "none": Text("无。", "None."),
    "object": Text("对象", "Object"),
    "bureaus": Text("涉及单位", "Bureaus"),
    "what": Text("问题", "What"),
    "why": Text("影响", "Why it matters"),
    "remedy": Text("处理办法", "How to close it"),
    "trials": Text("二、探针实测", "2. What probes could reach"),
    "static_only": Text(
        "本次只做了静态检查，没有实测。", "This audit looked at the configuration only."
    ),
    "trial": Text("实测项", "Trial"),
    "direction": Text("方向", "Direction"),
    "negatives": Text("不得发生", "Must not happen"),
    "controls": Text("对照：必须发生", "Control: must happen"),
    "verdict": Text("结论", "Verdict"),
    "yes": Text("发生", "happened"),
    "no": Text("未发生", "did not happen"),
    "checks": Text("三、检查项目一览", "3. All checks"),
    "code": Text("编号", "Code"),
    "check": Text("检查项", "Check"),
    "severity": Text("级别", "Severity"),
    "found": Text("发现数", "Found"),
    "signature": Text(
        "安全审计员（签字）：____________　日期：____________",
        "Security auditor (signature): ____________ Date: ____________",
    ),
}

SEVERITY: Mapping[Severity, Text] = {
    Severity.CRITICAL: Text("严重", "critical"),
    Severity.HIGH: Text("高", "high"),
    Severity.MEDIUM: Text("中", "medium"),
}

VERDICT: Mapping[Verdict, Text] = {
    Verdict.ISOLATED: Text("已隔离", "isolated"),
    Verdict.BREACHED: Text("被突破", "breached"),
    Verdict.INCONCLUSIVE: Text("无法判定（对照失败）", "inconclusive (a control failed)"),
}

COUNTED: Mapping[str, Text] = {
    "projects": Text("域和项目", "domains and projects"),
    "grants": Text("授权", "grants"),
    "implications": Text("角色隐含关系", "role inferences"),
    "memberships": Text("职责组", "duty groups"),
    "networks": Text("网络", "networks"),
    "shares": Text("网络共享", "shares"),
    "subnets": Text("子网", "subnets"),
    "routers": Text("路由器", "routers"),
    "ports": Text("端口", "ports"),
    "floating": Text("浮动地址", "floating addresses"),
    "groups": Text("安全组", "security groups"),
    "address_groups": Text("地址组", "address groups"),
    "rules": Text("安全组规则", "rules"),
    "images": Text("镜像", "images"),
    "servers": Text("云主机", "servers"),
    "quotas": Text("配额", "quotas"),
}
