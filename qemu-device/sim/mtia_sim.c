// SPDX-License-Identifier: MIT
/*
 * mtia-sim: run a PE program on a simulated chip with the real control firmware, without a VM.
 * The edit loop of a firmware or PE-program author: build, run, see status, fault, cycles, log.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fwimage.h"
#include "mtia/cmd.h"
#include "mtia/pe.h"
#include "mtia_sim.h"

#define FIRST_VA     0x100000000ull
#define DEFAULT_TIME (8ull * 800 * 1000 * 1000) /* cycles: 8 s of device time */
#define LOG_ROOM     65536

static const char usage_text[] =
	"usage: mtia-sim [OPTIONS] [PROGRAM.pe]\n"
	"Launch a PE program on a simulated MTIA; without one, run a NOP job.\n"
	"  -g, --grid RxC          PEs to run on (1x1)\n"
	"  -a, --args LIST         launch arguments, comma separated: u32:N i32:N u64:N f32:X\n"
	"                          va:BUFFER[+OFFSET] hex:BYTES @FILE\n"
	"  -b, --buffer NAME:SIZE[:in=FILE][:out=FILE][:mem=lpddr|sram|host]\n"
	"                          memory for the program; SIZE takes K, M, G\n"
	"  -t, --timeout CYCLES    device time before the job is killed (8 s)\n"
	"  -n, --repeat N          launch N times, report the last (1)\n"
	"  -w, --workers N         host threads of the model (1)\n"
	"      --v1plus            the features that v1 does not have\n"
	"      --outstanding N     DMA transfers that a PE can have in flight, 1 .. 16 (16)\n"
	"      --timing KIND       functional (default), or approx: with contention; same results\n"
	"  -l, --log-level N       of the firmware, 0 error .. 3 debug (1)\n"
	"  -j, --json              one JSON document on stdout\n"
	"  -q, --quiet             no log and no counters\n"
	"      --model FILE        chip model ($MTIA_MODEL, or beside this program)\n"
	"      --firmware FILE     control firmware ($MTIA_FIRMWARE, or of the build tree)\n"
	"  -h, --help\n"
	"Exit status: 0 ok, 1 failed, 2 usage, 6 timeout, 7 the job or device failed,\n"
	"9 version mismatch, 10 bad input file, 11 out of memory.\n";

static bool parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 0);
	return !errno && end != text && !*end && *text != '-' && *out >= min && *out <= max;
}

static bool parse_size(const char *text, uint64_t *out)
{
	char *end;
	unsigned int shift = 0;

	errno = 0;
	*out = strtoull(text, &end, 0);
	if (errno || end == text || *text == '-')
		return false;
	if (*end == 'K' || *end == 'M' || *end == 'G')
		shift = *end == 'K' ? 10 : *end == 'M' ? 20 : 30;
	return (!*end || (shift && !end[1])) && *out && *out <= (1ull << 36) >> shift &&
	       (*out <<= shift, true);
}

static bool parse_grid(const char *text, struct sim_options *o)
{
	char tail;

	return sscanf(text, "%ux%u%c", &o->rows, &o->cols, &tail) == 2 && o->rows && o->cols &&
	       o->rows <= 64 && o->cols <= 64;
}

static bool parse_mem(const char *text, enum simhost_mem *mem)
{
	static const char *const names[] = {
		[SIMHOST_MEM_LPDDR] = "lpddr", [SIMHOST_MEM_SRAM] = "sram",
		[SIMHOST_MEM_HOST] = "host"
	};

	for (unsigned int i = 0; i < 3; i++) {
		if (!strcmp(text, names[i])) {
			*mem = (enum simhost_mem)i;
			return true;
		}
	}
	return false;
}

/* The names in the result point into a copy that lives as long as the program. */
static bool parse_buffer(const char *text, struct sim_options *o)
{
	struct sim_buffer *b = &o->buffers[o->buffer_count];
	/* NOLINTNEXTLINE: copy is not freed on an error, the program ends */
	char *save = NULL, *copy = strdup(text), *field = copy ? strtok_r(copy, ":", &save) : NULL;

	if (o->buffer_count == SIM_MAX_BUFFERS || !field || strlen(field) >= sizeof(b->name))
		return false;
	strcpy(b->name, field);
	for (unsigned int i = 0; i < o->buffer_count; i++)
		if (!strcmp(o->buffers[i].name, b->name))
			return false;
	field = strtok_r(NULL, ":", &save);
	if (!field || !parse_size(field, &b->size))
		return false;
	while ((field = strtok_r(NULL, ":", &save)) != NULL) {
		if (!strncmp(field, "in=", 3))
			b->in = field + 3;
		else if (!strncmp(field, "out=", 4))
			b->out = field + 4;
		else if (strncmp(field, "mem=", 4) || !parse_mem(field + 4, &b->mem))
			return false;
	}
	o->buffer_count++;
	return true;
}

/* 0 to go on, else the exit code + 1. */
static int parse_options(int argc, char **argv, struct sim_options *o)
{
	static const struct option longs[] = {
		{ "grid", required_argument, NULL, 'g' },
		{ "args", required_argument, NULL, 'a' },
		{ "buffer", required_argument, NULL, 'b' },
		{ "timeout", required_argument, NULL, 't' },
		{ "repeat", required_argument, NULL, 'n' },
		{ "workers", required_argument, NULL, 'w' },
		{ "log-level", required_argument, NULL, 'l' },
		{ "json", no_argument, NULL, 'j' },
		{ "quiet", no_argument, NULL, 'q' },
		{ "v1plus", no_argument, NULL, 'P' },
		{ "outstanding", required_argument, NULL, 'O' },
		{ "timing", required_argument, NULL, 'T' },
		{ "model", required_argument, NULL, 'M' },
		{ "firmware", required_argument, NULL, 'F' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	char message[160];
	uint64_t n = 0;
	int c;

	opterr = 0;
	/* --json decides how complaints about the other options look */
	for (int i = 1; i < argc; i++)
		o->json |= !strcmp(argv[i], "--json") || !strcmp(argv[i], "-j");
	while ((c = getopt_long(argc, argv, "g:a:b:t:n:w:l:jqh", longs, NULL)) != -1) {
		bool good = true;

		switch (c) {
		case 'g':
			good = parse_grid(optarg, o);
			break;
		case 'a':
			o->args = optarg;
			break;
		case 'b':
			good = parse_buffer(optarg, o);
			break;
		case 't':
			good = parse_number(optarg, 1, UINT64_MAX, &o->budget);
			break;
		case 'n':
			good = parse_number(optarg, 1, 1000000000, &n);
			o->repeat = (unsigned int)n;
			break;
		case 'w':
			good = parse_number(optarg, 1, 64, &n);
			o->workers = (unsigned int)n;
			break;
		case 'l':
			good = parse_number(optarg, 0, 3, &n);
			o->log_level = (unsigned int)n;
			break;
		case 'j':
			break;
		case 'P':
			o->v1plus = true;
			break;
		case 'O':
			good = parse_number(optarg, 1, MTIA_MODEL_FI_OUTSTANDING, &n);
			o->fi_outstanding = (unsigned int)n;
			break;
		case 'T':
			good = !strcmp(optarg, "approx") || !strcmp(optarg, "functional");
			o->timing = !strcmp(optarg, "approx") ? MTIA_TIMING_APPROX :
								MTIA_TIMING_FUNCTIONAL;
			break;
		case 'q':
			o->quiet = true;
			break;
		case 'M':
			o->model = optarg;
			break;
		case 'F':
			o->firmware = optarg;
			break;
		case 'h':
			fputs(usage_text, stdout);
			return SIM_OK + 1;
		default:
			snprintf(message, sizeof(message), "unknown option or missing value: %s",
				 argv[optind - 1]);
			sim_report_error(o, SIM_USAGE, EINVAL, message);
			return SIM_USAGE + 1;
		}
		if (!good) {
			snprintf(message, sizeof(message), "bad value '%s' of -%c (see --help)",
				 optarg, c);
			sim_report_error(o, SIM_USAGE, EINVAL, message);
			return SIM_USAGE + 1;
		}
	}
	if (optind + 1 < argc) {
		sim_report_error(o, SIM_USAGE, EINVAL, "more than one program given");
		return SIM_USAGE + 1;
	}
	o->program = argv[optind];
	return 0;
}

/* Where the build puts things, from where this program lies. */
static void default_paths(struct sim_options *o)
{
	static char model[PATH_MAX], firmware[PATH_MAX];
	char self[PATH_MAX - 64];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (!o->model)
		o->model = getenv("MTIA_MODEL");
	if (!o->firmware)
		o->firmware = getenv("MTIA_FIRMWARE");
	self[n > 0 ? n : 0] = 0;
	slash = strrchr(self, '/');
	if (slash)
		*slash = 0;
	snprintf(model, sizeof(model), "%s/libmtia-model.so", self);
	snprintf(firmware, sizeof(firmware), "%s/../firmware/mtia_ctrl.bin", self);
	if (!o->model)
		o->model = model;
	if (!o->firmware)
		o->firmware = firmware;
}

struct sim {
	struct sim_options options;
	struct simhost_model_ops ops;
	struct simhost *sh;
	struct simhost_vm *vm;
	struct simhost_queue *queue;
	struct simhost_buffer program, commands;
	uint64_t program_va, commands_va;
	uint32_t commands_size;
	struct sim_result result;
	char message[320];
};

static enum sim_exit failed(struct sim *s, enum sim_exit code, int err, const char *message)
{
	sim_report_error(&s->options, code, err, message);
	return code;
}

static enum sim_exit host_failed(struct sim *s, int err)
{
	enum sim_exit code = err == -ENOMEM || err == -ENOSPC ? SIM_NO_MEMORY :
			     err == -ETIME		       ? SIM_TIMEOUT :
			     err == -EIO		       ? SIM_FAULT :
								 SIM_FAILED;

	return failed(s, code, err, simhost_error(s->sh));
}

static enum sim_exit open_device(struct sim *s)
{
	struct simhost_config config = {
		.size = sizeof(config),
		.model = &s->ops,
		.firmware_path = s->options.firmware,
		.workers = s->options.workers,
		.v1plus = s->options.v1plus,
		.fi_outstanding = s->options.fi_outstanding,
		.timing = s->options.timing,
		.log_level = s->options.log_level,
	};
	uint64_t total = 64ull << 20, host = 64ull << 20;
	int err = simhost_model_load(s->options.model, &s->ops, s->message, sizeof(s->message));

	if (err)
		return failed(s, err == -EPROTO ? SIM_SKEW : SIM_BAD_FILE, err, s->message);
	for (unsigned int i = 0; i < s->options.buffer_count; i++) {
		const struct sim_buffer *b = &s->options.buffers[i];

		*(b->mem == SIMHOST_MEM_HOST ? &host : &total) += b->size + (4ull << 20);
	}
	config.lpddr_size = (total + (1ull << 30) - 1) & ~((1ull << 30) - 1);
	config.host_size = (host + (1ull << 30) - 1) & ~((1ull << 30) - 1);
	err = simhost_open(&config, &s->sh, s->message, sizeof(s->message));
	if (err)
		return failed(s,
			      err == -EPROTO			  ? SIM_SKEW :
			      err == -ENOEXEC || err == -ENOENT   ? SIM_BAD_FILE :
			      err == -ENOMEM || err == -EINVAL	  ? SIM_NO_MEMORY :
			      err == -ETIME			  ? SIM_TIMEOUT :
								    SIM_FAULT,
			      err, s->message);
	snprintf(s->result.version, sizeof(s->result.version), "%s",
		 simhost_firmware_version(s->sh));
	return SIM_OK;
}

static enum sim_exit file_failed(struct sim *s, const char *path, const char *what)
{
	snprintf(s->message, sizeof(s->message), "%s: %s", path, what);
	return failed(s, SIM_BAD_FILE, EIO, s->message);
}

/* A buffer mapped at *va, which moves on. */
static int map_buffer(struct sim *s, struct simhost_buffer *b, unsigned int perms, uint64_t *va,
		      uint64_t *mapped_at)
{
	int err = simhost_vm_map(s->vm, *va, b, 0, b->size, perms);

	*mapped_at = *va;
	*va = (*va + b->size + (4ull << 20)) & ~((2ull << 20) - 1);
	return err;
}

static enum sim_exit load_program(struct sim *s, uint64_t *va)
{
	const char *path = s->options.program;
	FILE *file = fopen(path, "rb");
	struct mtia_pe_image image;
	uint8_t *bytes;
	long size;
	int err;

	if (!file)
		return file_failed(s, path, strerror(errno));
	if (fseek(file, 0, SEEK_END) || (size = ftell(file)) < (long)sizeof(image) ||
	    size > 1 << 24 || fseek(file, 0, SEEK_SET)) {
		fclose(file);
		return file_failed(s, path, "not a PE program (size)");
	}
	err = simhost_buffer_alloc(s->sh, SIMHOST_MEM_LPDDR, (uint64_t)size, &s->program);
	if (err) {
		fclose(file);
		return host_failed(s, err);
	}
	bytes = s->program.cpu;
	if (fread(bytes, 1, (size_t)size, file) != (size_t)size) {
		fclose(file);
		return file_failed(s, path, "read failed");
	}
	fclose(file);
	memcpy(&image, bytes, sizeof(image));
	if (image.magic != MTIA_PE_MAGIC)
		return file_failed(s, path, "not a PE program (magic)");
	if (image.abi != MTIA_PE_ABI) {
		snprintf(s->message, sizeof(s->message), "%s: PE program ABI %u, not %u", path,
			 image.abi, MTIA_PE_ABI);
		return failed(s, SIM_SKEW, EPROTO, s->message);
	}
	if (image.image_size > (uint64_t)size || image.image_size < sizeof(image))
		return file_failed(s, path, "truncated");
	memset(bytes + offsetof(struct mtia_pe_image, crc), 0, sizeof(image.crc));
	if (fwimage_crc32c(0, bytes, image.image_size) != image.crc)
		return file_failed(s, path, "damaged (CRC)");
	memcpy(bytes, &image, sizeof(image));
	snprintf(s->result.program, sizeof(s->result.program), "%.36s", image.name);
	err = map_buffer(s, &s->program, SIMHOST_READ | SIMHOST_EXEC, va, &s->program_va);
	return err ? host_failed(s, err) : SIM_OK;
}

static enum sim_exit make_buffers(struct sim *s, uint64_t *va)
{
	for (unsigned int i = 0; i < s->options.buffer_count; i++) {
		struct sim_buffer *b = &s->options.buffers[i];
		int err = simhost_buffer_alloc(s->sh, b->mem, b->size, &b->buffer);

		if (!err)
			err = map_buffer(s, &b->buffer, SIMHOST_READ | SIMHOST_WRITE, va, &b->va);
		if (err)
			return host_failed(s, err);
		if (b->in) {
			FILE *file = fopen(b->in, "rb");
			size_t got;

			if (!file)
				return file_failed(s, b->in, strerror(errno));
			got = fread(b->buffer.cpu, 1, b->size, file);
			if (ferror(file) || (got == b->size && fgetc(file) != EOF)) {
				fclose(file);
				return file_failed(s, b->in, "does not fit its buffer");
			}
			fclose(file);
		}
	}
	return SIM_OK;
}

static enum sim_exit make_commands(struct sim *s, uint64_t *va)
{
	struct mtia_cmd_header *header;
	struct mtia_pkt_launch *launch;
	uint8_t args[MTIA_LAUNCH_MAX_ARGS + 8] = { 0 };
	int size = sim_args_build(&s->options, args, MTIA_LAUNCH_MAX_ARGS, s->message,
				  sizeof(s->message));
	uint32_t padded;
	int err;

	if (size < 0)
		return failed(s, size == -ENOMEM ? SIM_NO_MEMORY : SIM_USAGE, size, s->message);
	padded = ((uint32_t)size + 7) & ~7u;
	err = simhost_buffer_alloc(s->sh, SIMHOST_MEM_LPDDR, MTIA_PAGE_SIZE, &s->commands);
	if (!err)
		err = map_buffer(s, &s->commands, SIMHOST_READ, va, &s->commands_va);
	if (err)
		return host_failed(s, err);
	header = s->commands.cpu;
	launch = (struct mtia_pkt_launch *)(header + 1);
	*launch = (struct mtia_pkt_launch){
		.hdr = { .opcode = MTIA_PKT_LAUNCH, .size = (uint32_t)sizeof(*launch) + padded },
		.program_va = s->program_va,
		.program_size = (uint32_t)s->program.size,
		.rows = (uint16_t)s->options.rows,
		.cols = (uint16_t)s->options.cols,
		.args_size = (uint32_t)size,
	};
	memcpy(launch + 1, args, padded);
	s->commands_size = (uint32_t)sizeof(*header) + launch->hdr.size;
	*header = (struct mtia_cmd_header){
		.magic = MTIA_CMD_MAGIC,
		.version = MTIA_CMD_VERSION,
		.packet_count = 1,
		.size = s->commands_size,
	};
	return SIM_OK;
}

static enum sim_exit run_once(struct sim *s)
{
	struct mtia_desc nop = {
		.type = MTIA_DESC_NOP,
		.seqno = simhost_queue_completed(s->queue) + 1,
	};
	uint64_t before[MTIA_NUM_COUNTERS], seqno;
	int err;

	for (unsigned int i = 0; i < MTIA_NUM_COUNTERS; i++)
		before[i] = simhost_counter(s->sh, i);
	err = s->options.program ?
		      simhost_submit(s->queue, s->commands_va, s->commands_size, &seqno) :
		      simhost_submit_desc(s->queue, &nop, &seqno);
	if (!err)
		err = simhost_wait(s->queue, seqno, s->options.budget, &s->result.job);
	if (err == -ETIME) {
		err = simhost_queue_kill(s->queue, MTIA_JOB_TIMEOUT);
		if (!err)
			err = simhost_wait(s->queue, seqno, 0, &s->result.job);
	}
	if (err)
		return host_failed(s, err);
	for (unsigned int i = 0; i < MTIA_NUM_COUNTERS; i++)
		s->result.counters[i] = simhost_counter(s->sh, i) - before[i];
	s->result.has_fault = simhost_queue_fault(s->queue, &s->result.fault) == 0;
	return SIM_OK;
}

static enum sim_exit write_outputs(struct sim *s)
{
	for (unsigned int i = 0; i < s->options.buffer_count; i++) {
		const struct sim_buffer *b = &s->options.buffers[i];
		FILE *file;
		size_t put;

		if (!b->out)
			continue;
		file = fopen(b->out, "wb");
		if (!file)
			return file_failed(s, b->out, strerror(errno));
		put = fwrite(b->buffer.cpu, 1, b->size, file);
		if (fclose(file) || put != b->size)
			return file_failed(s, b->out, "write failed");
	}
	return SIM_OK;
}

static enum sim_exit run(struct sim *s)
{
	struct simhost_queue_config qc = { .size = sizeof(qc) };
	uint64_t va = FIRST_VA;
	enum sim_exit code = open_device(s);
	int err;

	if (code)
		return code;
	err = simhost_vm_create(s->sh, &s->vm);
	if (!err)
		err = simhost_queue_create(s->vm, &qc, &s->queue);
	if (err)
		return host_failed(s, err);
	if (s->options.program) {
		code = load_program(s, &va);
		if (!code)
			code = make_buffers(s, &va);
		if (!code)
			code = make_commands(s, &va);
	}
	for (unsigned int n = 0; n < s->options.repeat && !code; n++) {
		code = run_once(s);
		if (s->result.job.status != MTIA_JOB_OK)
			break;
	}
	if (code)
		return code;
	/* Log lines leave when nothing else does: give the last ones a moment (100 us). */
	simhost_run(s->sh, 80000, NULL);
	s->result.log = calloc(1, LOG_ROOM + 1);
	if (s->result.log)
		simhost_log_read(s->sh, s->result.log, LOG_ROOM);
	code = write_outputs(s);
	if (code)
		return code;
	sim_report(&s->options, &s->result);
	if (s->result.job.status == MTIA_JOB_OK)
		return SIM_OK;
	return s->result.job.status == MTIA_JOB_TIMEOUT ? SIM_TIMEOUT : SIM_FAULT;
}

int main(int argc, char **argv)
{
	static struct sim sim = {
		.options = {
			.rows = 1, .cols = 1, .workers = 1, .log_level = 1, .repeat = 1,
			.budget = DEFAULT_TIME,
		},
	};
	int code = parse_options(argc, argv, &sim.options);

	if (code)
		return code - 1;
	default_paths(&sim.options);
	code = run(&sim);
	simhost_close(sim.sh);
	simhost_model_unload(&sim.ops);
	free(sim.result.log);
	return code;
}
