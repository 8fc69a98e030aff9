#!/bin/sh
# libvirt runs this as `qemu GUEST OPERATION SUB-OPERATION EXTRA`, with the guest's XML on its input.
# The switch in user space takes a guest's interface over at the very moment in which libvirt brings it up, and writes back what it
# read before: now and then the interface stays down, and the guest without a network. When the guest has started, both are done.
set -eu
[ "$2 $3" = "started begin" ] || exit 0
sed -n "s/.*<target dev='\(tap[^']*\)'.*/\1/p" | while read -r interface; do
    ip link set "$interface" up
done
