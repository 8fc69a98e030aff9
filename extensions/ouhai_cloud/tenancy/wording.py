"""What attributes and phases of leaving are called; in English they have their own names."""

from __future__ import annotations

from collections.abc import Mapping

from ouhai_cloud.language import Language
from ouhai_cloud.tenancy.resources import DOUBLE_OF

CHINESE: Mapping[str, str] = {
    "backup_gigabytes": "备份容量 (GiB)",
    "backups": "备份数",
    "cidr": "地址段",
    "description": "说明",
    "dhcp": "DHCP",
    "direction": "方向",
    "domain": "域",
    DOUBLE_OF: "重复于",
    "enabled": "启用",
    "external_network": "外部网络",
    "floatingip": "浮动 IP 数",
    "gateway": "网关",
    "gigabytes": "云硬盘容量 (GiB)",
    "group": "安全组",
    "host_routes": "主机路由",
    "hosts": "主机",
    "immutable": "不可更改",
    "inherited": "继承",
    "limit": "配额",
    "name": "名称",
    "network": "网络",
    "parent": "上级",
    "pool": "地址池",
    "port": "端口",
    "port_security": "端口安全",
    "prefixes": "地址前缀",
    "project": "项目",
    "projects": "项目",
    "protocol": "协议",
    "rbac_policy": "共享策略数",
    "remote": "对端",
    "resolvers": "域名服务器",
    "resource": "资源",
    "role": "角色",
    "router": "路由器",
    "routes": "静态路由",
    "scope": "范围",
    "security_group": "安全组数",
    "security_group_rule": "安全组规则数",
    "service": "服务",
    "snapshots": "快照数",
    "snat": "源地址转换",
    "subject": "授权对象",
    "subnet": "子网",
    "subnetpool": "地址池数",
    "tags": "标签",
    "volumes": "云硬盘数",
    # phases
    "in_service": "在用",
    "frozen": "已冻结",
    "grace": "宽限期",
    "archived": "已归档",
    "emptied": "已清空",
    "removing": "删除中",
    "removed": "已删除",
}


def called(name: str, language: Language) -> str:
    """Return what an attribute or phase is called."""
    return CHINESE.get(name, name) if language == "zh" else name
