/* SPDX-License-Identifier: MIT */
/* What the parts of the mtia-sim tool share. */
#ifndef MTIA_SIM_H
#define MTIA_SIM_H

#include "simhost.h"

/* Exit codes: the project's one table, as the mtia tool's. */
enum sim_exit {
	SIM_OK = 0,
	SIM_FAILED = 1,
	SIM_USAGE = 2,
	SIM_TIMEOUT = 6,
	SIM_FAULT = 7, /* the job failed, or firmware or device did */
	SIM_SKEW = 9,  /* version mismatch */
	SIM_BAD_FILE = 10,
	SIM_NO_MEMORY = 11,
};

#define SIM_MAX_BUFFERS 32

struct sim_buffer {
	char name[32];
	enum simhost_mem mem;
	uint64_t size;
	const char *in, *out; /* files, or NULL */
	uint64_t va;
	struct simhost_buffer buffer;
};

struct sim_options {
	const char *model, *firmware, *program;
	unsigned int rows, cols;
	bool v1plus;
	unsigned int fi_outstanding;
	enum mtia_model_timing timing;
	unsigned int workers, log_level;
	uint64_t budget;
	unsigned int repeat;
	bool json, quiet;
	const char *args; /* as given */
	struct sim_buffer buffers[SIM_MAX_BUFFERS];
	unsigned int buffer_count;
};

struct sim_result {
	char program[37];
	struct simhost_completion job; /* of the last run */
	bool has_fault;
	struct simhost_fault fault;
	uint64_t counters[MTIA_NUM_COUNTERS]; /* of the last run alone */
	char *log;			      /* firmware's text */
	char version[32];
};

/*
 * Turn "u32:5,va:input+64,f32:0.5,hex:00ff,@file" into bytes. Returns how many, or a negative errno
 * with a sentence in err.
 */
int sim_args_build(const struct sim_options *options, uint8_t *out, size_t room, char *err,
		   size_t err_size);

void sim_report(const struct sim_options *options, const struct sim_result *result);
void sim_report_error(const struct sim_options *options, enum sim_exit code, int err,
		      const char *message);

#endif /* MTIA_SIM_H */
