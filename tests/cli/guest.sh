#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The command on the kernel driver, in the guest; prints TAP. usage: guest.sh BUILD
# shellcheck disable=SC2046 # ok $(… echo 1 or 0) takes one word
set -u

build=$(cd "${1:?usage: guest.sh BUILD}" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
mtia=$build/tools/mtia/mtia
work=$(mktemp -d)
chmod 755 "$work"
count=0 failed=0
unset MTIA_BACKEND MTIA_ROOT MTIA_KERNEL_DIR

ok() { # PASSED NAME
	count=$((count + 1))
	[ "$1" -eq 1 ] && echo "ok $count - $2" && return
	failed=$((failed + 1))
	echo "not ok $count - $2"
	{ sed 's/^/#   stdout: /' "$work/out"; sed 's/^/#   stderr: /' "$work/err"; } | head -12 >&2
}

# NAME CODE FILTER COMMAND...: exit code, and what jq finds true in the one document on stdout.
expect() {
	local name=$1 want=$2 filter=$3 code
	shift 3
	timeout 100 "$@" --json >"$work/out" 2>"$work/err" </dev/null
	code=$?
	ok $([ $code -eq "$want" ] && [ "$(jq -s length "$work/out")" = 1 ] &&
		jq -e "$filter" "$work/out" >/dev/null && echo 1 || echo 0) "$name (exit $code, want $want)"
}

nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)

expect "list" 0 '.devices[0] | .name == "accel0" and .usable and .driver == "mtia" and
	.backend == "kernel" and .vendor_id == "0x1af4"' "$mtia" list
bdf=$(jq -r '.devices[0].bdf' "$work/out")
expect "info" 0 '.devices[0] | .backend == "kernel" and .grid_rows == 8 and .firmware.ready and
	.counters.ctrl_instrs > 0' "$mtia" info

# The chip is PCIe Gen4 x8 (paper, section 3); BAR 2 is device memory.
# shellcheck disable=SC2016 # $bdf is for jq
pci=".pci.bdf == \"$bdf\" and (.pci.power_state | test(\"^D(0|3hot)$\")) and
	(.pci.root_port | test(\"^0000:00:[01][0-9a-f][.][0-7]$\"))"
bars='[.pci.bars[] | [.index, .type, .prefetchable]] == [[0, "mem64", false], [2, "mem64", true],
	[4, "mem64", false]] and (.pci.bars | all(.size_bytes >= 4096 and (.address | test("^0x[1-9a-f]"))))'
registers='(.pci | .flr and [.link_gt_per_s, .link_width, .link_max_gt_per_s, .link_max_width] ==
	[16, 8, 16, 8] and .msix_vectors == 18 and .aer_uncorrectable == [] and .aer_correctable == [])'
unknown='(.pci | [.flr, .link_gt_per_s, .link_width, .link_max_gt_per_s, .link_max_width, .msix_vectors,
	.msix_enabled, .aer_uncorrectable, .aer_correctable] | all(. == null)) and
	(.warnings | length == 1 and (.[0] | test("CAP_SYS_ADMIN")))'
# The same of a device and of an error's document.
of_pci() { echo "{pci: (.devices[0].pci // .pci), warnings} | $1"; }
shows() { # NAME CODE PATTERN COMMAND...: in the text on stdout
	local name=$1 want=$2 pattern=$3 code
	shift 3
	timeout 100 "$@" >"$work/out" 2>"$work/err" </dev/null
	code=$?
	ok $([ $code -eq "$want" ] && tr '\n' ' ' <"$work/out" | grep -Eq "$pattern" && echo 1 || echo 0) \
		"$name (exit $code, want $want)"
}
text="pci +$bdf, root port 0000:00:..\\.., power D(0|3hot), bus master"
bars_text='BAR 0 +512 KiB at 0x.* BAR 2 +[1-9].* GiB at 0x[^ ]+, 64 bit, prefetchable +BAR 4'

expect "info: the bus" 0 "$(of_pci "$pci and $bars and $registers and .pci.bus_master and
	.pci.msix_enabled and .warnings == []")" "$mtia" info
shows "info: the bus, text" 0 "$text on, FLR yes .*link +16 GT/s x8, at most 16 GT/s x8 .*MSI-X +18 vectors, \
enabled +AER +uncorrectable none; correctable none +$bars_text" "$mtia" info
kernel=$(cat "/sys/bus/pci/devices/$bdf/max_link_width" "/sys/bus/pci/devices/$bdf/max_link_speed")
ok $([ "$kernel" = $'8\n16.0 GT/s PCIe' ] && echo 1 || echo 0) "the kernel says the same of the link"
for selector in 0 accel0 "$bdf" "${bdf#0000:}" /dev/accel/accel0; do
	expect "info -d $selector" 0 ".devices[0].bdf == \"$bdf\"" "$mtia" info -d "$selector"
done
expect "info -d of no device" 3 '.error.name == "ENODEV"' "$mtia" info -d 0000:ff:1f.7
expect "doctor" 0 '.passed' "$mtia" doctor
expect "validate" 0 '.passed and .failed_count == 0' "$mtia" validate --quick
for shape in "1 1 1" "65 33 129" "256 512 128"; do
	read -r m k n <<<"$shape"
	expect "run fc $m x $k x $n" 0 '.values_differing == 0 and .device_cycles > 0' \
		"$mtia" run fc --m "$m" --k "$k" --n "$n"
done
for mode in sum mean weighted; do
	expect "run tbe $mode" 0 '.values_differing == 0' \
		"$mtia" run tbe --mode $mode --index-bits 64
done
expect "run tbe, mixed tables to u8, bad bags corrected" 0 \
	'.values_differing == 0 and .corrected_indices > 0' \
	"$mtia" run tbe --layout mixed --mixed-dim --dim 37 --out u8 --bounds warning --bad 5 \
	--pruned 20
expect "run tbe, bad bags" 7 '.error.job.status == "PE_EXIT" and (.warnings | length == 1)' \
	"$mtia" run tbe --bad 5
expect "run fc of bf16" 0 '.values_differing == 0' "$mtia" run fc --type bf16 --out f16
expect "run dlrm, 1000 rows" 0 '.values_differing == 0 and .rows == 1000' \
	"$mtia" run dlrm --limit 1000

# Two clients of one device.
"$mtia" run tbe --repeat 20 --json >"$work/other" 2>&1 &
other=$!
expect "two processes at once: one" 0 '.values_differing == 0' "$mtia" run fc --repeat 20
wait $other
ok $((! $? && $(jq '.values_differing == 0' "$work/other" | grep -c true))) \
	"two processes at once: the other"

chmod 600 /dev/accel/accel0
expect "info without permission" 4 '.error | .name == "EACCES" and (.hint | length > 5) and
	(.message | test("mode 0600"))' "${nobody[@]}" "$mtia" info
expect "info without permission: the bus" 4 "$(of_pci "$pci and $bars and $unknown")" \
	"${nobody[@]}" "$mtia" info
chmod 666 /dev/accel/accel0
expect "info as nobody: the bus" 0 "$(of_pci "$pci and $bars and $unknown and .pci.bus_master")" \
	"${nobody[@]}" "$mtia" info
shows "info as nobody: the bus, text" 0 "$text on, FLR - .*link +-, at most - .*MSI-X +- .*AER +uncorrectable -; \
correctable - .*$bars_text" "${nobody[@]}" "$mtia" info
expect "validate as nobody, once permitted" 0 '.passed' "${nobody[@]}" "$mtia" validate
chmod 600 /dev/accel/accel0

mkdir "$work/kernels"
export MTIA_KERNEL_DIR=$work/kernels
python3 "$here/program.py" fc_int8 96 0x6f >"$work/kernels/fc_int8.pe"
expect "a PE program that hangs" 6 '.error.job.status == "TIMEOUT"' "$mtia" run fc --timeout-ms 10
python3 "$here/program.py" fc_int8 96 0x0 >"$work/kernels/fc_int8.pe"
expect "a PE program that traps" 7 '.error.job | .status == "PE_EXCEPTION" and .pe_row >= 0' \
	"$mtia" run fc
unset MTIA_KERNEL_DIR
expect "the next job works" 0 '.values_differing == 0' "$mtia" run fc

echo "$bdf" >"/sys/bus/pci/drivers/mtia/unbind"
expect "info without the driver" 3 '.error.name == "MTIA_ENODRIVER"' "$mtia" info
expect "info without the driver: the bus" 3 "$(of_pci "$pci and $bars and $registers and
	.pci.bus_master == false and .pci.msix_enabled == false")" "$mtia" info
shows "info without the driver: the bus, text" 3 "$text off, FLR yes .*MSI-X +18 vectors, disabled .*$bars_text" \
	"$mtia" info
expect "info without the driver as nobody: the bus" 3 "$(of_pci "$pci and $bars and $unknown")" \
	"${nobody[@]}" "$mtia" info
expect "list without the driver" 0 '.devices[0].state == "no-driver"' "$mtia" list
echo "$bdf" >"/sys/bus/pci/drivers/mtia/bind"
expect "validate after binding it again" 0 '.passed' "$mtia" validate

"$mtia" run fc --repeat 100000 --json >"$work/out" 2>"$work/err" &
client=$!
sleep 2 # into its run; how far does not matter
echo "$bdf" >"/sys/bus/pci/drivers/mtia/unbind"
wait $client
code=$?
ok $([ $code -eq 7 ] && jq -e '.error.name == "MTIA_ELOST" or .error.name == "MTIA_EBANNED" or
	.error.name == "MTIA_EJOB"' "$work/out" >/dev/null && echo 1 || echo 0) \
	"unbinding under a running client is an error to it (exit $code, want 7)"
echo "$bdf" >"/sys/bus/pci/drivers/mtia/bind"
expect "and the device works again" 0 '.passed' "$mtia" validate

rm -rf "$work"
echo "1..$count"
[ $failed -eq 0 ]
