#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The command mtia from outside; prints TAP. usage: mtia.sh BUILD
# shellcheck disable=SC2046 # ok $(… echo 1 or 0) takes one word
set -u

build=$(cd "${1:?usage: mtia.sh BUILD}" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
mtia=$build/tools/mtia/mtia
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0 failed=0

unset MTIA_ROOT MTIA_FIRMWARE MTIA_MODEL MTIA_KERNEL_DIR
unset MTIA_SIM_LPDDR_MIB MTIA_SIM_WORKERS MTIA_SIM_V1PLUS MTIA_SIM_APPROX MTIA_SIM_OUTSTANDING
export MTIA_BACKEND=sim LC_ALL=C.UTF-8

ok() { # PASSED NAME [WHY]
	count=$((count + 1))
	if [ "$1" -eq 1 ]; then
		echo "ok $count - $2"
	else
		failed=$((failed + 1))
		echo "not ok $count - $2"
		echo "#   ${3:-}" >&2
		sed 's/^/#   stdout: /' "$work/out" | head -8 >&2
		sed 's/^/#   stderr: /' "$work/err" | head -8 >&2
	fi
}

run() { # COMMAND...: leaves out, err, code
	timeout 120 "$@" >"$work/out" 2>"$work/err" </dev/null
	code=$?
}

# One JSON document of that schema, ended by one newline, and what jq finds true in it.
is_json() { # SCHEMA FILTER
	[ "$(jq -s length "$work/out" 2>/dev/null)" = 1 ] &&
		[ "$(wc -l <"$work/out")" -eq 1 ] &&
		jq -e --arg s "$1" '.schema == $s and (.tool | type == "string") and
			(.time | test("^[0-9-]{10}T[0-9:]{8}Z$")) and (.host | type == "string")' \
			"$work/out" >/dev/null &&
		jq -e "$2" "$work/out" >/dev/null
}

# Nothing on stderr, but for the progress of what takes longer than a few seconds.
quiet() {
	! grep -qv '^dlrm: [0-9]* of [0-9]* rows$' "$work/err"
}

# A verb that works: as text something on stdout, as JSON its schema; nothing on stderr.
works() { # NAME SCHEMA FILTER COMMAND...
	local name=$1 schema=$2 filter=$3 pass=0
	shift 3
	run "$@"
	[ $code -eq 0 ] && [ -s "$work/out" ] && quiet && pass=1
	ok $pass "$name, text" "exit $code"
	pass=0
	run "$@" --json
	[ $code -eq 0 ] && quiet &&
		is_json "$schema" "(.warnings | type == \"array\") and ($filter)" && pass=1
	ok $pass "$name, JSON" "exit $code, wanted $schema with $filter"
}

# A verb that fails: stdout empty, or the error as JSON; a sentence on stderr.
fails() { # NAME CODE ERROR-NAME COMMAND...
	local name=$1 want=$2 error=$3 pass=0
	shift 3
	run "$@"
	[ $code -eq "$want" ] && [ ! -s "$work/out" ] && grep -q '^mtia: ' "$work/err" &&
		! grep -qv '^mtia: ' "$work/err" && pass=1
	[ "$want" -ne 2 ] || [ "$(wc -l <"$work/err")" -eq 1 ] || pass=0
	ok $pass "$name, text: exit $want" "exit $code"
	pass=0
	run "$@" --json
	[ $code -eq "$want" ] && grep -q '^mtia: ' "$work/err" &&
		is_json mtia.error/1 ".error.code == $want and .error.name == \"$error\" and
			(.error.message | length > 5)" && pass=1
	ok $pass "$name, JSON: exit $want, $error" "exit $code"
}

# info of a device that cannot be opened: fails, and shows what the bus knows. Leaves the text.
unopened() { # NAME CODE ERROR-NAME FILTER PATTERN COMMAND...
	local name=$1 want=$2 error=$3 filter=$4 pattern=$5 pass=0
	shift 5
	run "$@"
	cp "$work/out" "$work/text"
	[ $code -eq "$want" ] && grep -q "$pattern" "$work/out" &&
		[ "$(sed 's/^mtia: warning: .*//;/^$/d' "$work/err" | head -c 6)" = "mtia: " ] &&
		! grep -qv '^mtia: ' "$work/err" && pass=1
	ok $pass "$name, text: exit $want, $pattern" "exit $code"
	pass=0
	run "$@" --json
	[ $code -eq "$want" ] && is_json mtia.error/1 ".error.code == $want and
		.error.name == \"$error\" and ($filter)" && pass=1
	ok $pass "$name, JSON: exit $want, $error" "exit $code, wanted $filter"
}

# ---- What works --------------------------------------------------------------------------------

works "list" mtia.list/1 '.devices[0].usable and .devices[0].backend == "sim"' "$mtia" list
works "list --require" mtia.list/1 '.devices | length == 1' "$mtia" list --require
works "info" mtia.info/1 '.devices[0] | .grid_rows == 8 and .firmware.ready and
	(.firmware.build_id | length == 40) and .counters.ctrl_instrs > 0 and
	(.vram_bytes | type == "number") and has("pci") and .pci == null' "$mtia" info
works "info -d sim0" mtia.info/1 '.devices[0].name == "sim0"' "$mtia" info -d sim0
works "version" mtia.version/1 '.library == .tool' "$mtia" version
works "doctor" mtia.doctor/1 '.passed and (.checks | length == 4)' "$mtia" doctor
works "validate --quick" mtia.validate/1 '.passed and .failed_count == 0 and .passed_count >= 11' \
	"$mtia" validate --quick
for shape in "1 1 1" "64 64 64" "65 33 129" "200 700 10"; do
	read -r m k n <<<"$shape"
	works "run fc $m x $k x $n" mtia.run.fc/1 \
		".values_differing == 0 and .device_cycles > 0 and .m == $m and
			.device_macs >= $((m * k * n))" \
		"$mtia" run fc --m "$m" --k "$k" --n "$n"
done
for out in u8 f32 s32; do
	works "run fc --out $out --relu" mtia.run.fc/1 ".values_differing == 0 and .out == \"$out\"" \
		"$mtia" run fc --m 40 --k 100 --n 70 --out $out --relu
done
for kind in "int8 s8" "int8 f16" "f16 f16" "bf16 f32" "f16 u8"; do
	read -r type out <<<"$kind"
	works "run fc --type $type --out $out" mtia.run.fc/1 \
		".values_differing == 0 and .type == \"$type\" and .out == \"$out\"" \
		"$mtia" run fc --m 33 --k 70 --n 40 --type "$type" --out "$out"
done
works "run fc of s8, per tensor, asymmetric" mtia.run.fc/1 '.values_differing == 0' \
	"$mtia" run fc --m 33 --k 70 --n 40 --a-signed --per-tensor --asymmetric
works "run fc --k-split 4 --repeat 3" mtia.run.fc/1 '.values_differing == 0 and .jobs == 3' \
	"$mtia" run fc --k-split=4 --repeat 3
works "run fc --no-check" mtia.run.fc/1 '.values_differing == null' "$mtia" run fc --no-check
for mode in sum mean weighted; do
	for bits in 32 64; do
		works "run tbe $mode, $bits-bit" mtia.run.tbe/1 \
			".values_differing == 0 and .mode == \"$mode\" and .index_bits == $bits" \
			"$mtia" run tbe --mode $mode --index-bits $bits --dim 33 --batch 20
	done
done
# The pointer to a window of indices, biased by where it starts, once came out as NULL here.
for bits in 32 64; do
	works "run tbe, windows at every place, $bits-bit" mtia.run.tbe/1 '.values_differing == 0' \
		"$mtia" run tbe --pooling 152 --batch 16 --dim 8 --index-bits $bits
done
for layout in u8-f16-first u4-f16-last u4-f16-first f16 f32 mixed; do
	works "run tbe --layout $layout" mtia.run.tbe/1 \
		".values_differing == 0 and .layout == \"$layout\"" \
		"$mtia" run tbe --layout $layout --dim 30 --batch 10
done
for out in f16 u8; do
	works "run tbe --out $out, tables of different widths" mtia.run.tbe/1 \
		".values_differing == 0 and .out == \"$out\"" \
		"$mtia" run tbe --out $out --mixed-dim --dim 37 --batch 10 --pruned 30
	works "run tbe --mode none --out $out" mtia.run.tbe/1 \
		'.values_differing == 0 and .mode == "none"' \
		"$mtia" run tbe --mode none --out $out --dim 37 --batch 10
done
works "run tbe, bad bags corrected and counted" mtia.run.tbe/1 '.values_differing == 0 and
	.corrected_indices >= 5 and .corrected_offsets >= 1 and .bounds == "warning"' \
	"$mtia" run tbe --bounds warning --bad 10 --batch 10
works "run tbe, bad bags corrected" mtia.run.tbe/1 '.values_differing == 0 and
	.corrected_indices == 0 and .corrected_offsets == 0' \
	"$mtia" run tbe --bounds ignore --bad 10 --batch 10 --mode none
works "run tbe, empty bags" mtia.run.tbe/1 '.values_differing == 0' "$mtia" run tbe --pooling 0
works "run dlrm" mtia.run.dlrm/1 '.values_differing == 0 and .rows > 7000 and
	.jobs == .batches and (has("on_host") | not) and .sram_bytes > 100000 and
	.quality.device_int8 == .quality.host_int8 and
	((.quality.device_int8.auc - .quality.host_f32.auc) | fabs) < 0.005 and
	.quality.host_f32.auc > .quality.baseline.auc + 0.01 and .job_latency_p99_ns > 0' \
	"$mtia" run dlrm
works "run dlrm --limit --batch" mtia.run.dlrm/1 '.rows == 100 and .batches == 4 and .jobs == 4' \
	"$mtia" run dlrm --limit 100 --batch 30

run "$mtia" run dlrm --limit 256 --json
first=$(jq .device_cycles "$work/out")
MTIA_SIM_V1PLUS=1 run "$mtia" run dlrm --limit 256 --json
plus=$(jq .device_cycles "$work/out")
ok $([ $code -eq 0 ] && jq -e '.values_differing == 0' "$work/out" >/dev/null &&
	[ $((plus * 100)) -lt $((first * 94)) ] && echo 1 || echo 0) \
	"run dlrm where launches follow each other by themselves: $plus cycles, v1 $first"

run "$mtia" run fc --seed 7 --json
first=$(jq .device_cycles "$work/out")
MTIA_SIM_WORKERS=2 run "$mtia" run fc --seed 7 --json
ok $([ "$first" = "$(jq .device_cycles "$work/out")" ] && echo 1 || echo 0) \
	"two host threads give the same cycle count" "$first"

# ---- Help, completion --------------------------------------------------------------------------

run "$mtia" help
ok $([ $code -eq 0 ] && grep -q 'Exit codes' "$work/out" && [ ! -s "$work/err" ] && echo 1 || echo 0) \
	"help"
while read -r verb; do
	# shellcheck disable=SC2086
	run "$mtia" help $verb
	cp "$work/out" "$work/help"
	# shellcheck disable=SC2086
	run "$mtia" $verb --help
	ok $([ $code -eq 0 ] && cmp -s "$work/out" "$work/help" && grep -q "^usage: mtia $verb " \
		"$work/out" && echo 1 || echo 0) "$verb --help is help $verb"
	# Everything that help offers is completed, and the manual has it.
	grep -o -- '--[a-z-]*' "$work/help" | sort -u >"$work/options"
	"$mtia" completion >"$work/completion"
	missing=
	while read -r option; do
		grep "^	'$verb') words=" "$work/completion" | grep -q -- " $option\b" ||
			case $option in --no-*) ;; *) missing="$missing $option" ;; esac
		grep -q -- "\\\\-\\\\-${option#--}\|Fl -${option#--}" "$here/../../libmtia-user/man/mtia.1" ||
			case $option in --no-*) ;; *) missing="$missing manual:$option" ;; esac
	done <"$work/options"
	ok $([ -z "$missing" ] && echo 1 || echo 0) "$verb: completion and manual know every option" \
		"missing:$missing"
done < <("$mtia" help | sed -n '/^Verbs/,/^$/s/^  \([a-z]\+\( [a-z]\+\)\?\)  .*/\1/p')
run bash -n "$work/completion"
ok $((code == 0)) "the completion script is bash"
run bash -c "source '$work/completion'; COMP_WORDS=(mtia run tbe --mode ''); COMP_CWORD=4; _mtia
	echo \${COMPREPLY[*]}; COMP_WORDS=(mtia run d); COMP_CWORD=2; _mtia; echo \${COMPREPLY[*]}"
ok $([ "$(cat "$work/out")" = $'sum mean weighted none\ndlrm' ] && echo 1 || echo 0) "completion completes"

# ---- Wrong usage -------------------------------------------------------------------------------

fails "no verb" 2 EUSAGE "$mtia"
fails "unknown verb" 2 EUSAGE "$mtia" frobnicate
fails "run without what" 2 EUSAGE "$mtia" run
fails "run of something else" 2 EUSAGE "$mtia" run bmm
fails "help for an unknown verb" 2 EUSAGE "$mtia" help frobnicate
for verb in list info version doctor validate "run fc" "run tbe" "run dlrm" completion; do
	# shellcheck disable=SC2086
	fails "$verb with an unknown option" 2 EUSAGE "$mtia" $verb --frobnicate
	# shellcheck disable=SC2086
	fails "$verb with a stray argument" 2 EUSAGE "$mtia" $verb stray
done
fails "a number that is none" 2 EUSAGE "$mtia" run fc --m twelve
fails "a number below its range" 2 EUSAGE "$mtia" run fc --m 0
fails "a number above its range" 2 EUSAGE "$mtia" run fc --k 16777217
fails "a negative number" 2 EUSAGE "$mtia" run fc --n -1
fails "a number beyond 64 bits" 2 EUSAGE "$mtia" run fc --seed 18446744073709551616
fails "a number that its suffix overflows" 2 EUSAGE "$mtia" run fc --seed 99999999999999G
fails "a choice that is none" 2 EUSAGE "$mtia" run tbe --mode median
fails "a flag with an argument" 2 EUSAGE "$mtia" run fc --check=yes
fails "an argument missing" 2 EUSAGE "$mtia" run fc --m
fails "an unknown letter" 2 EUSAGE "$mtia" info -x
fails "run fc of f16 to s32" 1 EINVAL "$mtia" run fc --type f16 --out s32
fails "run tbe, bad bags" 7 MTIA_EJOB "$mtia" run tbe --bad 10
run "$mtia" run tbe --bad 10 --json
ok $(is_json mtia.error/1 '.error.job.status == "PE_EXIT" and (.warnings | length == 1) and
	(.warnings[0] | test("^table [0-9]+, bag [0-9]+: .* --bounds warning"))' && echo 1 || echo 0) \
	"run tbe, bad bags: says which and what helps"
fails "run tbe, INT4 rows of odd length" 1 EINVAL "$mtia" run tbe --layout u4-f16-last --dim 33
fails "run tbe, unpooled tables of different widths" 1 EINVAL \
	"$mtia" run tbe --mode none --mixed-dim
fails "run tbe, FP16 rows as they are" 1 EINVAL \
	"$mtia" run tbe --mode none --out u8 --layout f16
fails "k-split beyond the grid" 1 EINVAL "$mtia" run fc --k-split 60
fails "unknown device" 3 ENODEV "$mtia" info -d 7
MTIA_BACKEND=abacus run "$mtia" list --json
ok $([ $code -eq 2 ] && is_json mtia.error/1 '.error.code == 2' && echo 1 || echo 0) \
	"unknown back-end: exit 2"

# ---- No device, no driver, no permission -------------------------------------------------------

export MTIA_BACKEND=kernel
mkdir -p "$work/empty" "$work/nodriver/sys/bus/pci/devices/0000:01:00.0"
echo 0x1af4 >"$work/nodriver/sys/bus/pci/devices/0000:01:00.0/vendor"
echo 0x10f0 >"$work/nodriver/sys/bus/pci/devices/0000:01:00.0/device"
cp -r "$work/nodriver" "$work/private"
mkdir -p "$work/private/sys/bus/pci/devices/0000:01:00.0/accel/accel0" "$work/private/dev/accel"
ln -s ../../../bus/pci/drivers/mtia "$work/private/sys/bus/pci/devices/0000:01:00.0/driver"
: >"$work/private/dev/accel/accel0"
chmod -R go+rX "$work/empty" "$work/nodriver" "$work/private"
chmod 600 "$work/private/dev/accel/accel0"
chmod 755 "$work"

export MTIA_ROOT=$work/empty
run "$mtia" list --json
ok $([ $code -eq 0 ] && is_json mtia.list/1 '.devices == []' && echo 1 || echo 0) \
	"list without a device: an empty list, exit 0"
fails "list --require without a device" 3 ENODEV "$mtia" list --require
for verb in info validate "run fc" "run tbe --rows 10" "run dlrm"; do
	# shellcheck disable=SC2086
	fails "$verb without a device" 3 ENODEV "$mtia" $verb
done
run "$mtia" doctor --json
ok $([ $code -eq 3 ] && is_json mtia.doctor/1 '(.passed | not) and (.checks[0].hint | length > 5)' &&
	echo 1 || echo 0) "doctor without a device: exit 3, says what to do"
# What the bus knows is shown all the same; here that is nothing but the address.
export MTIA_ROOT=$work/nodriver
unopened "info without a driver" 3 MTIA_ENODRIVER '.pci.bdf == "0000:01:00.0" and
	(.pci | [.[] | select(. != null)] | length == 1) and (.warnings | length >= 3)' \
	'root port -, power -, bus master -, FLR -' "$mtia" info
run "$mtia" list --json
ok $([ $code -eq 0 ] && is_json mtia.list/1 '.devices[0] | .state == "no-driver" and (.usable | not) and
	(.hint | test("modprobe"))' && echo 1 || echo 0) "list without a driver says so"
export MTIA_ROOT=$work/private
if [ "$(id -u)" -eq 0 ] && setpriv --reuid 65534 --regid 65534 --clear-groups "$mtia" version \
	>/dev/null 2>&1; then
	unopened "info without permission" 4 EACCES '.pci.bdf == "0000:01:00.0"' MSI-X \
		setpriv --reuid 65534 --regid 65534 --clear-groups "$mtia" info
	run setpriv --reuid 65534 --regid 65534 --clear-groups "$mtia" list --json
	ok $([ $code -eq 0 ] && is_json mtia.list/1 '.devices[0] | .state == "no-permission" and
		.permissions == {"uid": 0, "gid": 0, "mode": "0600"} and (.message | test("root:root"))' &&
		echo 1 || echo 0) "list without permission names owner and mode"
else
	count=$((count + 1))
	echo "ok $count - without permission # SKIP needs root, and a build that others can read"
fi
unopened "a node that is no device" 3 MTIA_ENODRIVER '.error.device == "0000:01:00.0"' MSI-X \
	"$mtia" info

# A function whose every register is known, below a root port and a switch.
bus=$work/bus/sys/bus/pci/devices
function=$work/bus/sys/devices/pci0000:00/0000:00:06.0/0000:01:00.0/0000:02:01.0/0000:03:00.0
mkdir -p "$bus" "$function"
ln -s ../../../devices/pci0000:00/0000:00:06.0/0000:01:00.0/0000:02:01.0/0000:03:00.0 "$bus/0000:03:00.0"
echo 0x1af4 >"$function/vendor"
echo 0x10f0 >"$function/device"
export MTIA_ROOT=$work/bus
shown='.pci.bdf == "0000:03:00.0" and .pci.root_port == "0000:00:06.0" and
	.pci.power_state == "D3hot" and .pci.bus_master == false'
bars='.pci.bars == [
	{"index": 0, "address": "0xfe800000", "size_bytes": 524288, "type": "mem64",
	 "prefetchable": false},
	{"index": 2, "address": "0x100000000", "size_bytes": 2147483648, "type": "mem64",
	 "prefetchable": true}]'
python3 "$here/config_space.py" "$function"
unopened "PCI registers" 3 MTIA_ENODRIVER "$shown and $bars and .warnings == [] and
	(.pci | [.flr, .link_gt_per_s, .link_width, .link_max_gt_per_s, .link_max_width,
		.msix_vectors, .msix_enabled] == [true, 8, 4, 16, 8, 18, false] and
	.aer_uncorrectable == [\"UnsupReq\", \"bit30\"] and .aer_correctable == [\"BadTLP\"])" \
	'8 GT/s x4, at most 16 GT/s x8' "$mtia" info
ok $(grep -q 'AER  *uncorrectable UnsupReq bit30; correctable BadTLP$' "$work/text" && echo 1 ||
	echo 0) "their text names the errors"
unknown='(.pci | [.flr, .link_gt_per_s, .link_width, .link_max_gt_per_s, .link_max_width, .msix_vectors,
	.msix_enabled, .aer_uncorrectable, .aer_correctable] | all(. == null))'
python3 "$here/config_space.py" "$function" 64
unopened "64 bytes of PCI registers" 3 MTIA_ENODRIVER "$shown and $bars and $unknown and
	(.warnings | length == 1 and (.[0] | test(\"CAP_SYS_ADMIN\")))" \
	'AER  *uncorrectable -; correctable -$' "$mtia" info
python3 "$here/config_space.py" "$function" 256
unopened "256 bytes of PCI registers" 3 MTIA_ENODRIVER "$shown and $bars and .pci.flr and
	.pci.aer_correctable == null and (.warnings | length == 1)" 'MSI-X  *18 vectors' "$mtia" info
head -c 4096 /dev/zero | tr '\0' '\377' >"$function/config"
unopened "PCI registers of a device that is gone" 3 MTIA_ENODRIVER "$unknown and $bars and
	.pci.bus_master == null and (.warnings[0] | test(\"does not answer\"))" 'bus master -' "$mtia" info
python3 "$here/config_space.py" "$function"
echo nonsense >"$function/resource"
unopened "PCI resources that are none" 3 MTIA_ENODRIVER "$shown and .pci.bars == null and .pci.flr and
	(.warnings | length == 1)" 'BARs  *-$' "$mtia" info
unset MTIA_ROOT
export MTIA_BACKEND=sim

# ---- Bad files ---------------------------------------------------------------------------------

export MTIA_FIRMWARE=/nonexistent/fw.bin
fails "info without firmware" 7 MTIA_EFIRMWARE "$mtia" info
head -c 5000 "$build/firmware/mtia_ctrl.bin" >"$work/half.bin"
export MTIA_FIRMWARE=$work/half.bin
fails "info with half a firmware" 7 MTIA_EFIRMWARE "$mtia" info
cp "$build/firmware/mtia_ctrl.bin" "$work/damaged.bin"
printf X | dd of="$work/damaged.bin" bs=1 seek=4000 conv=notrunc status=none
export MTIA_FIRMWARE=$work/damaged.bin
fails "run fc with a damaged firmware" 7 MTIA_EFIRMWARE "$mtia" run fc
unset MTIA_FIRMWARE
export MTIA_MODEL=$work/half.bin
fails "info with a chip model that is none" 7 MTIA_EMODEL "$mtia" info
unset MTIA_MODEL

data=$build/dlrm/insteval
head -c 100000 "$data/model.dlrm" >"$work/half.model"
head -c 1000000 "$data/dataset.dlrm" >"$work/half.dlrm"
fails "run dlrm with half a model" 10 EBADMSG "$mtia" run dlrm --model "$work/half.model"
fails "run dlrm with half a data set" 10 EBADMSG \
	"$mtia" run dlrm --data "$work/half.dlrm" --model "$data/model.dlrm"
fails "run dlrm with data instead of a model" 10 EBADMSG \
	"$mtia" run dlrm --model "$data/dataset.dlrm"
fails "run dlrm with no such data" 10 ENOENT \
	"$mtia" run dlrm --data "$work/none" --model "$data/model.dlrm"
fails "run dlrm with data that has no model" 10 ENOENT "$mtia" run dlrm --data "$work/empty"
fails "run dlrm with no data" 10 ENOENT "$mtia" run dlrm --data "$work/none"
ok $(jq -e '.error.message | test("/none: No such file")' "$work/out" >/dev/null && echo 1 || echo 0) \
	"its error names the folder that is missing"
mkdir "$work/tables" "$work/two words"
: >"$work/tables/ml-100k.inter"
: >"$work/two words/ml-100k.inter"
fails "run dlrm with tables, but no weights" 10 ENOENT "$mtia" run dlrm --data "$work/tables"
ok $(jq -e --arg hint "make dlrm-train NAME=ml-100k DATA=$work/tables, then --data build/dlrm/ml-100k" \
	'.error.hint == $hint' "$work/out" >/dev/null && echo 1 || echo 0) "its hint is how to train them"
run "$mtia" run dlrm --data "$work/two words" --json
ok $(jq -e '.error.hint | test("DATA=DIR,")' "$work/out" >/dev/null && echo 1 || echo 0) \
	"a path that needs quoting is not part of the hint"
: >"$work/empty.model"
fails "run dlrm with an empty model" 10 EBADMSG "$mtia" run dlrm --model "$work/empty.model"

# ---- Jobs that go wrong ------------------------------------------------------------------------

mkdir "$work/kernels"
export MTIA_KERNEL_DIR=$work/kernels
fails "a PE program that is missing" 10 ENOENT "$mtia" run fc
echo "no program" >"$work/kernels/fc_int8.pe"
fails "a PE program that is none" 10 MTIA_EPROGRAM "$mtia" run fc
python3 "$here/program.py" fc_int8 88 0x6f >"$work/kernels/fc_int8.pe"
fails "a PE program of another version" 1 EINVAL "$mtia" run fc
python3 "$here/program.py" fc_int8 96 0x6f >"$work/kernels/fc_int8.pe" # j .
fails "a PE program that hangs" 6 MTIA_EJOB "$mtia" run fc --timeout-ms 1
run "$mtia" run fc --timeout-ms 1 --json
ok $(jq -e '.error.job.status == "TIMEOUT" and .error.device == "sim0"' "$work/out" >/dev/null &&
	echo 1 || echo 0) "its error names job, status and device"
python3 "$here/program.py" fc_int8 96 0x0 >"$work/kernels/fc_int8.pe" # illegal
fails "a PE program that traps" 7 MTIA_EJOB "$mtia" run fc
run "$mtia" run fc --json
ok $(jq -e '.error.job | .status == "PE_EXCEPTION" and .pe_row >= 0' "$work/out" >/dev/null &&
	echo 1 || echo 0) "its error names the PE"
python3 "$here/program.py" fc_int8 96 0x200b >"$work/kernels/fc_int8.pe" # EXIT 0
run "$mtia" run fc --json
ok $([ $code -eq 8 ] && is_json mtia.run.fc/1 '.values_differing > 0' && [ -s "$work/err" ] && echo 1 ||
	echo 0) "a PE program that computes nothing: exit 8, JSON counts the differences" "exit $code"
run "$mtia" run fc
ok $([ $code -eq 8 ] && grep -q 'first difference' "$work/err" && echo 1 || echo 0) \
	"as text: exit 8, says where the first is" "exit $code"
cp -n "$build"/firmware/kernels/*.pe "$work/kernels/"
run "$mtia" run dlrm --limit 64 --json
ok $([ $code -eq 8 ] && is_json mtia.run.dlrm/1 '.values_differing > 0' && echo 1 || echo 0) \
	"run dlrm notices it too: exit 8" "exit $code"
run "$mtia" validate --json
ok $([ $code -eq 8 ] && is_json mtia.validate/1 '(.passed | not) and .failed_count == 1 and
	(.checks[] | select(.name == "fc-int8") | .passed | not)' && echo 1 || echo 0) \
	"and validate: exit 8, the check is named" "exit $code"
unset MTIA_KERNEL_DIR
MTIA_SIM_LPDDR_MIB=64 fails "tables larger than device memory" 11 ENOSPC \
	"$mtia" run tbe --tables 10 --rows 100k --dim 64

# ---- stdout that cannot be written -------------------------------------------------------------

if [ -w /dev/full ]; then
	for option in "" --json; do
		# shellcheck disable=SC2086
		timeout 60 "$mtia" version $option >/dev/full 2>"$work/err"
		code=$?
		ok $([ $code -eq 1 ] && [ -s "$work/err" ] && echo 1 || echo 0) \
			"a full disk is a failure (version $option)" "exit $code"
	done
fi

echo "1..$count"
[ $failed -eq 0 ]
