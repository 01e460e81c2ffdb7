// SPDX-License-Identifier: GPL-2.0
/* The library on the chip model with the real firmware: what only a device that runs can show. */
#include <pthread.h>
#include <unistd.h>

#include "lib_fake.h"
#include "mtia/ops.h"
#include "mtia/pe.h"
#include "tap.h"

static struct mtia_device *device;
static struct mtia_context *context;

static struct mtia_buffer *buffer(struct mtia_context *c, uint64_t bytes, uint32_t flags,
				  uint32_t placement)
{
	const struct mtia_buffer_desc desc = { .size = sizeof(desc), .bytes = bytes, .flags = flags,
					       .placement = placement };
	struct mtia_buffer *b = NULL;

	if (mtia_buffer_create(c, &desc, &b)) {
		struct mtia_error e = { .size = sizeof(e) };

		mtia_error_last(&e);
		fprintf(stderr, "# no buffer: %s\n", e.message);
		exit(1);
	}
	return b;
}

static const char *last_message(void)
{
	static struct mtia_error e;

	e.size = sizeof(e);
	mtia_error_last(&e);
	return e.message;
}

static struct mtia_job_result run(struct mtia_queue *queue, struct mtia_cmd *cmd)
{
	struct mtia_job_result r = { 0 };
	mtia_event event;
	int ret = mtia_submit(queue, cmd, NULL, 0, &event);

	if (!ret)
		ret = mtia_event_wait(mtia_queue_context(queue), &event, 1, 0, MTIA_FOREVER, &r);
	if (ret && ret != MTIA_EJOB) {
		fprintf(stderr, "# %s: %s\n", mtia_errname(ret), last_message());
		r.status = 1000;
	}
	return r;
}

static void plain_jobs(uint32_t placement, const char *where)
{
	struct mtia_buffer *host = buffer(context, 8192, 0, MTIA_PLACE_SYSTEM);
	struct mtia_buffer *vram = buffer(context, 8192, 0, placement);
	struct mtia_queue *queue;
	struct mtia_job_result r;
	struct mtia_cmd *cmd;
	uint64_t words[4] = { 0 };
	uint8_t text[32] = "from host memory and back", back[32];

	mtia_queue_create(context, NULL, &queue);
	mtia_cmd_create(context, &cmd);
	mtia_buffer_write(host, 5, text, sizeof(text));
	mtia_cmd_copy(cmd, vram, 4090, host, 5, sizeof(text)); /* over a page's end */
	mtia_cmd_copy(cmd, host, 7000, vram, 4090, sizeof(text));
	mtia_cmd_fill(cmd, vram, 0, 16, 0x1122334455667788);
	mtia_cmd_timestamp(cmd, vram, 16);
	mtia_cmd_signal(cmd, vram, 24, 77);
	mtia_cmd_wait(cmd, vram, 24, 70);
	r = run(queue, cmd);
	tap_u64(r.status, MTIA_JOB_OK, "%s: copies, fill, timestamp, signal, wait in one job", where);
	mtia_buffer_read(host, 7000, back, sizeof(back));
	tap_mem(back, text, sizeof(text), "the copy came back");
	mtia_buffer_read(vram, 0, words, sizeof(words));
	tap_ok(words[0] == 0x1122334455667788 && words[1] == words[0], "the fill");
	tap_ok(words[2] >= r.t_start && words[2] <= r.t_end, "the timestamp lies within the job");
	tap_u64(words[3], 77, "the signal");
	for (int i = 0; i < 300; i++)
		mtia_submit(queue, cmd, NULL, 0, NULL);
	r = run(queue, cmd);
	tap_u64(r.status, MTIA_JOB_OK, "300 jobs into a ring of 64");
	mtia_cmd_free(cmd);
	mtia_queue_free(queue);
	mtia_buffer_free(host);
	mtia_buffer_free(vram);
}

static void sram(void)
{
	struct mtia_buffer_desc desc = { .size = sizeof(desc), .bytes = MTIA_SRAM_SIZE,
					 .placement = MTIA_PLACE_SRAM };
	struct mtia_buffer *all, *more = NULL;

	tap_ok(!mtia_buffer_create(context, &desc, &all), "all of SRAM as one buffer");
	desc.bytes = 1;
	tap_ok(mtia_buffer_create(context, &desc, &more) == -ENOSPC, "then there is no more: %s",
	       last_message());
	mtia_buffer_free(all);
	tap_ok(!mtia_buffer_create(context, &desc, &more), "freed, there is");
	mtia_buffer_free(more);
}

/* Each mistake ends its own job with its own status; faults ban their queue, the rest do not. */
static void mistakes(void)
{
	struct {
		struct mtia_pkt hdr;
		uint64_t body[8];
	} packet;
	struct mtia_buffer *readonly = buffer(context, 4096, MTIA_BUFFER_READONLY, MTIA_PLACE_VRAM);
	struct mtia_buffer *fine = buffer(context, 4096, 0, MTIA_PLACE_VRAM);
	uint64_t va = mtia_buffer_address(fine);
	const struct {
		const char *name;
		uint16_t opcode, flags;
		uint32_t size, status;
		uint64_t body[4];
	} cases[] = {
		{ "unknown opcode", 99, 0, 8, MTIA_JOB_BAD_PACKET, { 0 } },
		{ "packet with flags", MTIA_PKT_NOP, 1, 8, MTIA_JOB_BAD_PACKET, { 0 } },
		{ "copy of 0 bytes", MTIA_PKT_COPY, 0, 32, MTIA_JOB_BAD_PACKET,
		  { va, va + 64, 0 } },
		{ "copy packet too short", MTIA_PKT_COPY, 0, 24, MTIA_JOB_BAD_PACKET, { va, va } },
		{ "copy from an unmapped page", MTIA_PKT_COPY, 0, 32, MTIA_JOB_MMU_FAULT,
		  { va, 0x7f0000000000, 64 } },
		{ "fill that runs off the mapping", MTIA_PKT_FILL, 0, 32, MTIA_JOB_MMU_FAULT,
		  { va + 4090, 16, 0 } },
		{ "fill over 2^64", MTIA_PKT_FILL, 0, 32, MTIA_JOB_BAD_PACKET,
		  { UINT64_MAX - 7, 8, 0 } },
		{ "misaligned signal", MTIA_PKT_SIGNAL, 0, 24, MTIA_JOB_BAD_PACKET, { va + 4, 1 } },
		{ "write to a read-only buffer", MTIA_PKT_SIGNAL, 0, 24, MTIA_JOB_MMU_FAULT,
		  { mtia_buffer_address(readonly), 1 } },
		{ "launch of data", MTIA_PKT_LAUNCH, 0, 32, MTIA_JOB_BAD_PROGRAM,
		  { va, 4096 | 1ull << 32 | 1ull << 48, 0 } },
	};
	struct mtia_queue *queue;
	struct mtia_job_result r;
	struct mtia_cmd *cmd;
	unsigned int after = 0;
	char text[200];

	mtia_queue_create(context, NULL, &queue);
	mtia_cmd_create(context, &cmd);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		memset(&packet, 0, sizeof(packet));
		packet.hdr = (struct mtia_pkt){ cases[i].opcode, cases[i].flags, cases[i].size };
		memcpy(packet.body, cases[i].body, sizeof(cases[i].body));
		mtia_cmd_reset(cmd);
		mtia_cmd_nop(cmd);
		mtia_cmd_packet(cmd, &packet.hdr);
		r = run(queue, cmd);
		tap_ok(r.ended && r.status == cases[i].status && r.packet == 1, "%s: %s",
		       cases[i].name, mtia_job_result_text(&r, text, sizeof(text)));
		mtia_cmd_reset(cmd);
		mtia_cmd_nop(cmd);
		if (cases[i].status == MTIA_JOB_MMU_FAULT) {
			after += mtia_submit(queue, cmd, NULL, 0, NULL) != MTIA_EBANNED;
			mtia_queue_free(queue);
			mtia_queue_create(context, NULL, &queue);
		}
		after += run(queue, cmd).status != MTIA_JOB_OK;
	}
	tap_u64(after, 0, "a fault bans its queue, anything else leaves the next job alone");
	mtia_cmd_free(cmd);
	mtia_queue_free(queue);
	mtia_buffer_free(readonly);
	mtia_buffer_free(fine);
}

static void time_limit(void)
{
	const struct mtia_queue_desc desc = { .size = sizeof(desc), .timeout_ms = 5 };
	struct mtia_buffer *word = buffer(context, 8, 0, MTIA_PLACE_VRAM);
	struct mtia_queue *hung, *other;
	struct mtia_job_result r[2];
	struct mtia_cmd *cmd;
	mtia_event ev[2];
	int ret;

	mtia_queue_create(context, &desc, &hung);
	mtia_queue_create(context, NULL, &other);
	mtia_cmd_create(context, &cmd);
	mtia_cmd_wait(cmd, word, 0, 1);
	mtia_submit(hung, cmd, NULL, 0, &ev[0]);
	mtia_cmd_reset(cmd);
	mtia_cmd_nop(cmd);
	mtia_submit(hung, cmd, NULL, 0, &ev[1]);
	tap_ok(mtia_event_wait(context, ev, 2, 0, mtia_now_ns() + 1000000, r) == -ETIME ||
		       r[0].ended, "a deadline of 1 ms comes back");
	ret = mtia_event_wait(context, ev, 2, 0, MTIA_FOREVER, r);
	tap_ok(ret == MTIA_EJOB && r[0].status == MTIA_JOB_TIMEOUT,
	       "what waits forever is timed out");
	tap_ok(r[1].ended && r[1].status != MTIA_JOB_OK, "what is queued behind it ends too");
	ret = mtia_submit(hung, cmd, NULL, 0, NULL);
	tap_ok(ret == MTIA_EBANNED, "its queue is banned: %s", last_message());
	r[0] = run(other, cmd);
	tap_u64(r[0].status, MTIA_JOB_OK, "another queue goes on");
	mtia_cmd_free(cmd);
	mtia_queue_free(hung);
	mtia_queue_free(other);
	mtia_buffer_free(word);
}

/* A launch that never ends on more than half of the rows and columns: two have no room. */
static struct mtia_cmd *endless(struct mtia_buffer *program)
{
	const struct mtia_pe_image image = {
		.magic = MTIA_PE_MAGIC, .abi = MTIA_PE_ABI, .header_size = sizeof(image),
		.image_size = sizeof(image) + 4, .entry = { sizeof(image), sizeof(image) },
	};
	const struct mtia_pkt_launch packet = {
		.hdr = { MTIA_PKT_LAUNCH, 0, sizeof(packet) },
		.program_va = mtia_buffer_address(program),
		.program_size = sizeof(image) + 4, .rows = 5, .cols = 5,
	};
	const uint32_t jump_to_itself = 0x6f;
	struct mtia_cmd *cmd;

	mtia_buffer_write(program, 0, &image, sizeof(image));
	mtia_buffer_write(program, sizeof(image), &jump_to_itself, 4);
	mtia_cmd_create(context, &cmd);
	mtia_cmd_packet(cmd, &packet.hdr);
	return cmd;
}

/* The limit of a job that waits for the PEs of another begins when it has them. */
static void time_limit_of_who_waits(void)
{
	struct mtia_queue_desc desc = { .size = sizeof(desc), .timeout_ms = 3 };
	struct mtia_buffer *program = buffer(context, 4096, MTIA_BUFFER_EXEC, MTIA_PLACE_VRAM);
	struct mtia_cmd *cmd = endless(program);
	struct mtia_queue *first, *second;
	struct mtia_job_result r[2];
	mtia_event ev[2];

	mtia_queue_create(context, &desc, &first);
	desc.timeout_ms = 1;
	mtia_queue_create(context, &desc, &second);
	mtia_submit(first, cmd, NULL, 0, &ev[0]);
	mtia_event_wait(context, ev, 1, 0, mtia_now_ns() + 1000000, r);
	mtia_submit(second, cmd, NULL, 0, &ev[1]);
	mtia_event_wait(context, ev, 2, 0, MTIA_FOREVER, r);
	tap_ok(r[0].status == MTIA_JOB_TIMEOUT && r[1].status == MTIA_JOB_TIMEOUT,
	       "two that hang, one behind the other: %s", last_message());
	tap_ok(r[0].cycle && r[1].cycle >= r[0].cycle + MTIA_CLOCK_HZ / 1000,
	       "the second had its own time: cycles %llu and %llu", (unsigned long long)r[0].cycle,
	       (unsigned long long)r[1].cycle);
	mtia_cmd_free(cmd);
	mtia_queue_free(first);
	mtia_queue_free(second);
	mtia_buffer_free(program);
}

static void isolation(void)
{
	struct mtia_context *other;
	struct mtia_buffer *others[40];
	struct mtia_buffer *secret, *mine = buffer(context, 4096, 0, MTIA_PLACE_VRAM);
	struct mtia_queue *queue;
	struct mtia_cmd *cmd;
	struct mtia_pkt_copy copy = { .hdr = { MTIA_PKT_COPY, 0, sizeof(copy) }, .size = 64 };
	struct mtia_job_result r;
	uint64_t word = 0x5ec2e7;
	unsigned int leaked = 0, tried = 0;

	mtia_context_create(device, &other);
	for (int i = 0; i < 40; i++)
		others[i] = buffer(other, 4096, 0, MTIA_PLACE_VRAM);
	secret = buffer(other, 4096, 0, MTIA_PLACE_VRAM);
	mtia_buffer_write(secret, 0, &word, sizeof(word));
	mtia_cmd_create(context, &cmd);
	for (uint64_t page = 0; page < 200; page++) {
		copy.dst = mtia_buffer_address(mine);
		copy.src = mtia_buffer_address(secret) - 100 * 4096 + page * 4096;
		if (copy.src == copy.dst)
			continue;
		mtia_cmd_reset(cmd);
		mtia_cmd_packet(cmd, &copy.hdr);
		mtia_queue_create(context, NULL, &queue); /* a fault bans it */
		r = run(queue, cmd);
		mtia_queue_free(queue);
		tried++;
		word = 0;
		mtia_buffer_read(mine, 0, &word, sizeof(word));
		leaked += word == 0x5ec2e7;
	}
	tap_ok(tried > 190 && !leaked, "no address of one context reads another's memory");
	copy.src = mtia_buffer_address(secret);
	mtia_cmd_reset(cmd);
	mtia_cmd_packet(cmd, &copy.hdr);
	mtia_queue_create(context, NULL, &queue);
	r = run(queue, cmd);
	tap_u64(r.status, MTIA_JOB_MMU_FAULT, "the address itself faults here");
	for (int i = 0; i < 40; i++)
		mtia_buffer_free(others[i]);
	mtia_context_free(other);
	mtia_cmd_free(cmd);
	mtia_queue_free(queue);
	mtia_buffer_free(mine);
	mtia_buffer_free(secret);
}

static void dependencies(void)
{
	struct mtia_buffer *b = buffer(context, 64, 0, MTIA_PLACE_VRAM);
	struct mtia_queue *first, *second;
	struct mtia_cmd *cmd;
	mtia_event ev[2];
	uint64_t word = 0;
	int ret;

	mtia_queue_create(context, NULL, &first);
	mtia_queue_create(context, NULL, &second);
	mtia_cmd_create(context, &cmd);
	mtia_cmd_signal(cmd, b, 0, 41);
	mtia_submit(first, cmd, NULL, 0, &ev[0]);
	mtia_cmd_reset(cmd);
	mtia_cmd_copy(cmd, b, 8, b, 0, 8);
	mtia_submit(second, cmd, ev, 1, &ev[1]);
	ret = mtia_event_wait(context, &ev[1], 1, 0, MTIA_FOREVER, NULL);
	mtia_buffer_read(b, 8, &word, 8);
	tap_ok(!ret && word == 41, "a job sees what the job it depends on has written");
	mtia_cmd_free(cmd);
	mtia_queue_free(first);
	mtia_queue_free(second);
	mtia_buffer_free(b);
}

struct worker {
	uint64_t number;
	unsigned int wrong;
};

static void *work(void *arg)
{
	struct worker *w = arg;
	struct mtia_buffer *b = buffer(context, 4096, 0, MTIA_PLACE_VRAM);
	struct mtia_queue *queue = NULL;
	struct mtia_cmd *cmd = NULL;

	w->wrong = mtia_queue_create(context, NULL, &queue) || mtia_cmd_create(context, &cmd);
	for (uint64_t i = 1; i <= 50 && !w->wrong; i++) {
		uint64_t got = 0;

		mtia_cmd_reset(cmd);
		mtia_cmd_fill(cmd, b, 0, 4096, w->number << 32 | i);
		w->wrong += run(queue, cmd).status != MTIA_JOB_OK;
		mtia_buffer_read(b, 4088, &got, 8);
		w->wrong += got != (w->number << 32 | i);
	}
	mtia_cmd_free(cmd);
	mtia_queue_free(queue);
	mtia_buffer_free(b);
	return NULL;
}

static void threads(void)
{
	struct worker workers[4] = { { 0, 0 } };
	pthread_t thread[4];
	unsigned int wrong = 0;

	for (uint64_t i = 0; i < 4; i++) {
		workers[i].number = i;
		pthread_create(&thread[i], NULL, work, &workers[i]);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(thread[i], NULL);
		wrong += workers[i].wrong;
	}
	tap_u64(wrong, 0, "four threads with a queue each, one device");
}

static void parents(void)
{
	struct mtia_device *d;
	struct mtia_context *c;
	struct mtia_queue *q;
	struct mtia_buffer *b;
	struct mtia_cmd *cmd;
	mtia_event event;
	uint64_t word = 0;
	int ret = mtia_device_open("sim0", &d);

	tap_ok(ret == 0, "a second device in the process");
	if (ret)
		return;
	mtia_context_create(d, &c);
	mtia_queue_create(c, NULL, &q);
	b = buffer(c, 8, 0, MTIA_PLACE_VRAM);
	mtia_cmd_create(c, &cmd);
	mtia_device_free(d);
	mtia_cmd_signal(cmd, b, 0, 5);
	ret = mtia_submit(q, cmd, NULL, 0, &event);
	if (!ret)
		ret = mtia_event_wait(c, &event, 1, 0, MTIA_FOREVER, NULL);
	mtia_cmd_free(cmd);
	mtia_queue_free(q);
	mtia_context_free(c);
	mtia_buffer_read(b, 0, &word, 8);
	tap_ok(!ret && word == 5, "children keep their parents alive");
	mtia_buffer_free(b);
}

static void properties(void)
{
	struct mtia_device_props props = { .size = sizeof(props) };
	uint64_t counters[MTIA_NUM_COUNTERS] = { 0 }, now[2] = { 0 };
	size_t count = MTIA_NUM_COUNTERS;

	tap_ok(mtia_device_props(device, &props) == 0 && props.grid_rows == 8 &&
		       props.grid_cols == 8 && props.fw_abi_major == MTIA_FW_ABI_MAJOR &&
		       props.fw_state == MTIA_FW_READY && props.clock_hz == MTIA_CLOCK_HZ,
	       "properties");
	tap_ok(props.vram_used_bytes < props.vram_bytes, "some memory is free");
	tap_ok(mtia_device_counters(device, counters, &count) == 0 && count == MTIA_NUM_COUNTERS &&
		       counters[MTIA_CNT_CTRL_INSTRS] > 1000 && counters[MTIA_CNT_DMA_BYTES] > 0,
	       "counters count");
	mtia_device_timestamp(device, &now[0], NULL);
	plain_jobs(MTIA_PLACE_VRAM, "LPDDR");
	plain_jobs(MTIA_PLACE_SRAM, "SRAM");
	sram();
	mtia_device_timestamp(device, &now[1], NULL);
	tap_ok(now[1] > now[0], "device time goes on");
	for (uint32_t i = 0; i < MTIA_NUM_COUNTERS; i++)
		if (!mtia_counter_name(i))
			count = 0;
	tap_ok(count && !mtia_counter_name(MTIA_NUM_COUNTERS),
	       "every counter has a name, others none");
}

/* Files that are missing or wrong: each its own error, nothing left behind. */
static void bad_files(void)
{
	const char *firmware = getenv("MTIA_FIRMWARE"), *model = getenv("MTIA_MODEL");
	char good[512], path[] = P_tmpdir "/mtia-lib-sim-XXXXXX", *image = malloc(1 << 20);
	struct mtia_device *d;
	size_t bytes;
	FILE *f;
	int ret, fd = mkstemp(path);

	snprintf(good, sizeof(good), "%s", firmware);
	f = fopen(good, "rb");
	bytes = fread(image, 1, 1 << 20, f);
	fclose(f);
	setenv("MTIA_FIRMWARE", "/nonexistent/fw.bin", 1);
	ret = mtia_device_open(NULL, &d);
	tap_ok(ret == MTIA_EFIRMWARE, "no firmware: %s", last_message());
	setenv("MTIA_FIRMWARE", path, 1);
	ret = mtia_device_open(NULL, &d);
	tap_ok(ret == MTIA_EFIRMWARE, "empty firmware: %s", last_message());
	if (write(fd, image, bytes / 2) != (ssize_t)(bytes / 2))
		exit(1);
	ret = mtia_device_open(NULL, &d);
	tap_ok(ret == MTIA_EFIRMWARE, "half a firmware: %s", last_message());
	image[bytes / 2] ^= 1;
	if (pwrite(fd, image, bytes, 0) != (ssize_t)bytes)
		exit(1);
	ret = mtia_device_open(NULL, &d);
	tap_ok(ret == MTIA_EFIRMWARE, "damaged firmware: %s", last_message());
	setenv("MTIA_FIRMWARE", good, 1);
	snprintf(good, sizeof(good), "%s", model);
	setenv("MTIA_MODEL", path, 1);
	ret = mtia_device_open(NULL, &d);
	tap_ok(ret == MTIA_EMODEL, "a model that is none: %s", last_message());
	setenv("MTIA_MODEL", "/nonexistent/model.so", 1);
	ret = mtia_device_open(NULL, &d);
	tap_ok(ret == MTIA_EFIRMWARE, "no model: %s", last_message());
	setenv("MTIA_MODEL", good, 1);
	tap_ok(mtia_device_open("sim1", &d) == -ENODEV, "no such simulated device");
	close(fd);
	unlink(path);
	free(image);
}

int main(void)
{
	if (mtia_device_open(NULL, &device)) {
		fprintf(stderr, "# %s\n", last_message());
		return 1;
	}
	mtia_context_create(device, &context);
	properties();
	mistakes();
	time_limit();
	time_limit_of_who_waits();
	isolation();
	dependencies();
	threads();
	parents();
	bad_files();
	mtia_context_free(context);
	mtia_device_free(device);
	return tap_done();
}
