/* SPDX-License-Identifier: GPL-2.0 */
/* A simulated device with the real firmware, command buffers and small conveniences for tests. */
#ifndef MTIA_SIM_FIXTURE_H
#define MTIA_SIM_FIXTURE_H

#include <stdlib.h>
#include <string.h>

#include "../unit/tap.h"
#include "mtia/cmd.h"
#include "mtia/pe.h"
#include "simhost.h"

/* Device time that any single job of these tests may take: 0.5 s. */
#define BUDGET 400000000ull

static struct simhost_model_ops model_ops;
static const char *firmware_path;

/* What `config` leaves open is filled in. */
static inline struct simhost *device_open_as(struct simhost_config config)
{
	struct simhost *sh = NULL;
	char err[256];

	config.size = sizeof(config);
	config.model = &model_ops;
	config.firmware_path = firmware_path;
	config.lpddr_size = 512ull << 20;
	config.log_level = 2;
	if (simhost_open(&config, &sh, err, sizeof(err))) {
		printf("Bail out! %s\n", err);
		exit(1);
	}
	return sh;
}

static inline struct simhost *device_open_workers(unsigned int workers)
{
	return device_open_as((struct simhost_config){ .workers = workers });
}

static inline struct simhost *device_open(void)
{
	return device_open_workers(1);
}

/* argv: model library, firmware image */
static inline void fixture_init(int argc, char **argv)
{
	char err[256] = "usage: test MODEL FIRMWARE";

	if (argc < 3 || simhost_model_load(argv[1], &model_ops, err, sizeof(err))) {
		printf("Bail out! %s\n", err);
		exit(1);
	}
	firmware_path = argv[2];
}

static inline void dump_log(struct simhost *sh)
{
	char text[4096];
	size_t n;

	while ((n = simhost_log_read(sh, text, sizeof(text))) > 0)
		fwrite(text, 1, n, stderr);
}

/* One address space with one queue, a buffer for commands and one for data. */
#define DATA_VA	    0x200000000ull
#define DATA_SIZE   (16ull << 20)
#define COMMANDS_VA 0x180000000ull

struct client {
	struct simhost *sh;
	struct simhost_vm *vm;
	struct simhost_queue *queue;
	struct simhost_buffer commands, data;
	uint32_t size;
	unsigned int packets;
};

static inline void client_open(struct client *c, struct simhost *sh, unsigned int rows,
			       unsigned int cols)
{
	struct simhost_queue_config qc = { .size = sizeof(qc), .rows = rows, .cols = cols };

	memset(c, 0, sizeof(*c));
	c->sh = sh;
	if (simhost_vm_create(sh, &c->vm) || simhost_queue_create(c->vm, &qc, &c->queue) ||
	    simhost_buffer_alloc(sh, SIMHOST_MEM_LPDDR, MTIA_CMD_MAX_SIZE, &c->commands) ||
	    simhost_buffer_alloc(sh, SIMHOST_MEM_LPDDR, DATA_SIZE, &c->data) ||
	    simhost_vm_map(c->vm, COMMANDS_VA, &c->commands, 0, c->commands.size, SIMHOST_READ) ||
	    simhost_vm_map(c->vm, DATA_VA, &c->data, 0, c->data.size,
			   SIMHOST_READ | SIMHOST_WRITE)) {
		printf("Bail out! %s\n", simhost_error(sh));
		exit(1);
	}
}

static inline void client_close(struct client *c)
{
	tap_ok(!simhost_queue_destroy(c->queue) && !simhost_vm_destroy(c->vm) &&
		       !simhost_buffer_free(c->sh, &c->commands) &&
		       !simhost_buffer_free(c->sh, &c->data),
	       "client closes without leftovers");
}

/* A PE program, for the clients to share. */
#define PROGRAM_VA  0x140000000ull
#define PROGRAM_MAX 65536u

static inline void program_load(struct simhost *sh, const char *path,
				struct simhost_buffer *program)
{
	FILE *file = fopen(path, "rb");

	if (!file || simhost_buffer_alloc(sh, SIMHOST_MEM_LPDDR, PROGRAM_MAX, program) ||
	    fread(program->cpu, 1, PROGRAM_MAX, file) < sizeof(struct mtia_pe_image)) {
		printf("Bail out! %s\n", path);
		exit(1);
	}
	fclose(file);
}

static inline void program_map(struct client *c, struct simhost_buffer *program, uint64_t va)
{
	if (simhost_vm_map(c->vm, va, program, 0, program->size, SIMHOST_READ | SIMHOST_EXEC)) {
		printf("Bail out! %s\n", simhost_error(c->sh));
		exit(1);
	}
}

static inline void begin(struct client *c)
{
	c->size = sizeof(struct mtia_cmd_header);
	c->packets = 0;
}

static inline void *packet(struct client *c, enum mtia_opcode opcode, uint32_t size)
{
	struct mtia_pkt *pkt = (void *)((uint8_t *)c->commands.cpu + c->size);

	memset(pkt, 0, size);
	pkt->opcode = (uint16_t)opcode;
	pkt->size = size;
	c->size += size;
	c->packets++;
	return pkt;
}

static inline uint64_t submit(struct client *c)
{
	struct mtia_cmd_header *header = c->commands.cpu;
	uint64_t seqno = 0;

	*header = (struct mtia_cmd_header){
		.magic = MTIA_CMD_MAGIC,
		.version = MTIA_CMD_VERSION,
		.packet_count = (uint16_t)c->packets,
		.size = c->size,
	};
	simhost_submit(c->queue, COMMANDS_VA, c->size, &seqno);
	return seqno;
}

/* Status of job seqno; INT_MAX-like 255 if it did not end. */
static inline int finish(struct client *c, uint64_t seqno, uint32_t *detail)
{
	struct simhost_completion done;

	if (simhost_wait(c->queue, seqno, BUDGET, &done)) {
		fprintf(stderr, "#   %s\n", simhost_error(c->sh));
		dump_log(c->sh);
		return 255;
	}
	if (detail)
		*detail = done.detail;
	return done.status;
}

static inline void expect(struct client *c, uint64_t seqno, enum mtia_job_status want,
			  const char *name)
{
	int got = finish(c, seqno, NULL);

	tap_ok(got == (int)want, "%s: %s", name, simhost_status_name(want));
	if (got != (int)want)
		fprintf(stderr, "#   got %s\n", simhost_status_name(got));
}

static inline void copy(struct client *c, uint64_t dst, uint64_t src, uint64_t size)
{
	struct mtia_pkt_copy *p = packet(c, MTIA_PKT_COPY, sizeof(*p));

	p->dst = dst;
	p->src = src;
	p->size = size;
}

static inline void signal_word(struct client *c, uint64_t va, uint64_t value)
{
	struct mtia_pkt_signal *p = packet(c, MTIA_PKT_SIGNAL, sizeof(*p));

	p->va = va;
	p->value = value;
}

static inline void wait_word(struct client *c, uint64_t va, uint64_t value)
{
	struct mtia_pkt_wait *p = packet(c, MTIA_PKT_WAIT, sizeof(*p));

	p->va = va;
	p->value = value;
}

#endif /* MTIA_SIM_FIXTURE_H */
