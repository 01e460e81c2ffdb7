// SPDX-License-Identifier: GPL-2.0
/* Builder, queue and events on a back-end whose jobs end when the test says so. */
#include <limits.h>

#include "lib_fake.h"
#include "tap.h"

static struct fake *f;
static struct mtia_context *context;

static struct mtia_buffer *buffer(uint64_t bytes)
{
	const struct mtia_buffer_desc desc = { .size = sizeof(desc), .bytes = bytes };
	struct mtia_buffer *b = NULL;

	if (mtia_buffer_create(context, &desc, &b))
		abort();
	return b;
}

static void descriptors(void)
{
	struct {
		struct mtia_buffer_desc desc;
		uint64_t tail;
	} longer = { .desc = { .size = sizeof(longer), .bytes = 1 } };
	struct mtia_buffer_desc desc = { .size = 4, .bytes = 1 };
	struct mtia_queue_desc queue = { .size = sizeof(queue) };
	struct mtia_buffer *b;
	struct mtia_queue *q;

	tap_ok(mtia_buffer_create(context, &desc, &b) == -EINVAL && !b,
	       "descriptor without a size");
	tap_ok(mtia_buffer_create(context, NULL, &b) == -EINVAL, "no descriptor");
	tap_ok(mtia_buffer_create(context, &longer.desc, &b) == 0, "longer, zero behind");
	mtia_buffer_free(b);
	longer.tail = 1;
	tap_ok(mtia_buffer_create(context, &longer.desc, &b) == -EOPNOTSUPP, "longer, set behind");
	desc.size = offsetof(struct mtia_buffer_desc, label);
	tap_ok(mtia_buffer_create(context, &desc, &b) == 0, "shorter, of an older caller");
	mtia_buffer_free(b);
	desc = (struct mtia_buffer_desc){ .size = sizeof(desc) };
	tap_ok(mtia_buffer_create(context, &desc, &b) == -EINVAL, "0 bytes");
	desc.bytes = UINT64_MAX;
	tap_ok(mtia_buffer_create(context, &desc, &b) == -ENOSPC, "2^64 - 1 bytes");
	desc.bytes = 1ull << 40;
	tap_ok(mtia_buffer_create(context, &desc, &b) == -ENOSPC, "more than the address space");
	desc.bytes = 1;
	desc.flags = 0x80;
	tap_ok(mtia_buffer_create(context, &desc, &b) == -EOPNOTSUPP, "unknown flag");
	desc.flags = 0;
	desc.placement = 7;
	tap_ok(mtia_buffer_create(context, &desc, &b) == -EINVAL, "unknown placement");
	desc.placement = 0;
	f->fail_buffer = -ENOSPC;
	tap_ok(mtia_buffer_create(context, &desc, &b) == -ENOSPC && !b, "back-end refuses");
	tap_ok(mtia_queue_create(context, &queue, &q) == -ENOSPC && !q, "and so a queue's memory");
	f->fail_buffer = 0;
	f->fail_queue = -ENOSPC;
	tap_ok(mtia_queue_create(context, &queue, &q) == -ENOSPC && !q, "no queue left");
	f->fail_queue = 0;
	queue.rows = 9;
	queue.cols = 1;
	tap_ok(mtia_queue_create(context, &queue, &q) == -EINVAL, "sub-grid beyond the chip");
	queue.rows = 0;
	tap_ok(mtia_queue_create(context, &queue, &q) == -EINVAL, "half a sub-grid");
	queue.cols = 0;
	queue.max_jobs = 3;
	tap_ok(mtia_queue_create(context, &queue, &q) == -EINVAL, "ring of no power of two");
	queue.max_jobs = 0;
	queue.timeout_ms = 1001;
	tap_ok(mtia_queue_create(context, &queue, &q) == -EINVAL, "time limit beyond the device's");
	queue.timeout_ms = 0;
	queue.priority = 9;
	tap_ok(mtia_queue_create(context, &queue, &q) == -EINVAL, "unknown priority");
	tap_u64(f->live_buffers + f->live_queues, 0, "failed calls leave nothing");
}

static void buffers(void)
{
	struct mtia_buffer *b = buffer(100), *huge = buffer(3u << 20);
	char text[8] = "1234567";

	tap_ok(mtia_buffer_address(b) % 4096 == 0 && mtia_buffer_bytes(b) == 100, "page-aligned");
	tap_ok(mtia_buffer_address(huge) % (2u << 20) == 0, "2 MiB-aligned when large");
	tap_ok(mtia_buffer_write(b, 93, text, 7) == 0, "last bytes can be written");
	tap_ok(mtia_buffer_write(b, 94, text, 7) == -ERANGE, "one further cannot");
	tap_ok(mtia_buffer_write(b, UINT64_MAX, text, 7) == -ERANGE, "offset near 2^64");
	tap_ok(mtia_buffer_read(b, 93, text, SIZE_MAX) == -ERANGE, "length near 2^64");
	tap_ok(mtia_buffer_write(b, 100, NULL, 0) == 0, "nothing at the end is fine");
	tap_ok(mtia_buffer_write(b, 0, NULL, 1) == -EINVAL, "something from nowhere is not");
	memset(text, 0, sizeof(text));
	mtia_buffer_read(b, 93, text, 7);
	tap_mem(text, "1234567", 7, "what was written is read");
	mtia_buffer_free(b);
	mtia_buffer_free(huge);
	mtia_buffer_free(NULL);
}

static uint16_t opcode_at(unsigned int packet, uint32_t *at)
{
	struct mtia_pkt p = { 0 };

	*at = sizeof(struct mtia_cmd_header);
	for (unsigned int i = 0; i <= packet && *at < f->last_size; i++) {
		memcpy(&p, f->last_cmd + *at, sizeof(p));
		if (i < packet)
			*at += p.size;
	}
	return p.opcode;
}

static void builder(void)
{
	struct mtia_buffer *a = buffer(256), *b = buffer(256), *foreign;
	const struct mtia_buffer_desc desc = { .size = sizeof(desc), .bytes = 64 };
	struct mtia_context *other;
	struct mtia_cmd_header header;
	struct mtia_pkt_copy copy;
	struct mtia_pkt_launch launch;
	struct mtia_program *program;
	uint8_t args[96] = { 1, 2, 3 };
	struct mtia_queue *queue;
	struct mtia_cmd *cmd;
	const void *data;
	size_t bytes;
	uint32_t at;
	int ret = 0;

	mtia_context_create(&f->base, &other);
	mtia_buffer_create(other, &desc, &foreign);
	mtia_queue_create(context, NULL, &queue);
	mtia_program_builtin(context, "fc_int8", &program);
	mtia_cmd_create(context, &cmd);
	tap_ok(mtia_cmd_copy(cmd, a, 8, b, 16, 100) == 0, "a copy");
	tap_ok(mtia_cmd_launch(cmd, program, 2, 3, args, sizeof(args)) == 0, "a launch");
	tap_ok(mtia_cmd_data(cmd, &data, &bytes) == 0 && bytes == 16 + 32 + 32 + 96, "their size");
	tap_ok(mtia_submit(queue, cmd, NULL, 0, NULL) == 0, "submitted");
	memcpy(&header, f->last_cmd, sizeof(header));
	tap_ok(header.magic == MTIA_CMD_MAGIC && header.version == MTIA_CMD_VERSION &&
		       header.packet_count == 5 && header.size == f->last_size && !header.flags,
	       "the header counts what was built and what frames it");
	tap_u64(opcode_at(0, &at), MTIA_PKT_TIMESTAMP, "a timestamp in front");
	tap_u64(opcode_at(1, &at), MTIA_PKT_COPY, "the copy");
	memcpy(&copy, f->last_cmd + at, sizeof(copy));
	tap_ok(copy.dst == mtia_buffer_address(a) + 8 && copy.src == mtia_buffer_address(b) + 16 &&
		       copy.size == 100, "with its addresses");
	tap_u64(opcode_at(2, &at), MTIA_PKT_LAUNCH, "the launch");
	memcpy(&launch, f->last_cmd + at, sizeof(launch));
	tap_ok(launch.rows == 2 && launch.cols == 3 && launch.args_size == 96 &&
		       launch.program_va % 4096 == 0 && !launch.reserved &&
		       !memcmp(f->last_cmd + at + sizeof(launch), args, 96), "with its arguments");
	tap_u64(opcode_at(4, &at), MTIA_PKT_SIGNAL, "a store behind");

	tap_ok(mtia_cmd_launch(cmd, program, 2, 3, args, 95) == -EINVAL, "wrong size of arguments");
	tap_ok(mtia_cmd_nop(cmd) == -EINVAL && mtia_submit(queue, cmd, NULL, 0, NULL) == -EINVAL,
	       "the first error stays");
#define BAD(call, code, name) do { mtia_cmd_reset(cmd); tap_ok((call) == (code), name); } while (0)
	BAD(mtia_cmd_nop(cmd), 0, "until the builder is reset");
	BAD(mtia_cmd_launch(cmd, program, 0, 1, args, 96), -EINVAL, "launch on 0 rows");
	BAD(mtia_cmd_launch(cmd, program, 1, 65537, args, 96), -EINVAL, "launch on 65537 columns");
	BAD(mtia_cmd_copy(cmd, a, 0, b, 0, 0), -EINVAL, "copy of 0 bytes");
	BAD(mtia_cmd_copy(cmd, a, 200, b, 0, 57), -ERANGE, "copy beyond the destination");
	BAD(mtia_cmd_copy(cmd, a, 0, b, UINT64_MAX, 2), -ERANGE, "copy from near 2^64");
	BAD(mtia_cmd_copy(cmd, a, 0, a, 10, 20), -EINVAL, "copy onto itself");
	BAD(mtia_cmd_copy(cmd, a, 0, a, 20, 20), 0, "copy next to itself");
	BAD(mtia_cmd_copy(cmd, a, 0, foreign, 0, 8), -EINVAL, "buffer of another context");
	BAD(mtia_cmd_copy(cmd, a, 0, NULL, 0, 8), -EINVAL, "no buffer");
	BAD(mtia_cmd_fill(cmd, a, 256, 1, 0), -ERANGE, "fill behind the end");
	BAD(mtia_cmd_signal(cmd, a, 4, 0), -EINVAL, "misaligned signal");
	BAD(mtia_cmd_wait(cmd, a, 256, 0), -ERANGE, "wait behind the end");
	BAD(mtia_cmd_timestamp(cmd, a, 249), -EINVAL, "misaligned timestamp");
	BAD(mtia_cmd_use(cmd, foreign), -EINVAL, "use of another context's buffer");
	BAD(mtia_cmd_packet(cmd, &(struct mtia_pkt){ .size = 12 }), -EINVAL, "packet of 12 bytes");
	mtia_cmd_reset(cmd);
	for (at = 0; !ret; at++)
		ret = mtia_cmd_nop(cmd);
	tap_ok(ret == -E2BIG && at > 8000, "64 KiB are the end (%u packets)", at);
	mtia_cmd_reset(cmd);
	for (at = 0, ret = 0; at < 8183 && !ret; at++)
		ret = mtia_cmd_nop(cmd);
	tap_ok(!ret && mtia_submit(queue, cmd, NULL, 0, NULL) == 0 &&
		       f->last_size == MTIA_CMD_MAX_SIZE, "the largest one is submitted whole");

	mtia_cmd_free(cmd);
	mtia_program_free(program);
	mtia_queue_free(queue);
	mtia_buffer_free(a);
	mtia_buffer_free(b);
	mtia_buffer_free(foreign);
	mtia_context_free(other);
	tap_u64(f->live_buffers, 0, "nothing is left");
	f->submitted = f->completed = 0;
}

static void lifetime(void)
{
	struct mtia_buffer *a = buffer(64), *b = buffer(64);
	struct mtia_queue *queue;
	struct mtia_cmd *cmd;
	mtia_event event;

	mtia_queue_create(context, NULL, &queue);
	mtia_cmd_create(context, &cmd);
	mtia_cmd_copy(cmd, a, 0, b, 0, 8);
	mtia_submit(queue, cmd, NULL, 0, &event);
	mtia_cmd_free(cmd);
	mtia_buffer_free(a);
	mtia_buffer_free(b);
	tap_u64(f->live_buffers, 4, "a job keeps the buffers it names");
	tap_ok(mtia_event_wait(context, &event, 1, 0, 0, NULL) == 0, "it ends");
	tap_u64(f->live_buffers, 2, "and lets go of them");

	a = buffer(64);
	mtia_cmd_create(context, &cmd);
	mtia_cmd_use(cmd, a);
	mtia_submit(queue, cmd, NULL, 0, &event);
	mtia_cmd_free(cmd);
	mtia_buffer_free(a);
	tap_u64(f->live_buffers, 3, "so does one that only uses it");
	mtia_queue_free(queue);
	tap_u64(f->live_buffers + f->live_queues, 0, "a queue's end is its jobs' end");
	f->submitted = f->completed = 0;
}

static void results(void)
{
	struct mtia_job_result r[3];
	struct mtia_error e = { .size = sizeof(e) };
	struct mtia_queue *queue;
	struct mtia_cmd *cmd;
	mtia_event ev[4] = { 0 };
	char text[200];

	mtia_queue_create(context, NULL, &queue);
	mtia_cmd_create(context, &cmd);
	mtia_cmd_nop(cmd);
	tap_ok(mtia_event_wait(context, ev, 1, 0, 0, r) == 0 && r[0].ended,
	       "no job is always done");
	for (int i = 0; i < 3; i++)
		mtia_submit(queue, cmd, NULL, 0, &ev[i]);
	f->wait_never = true;
	tap_ok(mtia_event_wait(context, ev, 3, 0, 0, r) == -ETIME && !r[0].ended, "not yet");
	fake_run_to(f, 1);
	tap_ok(mtia_event_wait(context, ev, 3, 0, 0, r) == -ETIME && r[0].ended && !r[1].ended,
	       "one of three");
	tap_ok(mtia_event_wait(context, ev, 3, MTIA_WAIT_ANY, 0, r) == 0,
	       "which is enough for any");
	tap_ok(r[0].status == MTIA_JOB_OK && r[0].t_end > r[0].t_start, "with its times");
	f->fail_job[2] = true;
	f->fault = (struct queue_fault){
		.seq = 2,
		.result = { .ended = 1, .status = MTIA_JOB_MMU_FAULT, .packet = 3, .pe_row = 4,
			    .pe_col = 5, .reason = MTIA_FAULT_UNMAPPED,
			    .access = MTIA_ACCESS_WRITE, .address = 0xdead000 },
	};
	fake_run_to(f, 3);
	tap_ok(mtia_event_wait(context, ev, 3, 0, 0, r) == MTIA_EJOB, "the second one fails");
	tap_ok(r[0].status == MTIA_JOB_OK && r[1].status == MTIA_JOB_MMU_FAULT &&
		       r[2].status == MTIA_JOB_OK, "and only that one");
	tap_u64(r[1].packet, 2, "its packet is counted as it was built");
	mtia_error_last(&e);
	tap_ok(e.code == MTIA_EJOB && e.seq == 2 && e.pe_row == 4 && e.pe_col == 5 &&
		       e.status == MTIA_JOB_MMU_FAULT && strstr(e.message, "write to 0xdead000: not mapped"),
	       "the error says where: %s", e.message);
	tap_ok(mtia_event_wait(context, &ev[2], 1, 0, 0, r) == 0,
	       "a later job is a matter of its own");

	for (int i = 0; i < 3; i++)
		mtia_submit(queue, cmd, NULL, 0, &ev[i]);
	f->fail_job[4] = f->fail_job[6] = true;
	f->fault.seq = 6;
	fake_run_to(f, 6);
	mtia_event_wait(context, ev, 3, 0, 0, r);
	tap_ok(r[0].status == MTIA_JOB_UNRECORDED && r[2].status == MTIA_JOB_MMU_FAULT,
	       "an overwritten record is said to be overwritten");
	for (int i = 0; i < 2; i++)
		mtia_submit(queue, cmd, NULL, 0, &ev[i]);
	f->fail_job[7] = f->fail_job[8] = true;
	f->fault.seq = 7;
	f->fault.banned = true;
	fake_run_to(f, 8);
	mtia_event_wait(context, ev, 2, 0, 0, r);
	tap_ok(r[0].status == MTIA_JOB_MMU_FAULT && r[1].status == MTIA_JOB_KILLED,
	       "jobs behind a ban are killed, not guilty");
	mtia_submit(queue, cmd, NULL, 0, &ev[0]);
	fake_run_to(f, 9);
	tap_ok(mtia_event_wait(context, ev, 1, 0, 0, r) == MTIA_EJOB &&
		       r[0].status == MTIA_JOB_KILLED,
	       "also when one of them happened to reach its end");
	f->fail_submit = -ECANCELED;
	tap_ok(mtia_submit(queue, cmd, NULL, 0, NULL) == MTIA_EBANNED, "a banned queue refuses");
	mtia_error_last(&e);
	tap_ok(strstr(e.message, "job 7") && strstr(e.message, "MMU_FAULT"), "and says why: %s",
	       e.message);
	f->fail_submit = 0;
	tap_ok(mtia_event_wait(context, &(mtia_event){ 99, 1 }, 1, 0, 0, NULL) == -ENOENT,
	       "unknown queue");
	tap_ok(mtia_event_wait(context, &(mtia_event){ ev[0].queue_id, 99 }, 1, 0, 0, NULL) ==
		       -ENOENT,
	       "job that was never submitted");
	tap_ok(mtia_submit(queue, cmd, &(mtia_event){ 99, 1 }, 1, NULL) == -ENOENT,
	       "dependency on an unknown queue");
	tap_ok(mtia_event_wait(context, ev, 1, 0x10, 0, NULL) == -EOPNOTSUPP, "unknown flag");
	for (uint32_t status = 0; status < 256; status++) {
		struct mtia_job_result odd = { .ended = 1, .status = status, .reason = status,
					       .access = status, .core = status, .pe_row = status };

		mtia_job_result_text(&odd, text, 20);
		if (strlen(text) >= 20)
			break;
		if (status == 255)
			tap_ok(strlen(text) < 20, "any record becomes text that fits");
	}
	mtia_cmd_free(cmd);
	mtia_queue_free(queue);
	memset(&f->fault, 0, sizeof(f->fault));
	memset(f->fail_job, 0, sizeof(f->fail_job));
	f->wait_never = false;
	f->submitted = f->completed = 0;
}

/* More jobs and bytes than ring and history hold; each must be whole in memory when it runs. */
static void ring(void)
{
	struct mtia_queue *queue;
	struct mtia_cmd *cmd;
	uint64_t rng = 1;
	unsigned int wrong = 0;
	mtia_event first = { 0 }, last;
	const int jobs = 4000;

	mtia_queue_create(context, NULL, &queue);
	mtia_cmd_create(context, &cmd);
	for (int i = 0; i < jobs; i++) {
		uint32_t nops;

		rng = rng * 6364136223846793005ull + 1442695040888963407ull;
		nops = rng >> 33 & ((rng >> 60) ? 63 : 4095);
		mtia_cmd_reset(cmd);
		for (uint32_t n = 0; n < nops; n++)
			mtia_cmd_nop(cmd);
		if (mtia_submit(queue, cmd, NULL, 0, &last))
			wrong++;
		if (!i)
			first = last;
		if (!(rng >> 40 & 63)) /* slower than the jobs come, so that the ring is full */
			fake_run_to(f, f->completed + (rng >> 50 & 7));
	}
	tap_u64(wrong, 0, "%d jobs of random size are taken", jobs);
	tap_ok(mtia_event_wait(context, &last, 1, 0, 0, NULL) == 0 && last.seq == (uint64_t)jobs,
	       "the last ends well");
	tap_ok(mtia_event_wait(context, &first, 1, 0, 0, NULL) == -ENODATA,
	       "the first is forgotten");
	wrong = 0;
	for (uint64_t seq = jobs - MTIA_HISTORY + 1; seq <= (uint64_t)jobs; seq++)
		wrong += mtia_event_wait(context, &(mtia_event){ last.queue_id, seq }, 1, 0, 0,
					 NULL) != 0;
	tap_u64(wrong, 0, "the newest %d are remembered, all OK", MTIA_HISTORY);

	mtia_cmd_reset(cmd);
	for (int i = 0; i < 1500; i++) {
		wrong += mtia_submit(queue, cmd, NULL, 0, &last) != 0;
		wrong += f->submitted - f->completed > MTIA_HISTORY;
	}
	tap_ok(!wrong && f->submitted - f->completed == MTIA_HISTORY,
	       "at most that many small jobs are in flight");
	tap_ok(mtia_event_wait(context, &last, 1, 0, 0, NULL) == 0, "and they end well");
	mtia_cmd_free(cmd);
	mtia_queue_free(queue);
	f->submitted = f->completed = 0;
}

static void addresses(void)
{
	enum { N = 64 };
	struct mtia_buffer *held[N] = { 0 };
	struct mtia_buffer *all;
	const struct mtia_buffer_desc whole = { .size = sizeof(whole), .bytes = (1u << 30) - 4096 };
	unsigned int overlaps = 0;
	uint64_t rng = 7;

	for (int i = 0; i < 20000; i++) {
		int at;

		rng = rng * 6364136223846793005ull + 1442695040888963407ull;
		at = rng >> 40 & (N - 1);
		if (held[at]) {
			mtia_buffer_free(held[at]);
			held[at] = NULL;
			continue;
		}
		held[at] = buffer(1 + (rng >> 33 & ((rng >> 50 & 31) ? 0x3fff : 0x2fffff)));
		for (int j = 0; j < N; j++)
			if (held[j] && j != at &&
			    held[at]->va <= held[j]->va + held[j]->mapped_bytes &&
			    held[j]->va <= held[at]->va + held[at]->mapped_bytes)
				overlaps++;
	}
	tap_u64(overlaps, 0, "20000 random allocations never overlap or touch");
	for (int i = 0; i < N; i++)
		mtia_buffer_free(held[i]);
	tap_ok(mtia_buffer_create(context, &whole, &all) == 0,
	       "and when all are gone one buffer can have every address");
	mtia_buffer_free(all);
}

static void errors(void)
{
	struct mtia_error e = { .size = sizeof(e) };
	struct mtia_context *c;

	f->fail_vm = -ENOSPC;
	tap_ok(mtia_context_create(&f->base, &c) == -ENOSPC && !c, "no address space left");
	f->fail_vm = 0;
	mtia_error_last(&e);
	tap_ok(e.code == -ENOSPC && e.sys_errno == ENOSPC && e.pe_row == -1 &&
		       !strcmp(e.message, "no vm"), "the error is this thread's newest");
	tap_ok(!strcmp(mtia_errname(MTIA_EBANNED), "MTIA_EBANNED") &&
		       !strcmp(mtia_errname(-EACCES), "EACCES") &&
		       !strcmp(mtia_errname(-99999), "UNKNOWN") && !strcmp(mtia_errname(0), "OK") &&
		       !strcmp(mtia_errname(INT_MIN), "UNKNOWN"), "names of codes");
	tap_ok(mtia_strerror(INT_MIN) && mtia_strerror(INT_MAX) && mtia_strerror(0) &&
		       strstr(mtia_strerror(MTIA_ENODRIVER), "driver"), "sentences of codes");
	e.size = 8;
	tap_ok(mtia_error_last(&e) == 0 && e.size == 8, "a short structure gets a prefix");
	tap_ok(mtia_error_last(NULL) == -EINVAL, "no structure");
	tap_ok(mtia_error_set(-EIO, "0123456789012345678901234567890123456789X", NULL, "%s",
			      "x") == -EIO, "a long operation is cut");
}

int main(void)
{
	f = fake_new();
	mtia_context_create(&f->base, &context);
	descriptors();
	buffers();
	builder();
	lifetime();
	results();
	ring();
	addresses();
	errors();
	mtia_context_free(context);
	tap_u64(f->live_vms + f->live_buffers + f->live_queues, 0, "nothing is left at the end");
	free(f);
	return tap_done();
}
