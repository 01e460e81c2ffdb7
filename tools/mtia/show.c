// SPDX-License-Identifier: MIT
/* Verbs that only look: list, info, version, completion, doctor. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mtia/regs.h"
#include "pci.h"
#include "session.h"

static const char *const state_names[] = {
	[MTIA_DEVICE_USABLE] = "usable",
	[MTIA_DEVICE_NO_DRIVER] = "no-driver",
	[MTIA_DEVICE_OTHER_DRIVER] = "other-driver",
	[MTIA_DEVICE_NO_NODE] = "no-node",
	[MTIA_DEVICE_NO_PERMISSION] = "no-permission",
	[MTIA_DEVICE_NO_FIRMWARE] = "no-firmware",
};

static const char *backend_name(uint32_t backend)
{
	return backend == MTIA_BACKEND_SIM ? "sim" : "kernel";
}

static const char *or_null(const char *text)
{
	return text[0] ? text : NULL;
}

/* malloc'ed list, or NULL with the library's error in *ret. */
static struct mtia_device_info *take_list(size_t *count, int *ret)
{
	struct mtia_device_info *list = NULL;
	size_t room;

	*count = 0;
	*ret = mtia_device_list(NULL, count);
	if (*ret)
		return NULL;
	room = *count + 4;
	list = calloc(room, sizeof(*list));
	if (!list) {
		*ret = mtia_error_set(-ENOMEM, "list", NULL, "out of memory");
		return NULL;
	}
	list[0].size = sizeof(*list);
	*count = room;
	*ret = mtia_device_list(list, count);
	if (*count > room)
		*count = room; /* somebody plugs in faster than we look */
	if (*ret) {
		free(list);
		return NULL;
	}
	return list;
}

static void list_json(struct json *j, const struct mtia_device_info *d)
{
	char text[16];

	json_object(j, NULL);
	json_u64(j, "index", d->index);
	json_string(j, "name", d->name);
	json_string(j, "bdf", or_null(d->bdf));
	json_string(j, "node", or_null(d->node));
	json_string(j, "backend", backend_name(d->backend));
	json_string(j, "driver", or_null(d->driver));
	json_hex(j, "vendor_id", d->vendor_id);
	json_hex(j, "device_id", d->device_id);
	if (d->numa_node >= 0)
		json_i64(j, "numa_node", d->numa_node);
	else
		json_null(j, "numa_node");
	json_string(j, "state", state_names[d->state]);
	json_bool(j, "usable", d->state == MTIA_DEVICE_USABLE);
	if (d->node_mode) {
		json_object(j, "permissions");
		json_u64(j, "uid", d->node_uid);
		json_u64(j, "gid", d->node_gid);
		snprintf(text, sizeof(text), "%04o", d->node_mode);
		json_string(j, "mode", text);
		json_end_object(j);
	} else {
		json_null(j, "permissions");
	}
	json_string(j, "message", or_null(d->message));
	json_string(j, "hint", or_null(d->hint));
	json_end_object(j);
}

enum exit_code verb_list(struct command *command, const void *options)
{
	const struct list_options *o = options;
	struct mtia_device_info *list;
	size_t count, usable = 0;
	int ret;

	list = take_list(&count, &ret);
	if (ret)
		return fail_library(command, ret);
	for (size_t i = 0; i < count; i++)
		usable += list[i].state == MTIA_DEVICE_USABLE;
	if (o->require && !usable) {
		free(list);
		return fail_with(command, EXIT_NO_DEVICE, "ENODEV", "'mtia doctor' tells why",
				 "%zu devices, none of them usable", count);
	}
	if (command->json) {
		begin_json(command);
		json_array(&command->out, "devices");
		for (size_t i = 0; i < count; i++)
			list_json(&command->out, &list[i]);
		json_end_array(&command->out);
	} else if (count) {
		printf("%-5s %-8s %-13s %-7s %-18s %s\n", "INDEX", "NAME", "ADDRESS", "DRIVER",
		       "NODE", "STATE");
		for (size_t i = 0; i < count; i++) {
			const struct mtia_device_info *d = &list[i];

			printf("%-5u %-8s %-13s %-7s %-18s %s\n", d->index, d->name,
			       d->bdf[0] ? d->bdf : "-", d->driver[0] ? d->driver : "-",
			       d->node[0] ? d->node : "-", state_names[d->state]);
		}
		for (size_t i = 0; i < count; i++)
			if (list[i].state != MTIA_DEVICE_USABLE)
				printf("\n%s\n  try: %s\n", list[i].message, list[i].hint);
	} else {
		fprintf(stderr, "mtia: this machine has no MTIA; MTIA_BACKEND=sim simulates one\n");
	}
	free(list);
	return EXIT_OK;
}

static void info_json(struct json *j, const struct mtia_device_props *p,
		      const struct pci_function *pci, const uint64_t *counters, uint64_t cycles)
{
	char text[64];

	json_object(j, NULL);
	json_string(j, "name", p->name);
	json_string(j, "bdf", or_null(p->bdf));
	json_string(j, "backend", backend_name(p->backend));
	json_string(j, "driver", p->driver_name);
	json_string(j, "driver_version", p->driver_version);
	json_hex(j, "hw_revision", p->hw_revision);
	snprintf(text, sizeof(text), "%u.%u", p->hw_version >> 16, p->hw_version & 0xffff);
	json_string(j, "register_interface", text);
	json_u64(j, "grid_rows", p->grid_rows);
	json_u64(j, "grid_cols", p->grid_cols);
	json_hex(j, "pe_enabled", p->pe_enabled);
	json_u64(j, "pe_local_bytes", p->pe_local_bytes);
	json_u64(j, "sram_bytes", p->sram_bytes);
	json_u64(j, "vram_bytes", p->vram_bytes);
	json_u64(j, "vram_used_bytes", p->vram_used_bytes);
	json_u64(j, "clock_hz", p->clock_hz);
	json_u64(j, "device_cycles", cycles);
	json_hex(j, "features", p->features);
	json_u64(j, "max_queues", p->max_queues);
	json_u64(j, "max_contexts", p->max_contexts);
	json_u64(j, "max_jobs", p->max_jobs);
	json_u64(j, "max_cmd_bytes", p->max_cmd_bytes);
	json_u64(j, "default_timeout_ms", p->default_timeout_ms);
	json_u64(j, "max_timeout_ms", p->max_timeout_ms);
	json_object(j, "firmware");
	json_string(j, "version", p->fw_version);
	snprintf(text, sizeof(text), "%u.%u", p->fw_abi_major, p->fw_abi_minor);
	json_string(j, "abi", text);
	for (size_t i = 0; i < 20; i++)
		snprintf(text + 2 * i, 3, "%02x", p->fw_build_id[i]);
	json_string(j, "build_id", text);
	json_bool(j, "ready", p->fw_state == MTIA_FW_READY);
	json_hex(j, "features", p->fw_features);
	json_end_object(j);
	pci_function_json(j, "pci", pci);
	json_object(j, "counters");
	for (uint32_t i = 0; i < MTIA_NUM_COUNTERS; i++)
		json_u64(j, mtia_counter_name(i), counters[i]);
	json_end_object(j);
	json_end_object(j);
}

static void info_text(const struct mtia_device_props *p, const struct pci_function *pci,
		      const uint64_t *counters, uint64_t cycles)
{
	char a[32], b[32];

	printf("%s%s%s, back-end %s, driver %s %s\n", p->name, p->bdf[0] ? " at " : "", p->bdf,
	       backend_name(p->backend), p->driver_name, p->driver_version);
	printf("  chip         MTIA v%u.%u, %u x %u PEs (%d enabled), %.0f MHz\n",
	       p->hw_revision >> 8, p->hw_revision & 0xff, p->grid_rows, p->grid_cols,
	       __builtin_popcountll(p->pe_enabled), p->clock_hz / 1e6);
	printf("  memory       %s LPDDR (%s in use), ", bytes_text(p->vram_bytes, a),
	       bytes_text(p->vram_used_bytes, b));
	printf("%s SRAM, %s a PE\n", bytes_text(p->sram_bytes, a),
	       bytes_text(p->pe_local_bytes, b));
	printf("  firmware     %s, ABI %u.%u, %s, build ", p->fw_version, p->fw_abi_major,
	       p->fw_abi_minor, p->fw_state == MTIA_FW_READY ? "ready" : "not ready");
	for (int i = 0; i < 6; i++)
		printf("%02x", p->fw_build_id[i]);
	printf("\n");
	pci_function_text(pci);
	printf("  limits       %u contexts, %u queues of up to %u jobs, command buffers of %s, "
	       "jobs of %u ms\n",
	       p->max_contexts, p->max_queues, p->max_jobs, bytes_text(p->max_cmd_bytes, a),
	       p->max_timeout_ms);
	printf("  device time  %llu cycles\n  counters\n", (unsigned long long)cycles);
	for (uint32_t i = 0; i < MTIA_NUM_COUNTERS; i++)
		printf("    %-18s %llu\n", mtia_counter_name(i), (unsigned long long)counters[i]);
}

/* A device that cannot be opened is still on the bus, and that is when its state is asked for. */
static enum exit_code info_unopened(struct command *command, int ret)
{
	struct mtia_error e = { .size = sizeof(e) };
	struct pci_function pci;

	mtia_error_last(&e);
	pci_function_read(command, e.device, &pci);
	if (command->json)
		pci_function_json(&command->findings, "pci", &pci);
	else
		pci_function_text(&pci);
	return fail_library(command, ret);
}

enum exit_code verb_info(struct command *command, const void *options)
{
	uint64_t counters[MTIA_NUM_COUNTERS] = { 0 }, cycles = 0;
	struct mtia_device_props props = { .size = sizeof(props) };
	struct pci_function pci;
	struct mtia_device *device;
	size_t count = MTIA_NUM_COUNTERS;
	int ret;

	(void)options;
	ret = mtia_device_open(command->device, &device);
	if (ret)
		return info_unopened(command, ret);
	ret = mtia_device_props(device, &props);
	if (!ret)
		ret = mtia_device_timestamp(device, &cycles, NULL);
	if (!ret && mtia_device_counters(device, counters, &count))
		warn(command, "the driver has no counters");
	mtia_device_free(device);
	if (ret)
		return info_unopened(command, ret);
	pci_function_read(command, props.bdf, &pci);
	if (command->json) {
		begin_json(command);
		json_array(&command->out, "devices");
		info_json(&command->out, &props, &pci, counters, cycles);
		json_end_array(&command->out);
	} else {
		info_text(&props, &pci, counters, cycles);
	}
	return EXIT_OK;
}

enum exit_code verb_version(struct command *command, const void *options)
{
	uint32_t version = mtia_version();
	char text[32];

	(void)options;
	snprintf(text, sizeof(text), "%u.%u.%u", version >> 16, version >> 8 & 0xff,
		 version & 0xff);
	if (command->json) {
		begin_json(command);
		json_string(&command->out, "library", text);
		json_u64(&command->out, "firmware_abi_major", MTIA_FW_ABI_MAJOR);
		json_u64(&command->out, "firmware_abi_minor", MTIA_FW_ABI_MINOR);
		json_u64(&command->out, "register_interface_major", MTIA_REGS_MAJOR);
		json_u64(&command->out, "register_interface_minor", MTIA_REGS_MINOR);
	} else {
		printf("mtia %d.%d.%d, libmtia-user %s, firmware ABI %u.%u, registers %u.%u\n",
		       MTIA_VERSION_MAJOR, MTIA_VERSION_MINOR, MTIA_VERSION_PATCH, text,
		       MTIA_FW_ABI_MAJOR, MTIA_FW_ABI_MINOR, MTIA_REGS_MAJOR, MTIA_REGS_MINOR);
	}
	return EXIT_OK;
}

enum exit_code verb_completion(struct command *command, const void *options)
{
	(void)options;
	if (command->json)
		return fail_with(command, EXIT_USAGE, "EUSAGE", NULL,
				 "completion prints a script and has no --json");
	print_completion();
	return EXIT_OK;
}

/* ---- doctor --------------------------------------------------------------------------------- */

struct finding {
	const char *check;
	bool pass;
	char message[256], hint[256];
};

static void found(struct finding *f, const char *check, bool pass, const char *message,
		  const char *hint)
{
	f->check = check;
	f->pass = pass;
	snprintf(f->message, sizeof(f->message), "%s", message);
	snprintf(f->hint, sizeof(f->hint), "%s", hint);
}

/* The checks in order, each only if the one before passed. */
static size_t examine(struct command *command, struct finding *f, enum exit_code *code)
{
	struct mtia_error e = { .size = sizeof(e) };
	struct session s = { 0 };
	struct mtia_cmd *cmd = NULL;
	char text[256];
	mtia_event event;
	size_t count = 0, devices = 0;
	int ret = mtia_device_list(NULL, &devices);

	if (!ret && !devices)
		ret = mtia_error_set(
			-ENODEV, "list",
			"lspci -d 1af4:10f0; start QEMU with -device mtia; or MTIA_BACKEND=sim",
			"no MTIA on the PCI bus");
	snprintf(text, sizeof(text), "%zu found", devices);
	if (!ret)
		found(&f[count++], "device present", true, text, "");
	if (!ret) {
		ret = mtia_device_open(command->device, &s.device);
		if (!ret) {
			s.props.size = sizeof(s.props);
			ret = mtia_device_props(s.device, &s.props);
		}
		if (!ret) {
			snprintf(text, sizeof(text), "%s %s on %s", s.props.driver_name,
				 s.props.driver_version, s.props.name);
			found(&f[count++], "driver bound, node accessible", true, text, "");
		}
	}
	if (!ret && s.props.fw_state != MTIA_FW_READY)
		ret = mtia_error_set(MTIA_EFIRMWARE, "firmware", "dmesg | grep mtia",
				     "the firmware is not ready (state %u)", s.props.fw_state);
	if (!ret) {
		snprintf(text, sizeof(text), "%s, ABI %u.%u", s.props.fw_version,
			 s.props.fw_abi_major, s.props.fw_abi_minor);
		found(&f[count++], "firmware ready", true, text, "");
		ret = mtia_context_create(s.device, &s.context);
		if (!ret)
			ret = mtia_queue_create(s.context, NULL, &s.queue);
		if (!ret)
			ret = mtia_cmd_create(s.context, &cmd);
		if (!ret)
			ret = mtia_cmd_nop(cmd);
		if (!ret)
			ret = mtia_submit(s.queue, cmd, NULL, 0, &event);
		if (!ret)
			ret = session_wait(&s, event, NULL);
		if (!ret)
			found(&f[count++], "a job runs", true, "NOP ended", "");
	}
	if (ret) {
		static const char *const checks[] = { "device present",
						      "driver bound, node accessible",
						      "firmware ready", "a job runs" };

		mtia_error_last(&e);
		*code = exit_code_of(ret);
		found(&f[count], checks[count], false, e.message, e.hint);
		count++;
	}
	mtia_cmd_free(cmd);
	session_close(&s);
	return count;
}

enum exit_code verb_doctor(struct command *command, const void *options)
{
	struct finding findings[5];
	enum exit_code code = EXIT_OK;
	size_t count = examine(command, findings, &code);

	(void)options;
	if (command->json) {
		begin_json(command);
		json_bool(&command->out, "passed", code == EXIT_OK);
		json_array(&command->out, "checks");
	}
	for (size_t i = 0; i < count; i++) {
		const struct finding *f = &findings[i];

		if (command->json) {
			json_object(&command->out, NULL);
			json_string(&command->out, "check", f->check);
			json_bool(&command->out, "passed", f->pass);
			json_string(&command->out, "message", f->message);
			json_string(&command->out, "hint", or_null(f->hint));
			json_end_object(&command->out);
		} else {
			printf("%-4s %-30s %s\n", f->pass ? "ok" : "FAIL", f->check, f->message);
			if (f->hint[0])
				printf("     try: %s\n", f->hint);
		}
	}
	if (command->json)
		json_end_array(&command->out);
	return code;
}
