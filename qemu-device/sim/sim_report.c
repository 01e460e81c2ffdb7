// SPDX-License-Identifier: MIT
/* mtia-sim's output: for people, or one JSON document. */
#include <stdio.h>
#include <string.h>

#include "mtia_sim.h"

static void json_string(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c == '\n')
			printf("\\n");
		else if (c < 0x20 || c >= 0x7f)
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

static void json_fault(const struct sim_result *r)
{
	char text[256];

	if (!r->has_fault) {
		printf("null");
		return;
	}
	printf("{\"text\":");
	json_string(simhost_fault_text(&r->fault, text, sizeof(text)));
	if (r->fault.on_pe)
		printf(",\"row\":%u,\"col\":%u,\"core\":%u,\"pc\":\"0x%llx\"", r->fault.row,
		       r->fault.col, r->fault.core, (unsigned long long)r->fault.pc);
	printf(",\"address\":\"0x%llx\",\"mcause\":%u,\"mmu_reason\":%u}",
	       (unsigned long long)r->fault.addr, r->fault.mcause, r->fault.reason);
}

static void report_json(const struct sim_options *o, const struct sim_result *r)
{
	printf("{\"schema\":\"mtia.sim/1\",\"firmware\":");
	json_string(r->version);
	printf(",\"program\":");
	json_string(r->program);
	printf(",\"rows\":%u,\"cols\":%u,\"status\":\"%s\",\"detail\":%u", o->rows, o->cols,
	       simhost_status_name(r->job.status), r->job.detail);
	printf(",\"cycles\":%llu,\"fault\":", (unsigned long long)(r->job.t_end - r->job.t_start));
	json_fault(r);
	printf(",\"counters\":{");
	for (unsigned int i = 0; i < MTIA_NUM_COUNTERS; i++)
		printf("%s\"%s\":%llu", i ? "," : "", simhost_counter_name(i),
		       (unsigned long long)r->counters[i]);
	printf("},\"log\":");
	json_string(r->log ? r->log : "");
	printf("}\n");
}

static void report_text(const struct sim_options *o, const struct sim_result *r)
{
	uint64_t cycles = r->job.t_end - r->job.t_start;
	char text[256];

	if (r->log && *r->log && !o->quiet)
		fputs(r->log, stderr);
	if (o->program)
		printf("%s on %u x %u PEs: ", r->program, o->rows, o->cols);
	else
		printf("NOP job: ");
	printf("%s, %llu cycles (%.3f us at 800 MHz)\n", simhost_status_name(r->job.status),
	       (unsigned long long)cycles, (double)cycles / 800.0);
	if (r->has_fault)
		printf("  %s\n", simhost_fault_text(&r->fault, text, sizeof(text)));
	if (o->quiet)
		return;
	for (unsigned int i = 0; i < MTIA_NUM_COUNTERS; i++)
		if (r->counters[i])
			printf("  %-18s %14llu\n", simhost_counter_name(i),
			       (unsigned long long)r->counters[i]);
}

void sim_report(const struct sim_options *options, const struct sim_result *result)
{
	if (options->json)
		report_json(options, result);
	else
		report_text(options, result);
}

static const char *code_name(enum sim_exit code)
{
	switch (code) {
	case SIM_USAGE:
		return "USAGE";
	case SIM_TIMEOUT:
		return "TIMEOUT";
	case SIM_FAULT:
		return "FAULT";
	case SIM_SKEW:
		return "VERSION_SKEW";
	case SIM_BAD_FILE:
		return "BAD_FILE";
	case SIM_NO_MEMORY:
		return "NO_MEMORY";
	default:
		return "FAILED";
	}
}

void sim_report_error(const struct sim_options *options, enum sim_exit code, int err,
		      const char *message)
{
	if (!options->json) {
		fprintf(stderr, "mtia-sim: %s\n", message);
		return;
	}
	printf("{\"schema\":\"mtia.error/1\",\"error\":{\"code\":%d,\"name\":\"%s\",\"errno\":%d,"
	       "\"message\":", code, code_name(code), err < 0 ? -err : err);
	json_string(message);
	printf("}}\n");
}
