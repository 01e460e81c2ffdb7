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
chmod 666 /dev/accel/accel0
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
