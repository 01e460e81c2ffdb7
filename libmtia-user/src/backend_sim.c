// SPDX-License-Identifier: MIT
/*
 * The simulator's side of the library: the chip model with the real firmware inside this process.
 *
 * The device only moves while somebody waits, so a wait is what runs it. A simulated device belongs
 * to one thread at a time: `lock` sees to that, and a wait lets go of it between slices, so that
 * other threads get on. Time limits of jobs, the driver's task elsewhere, are kept here.
 *
 * Environment: MTIA_FIRMWARE, MTIA_MODEL (paths), MTIA_SIM_WORKERS (host threads, results do not
 * depend on it), MTIA_SIM_LPDDR_MIB, MTIA_SIM_V1PLUS, MTIA_SIM_APPROX (cycles with contention),
 * MTIA_SIM_OUTSTANDING (DMA transfers in flight a PE, 1 .. 16).
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"
#include "mtia/cmd.h"
#include "simhost.h"

#define SLICE_CYCLES	   500000ull /* one turn with the device */
#define DEFAULT_TIMEOUT_MS 2000u
#define MAX_TIMEOUT_MS	   600000u
#define MAX_JOBS	   1024u

struct sim_device {
	struct mtia_device base;
	pthread_mutex_t lock; /* guards all of simhost, and sim_queue */
	struct simhost_model_ops model;
	struct simhost *host;
	struct sim_queue *queues;
	void *firmware;
	size_t firmware_size;
	uint64_t lpddr_at_open; /* free bytes, for vram_bytes */
};

struct sim_queue {
	struct sim_queue *next;
	struct simhost_queue *host;
	uint64_t timeout_cycles;
	uint64_t submitted;
	uint64_t head, head_since; /* oldest unfinished job, and device time when it became that */
	uint64_t judged; /* newest job that judge_ended() has seen */
	uint64_t banned_by;
	bool banned;
};

static struct sim_device *sim_of(const struct mtia_device *device)
{
	return (struct sim_device *)device;
}

static struct sim_device *enter(const struct mtia_device *device)
{
	struct sim_device *sim = sim_of(device);

	pthread_mutex_lock(&sim->lock);
	return sim;
}

static int leave(struct sim_device *sim, int ret)
{
	pthread_mutex_unlock(&sim->lock);
	return ret;
}

/* The sentence of a failed call; the lock is held. */
static int sim_error(struct sim_device *sim, const char *operation, int code)
{
	bool dead = code == -EIO;
	int ret = dead ? MTIA_ELOST : code;

	if (dead && simhost_state(sim->host) == SIMHOST_MODEL_FAILED)
		ret = MTIA_EMODEL;
	else if (dead)
		ret = MTIA_EFIRMWARE;
	ret = fail(ret, operation, NULL, "%s", simhost_error(sim->host));
	error_device(&sim->base);
	return ret;
}

/* ---- Device --------------------------------------------------------------------------------- */

static int sim_props(struct mtia_device *device, struct mtia_device_props *out)
{
	struct sim_device *sim = enter(device);
	const struct mtia_fw_header *image = sim->firmware;
	uint32_t abi = sim->model.abi_version();

	out->hw_version = MTIA_REGS_MAJOR << 16 | MTIA_REGS_MINOR;
	out->hw_revision = sim->model.mmio_read(simhost_model(sim->host), MTIA_REG_HW_REV, 4);
	out->grid_rows = simhost_grid_rows(sim->host);
	out->grid_cols = simhost_grid_cols(sim->host);
	out->pe_enabled = sim->model.mmio_read(simhost_model(sim->host), MTIA_REG_PE_ENABLED, 8);
	out->va_start = MTIA_VA_USER_MIN;
	out->va_end = MTIA_VA_USER_MAX;
	out->vram_bytes = sim->lpddr_at_open;
	out->vram_used_bytes =
		sim->lpddr_at_open - simhost_mem_free_bytes(sim->host, SIMHOST_MEM_LPDDR);
	out->sram_bytes = MTIA_SRAM_SIZE;
	out->pe_local_bytes = MTIA_PE_LOCAL_SIZE;
	out->clock_hz = sim->model.mmio_read(simhost_model(sim->host), MTIA_REG_CLOCK_HZ, 4);
	out->features = sim->model.mmio_read(simhost_model(sim->host), MTIA_REG_CAPS, 8);
	out->max_queues = MTIA_MAX_QUEUES - 1;
	out->max_contexts = MTIA_MAX_ASIDS - 1;
	out->max_jobs = MAX_JOBS;
	out->max_cmd_bytes = MTIA_CMD_MAX_SIZE;
	out->default_timeout_ms = DEFAULT_TIMEOUT_MS;
	out->max_timeout_ms = MAX_TIMEOUT_MS;
	out->fw_abi_major = image->abi_major;
	out->fw_abi_minor = image->abi_minor;
	out->fw_state = simhost_state(sim->host) == SIMHOST_READY ? MTIA_FW_READY : MTIA_FW_PANIC;
	out->fw_features = image->features;
	memcpy(out->fw_build_id, image->build_id, sizeof(out->fw_build_id));
	snprintf(out->fw_version, sizeof(out->fw_version), "%.31s",
		 simhost_firmware_version(sim->host));
	snprintf(out->driver_name, sizeof(out->driver_name), "sim");
	snprintf(out->driver_version, sizeof(out->driver_version), "%u.%u.0", abi >> 16,
		 abi & 0xffff);
	return leave(sim, 0);
}

static int sim_counters(struct mtia_device *device, uint64_t values[MTIA_NUM_COUNTERS])
{
	struct sim_device *sim = enter(device);

	for (unsigned int i = 0; i < MTIA_NUM_COUNTERS; i++)
		values[i] = simhost_counter(sim->host, i);
	return leave(sim, 0);
}

static int sim_timestamp(struct mtia_device *device, uint64_t *cycles, int64_t *host_ns)
{
	struct sim_device *sim = enter(device);

	*host_ns = mtia_now_ns();
	*cycles = simhost_now(sim->host);
	return leave(sim, 0);
}

static void sim_close(struct mtia_device *device)
{
	struct sim_device *sim = sim_of(device);

	simhost_close(sim->host);
	simhost_model_unload(&sim->model);
		free(sim->firmware);
	pthread_mutex_destroy(&sim->lock);
	free(sim);
}

/* ---- Memory --------------------------------------------------------------------------------- */

static int sim_vm_create(struct mtia_context *context)
{
	struct sim_device *sim = enter(context->device);
	struct simhost_vm *vm;
	int ret = simhost_vm_create(sim->host, &vm);

	if (ret)
		ret = sim_error(sim, "context", ret);
	else
		context->vm = vm;
	return leave(sim, ret);
}

static void sim_vm_destroy(struct mtia_context *context)
{
	struct sim_device *sim = enter(context->device);

	simhost_vm_destroy(context->vm);
	leave(sim, 0);
}

static int sim_buffer_create(struct mtia_buffer *buffer, const char *label)
{
	static const enum simhost_mem mem[] = {
		[MTIA_PLACE_VRAM] = SIMHOST_MEM_LPDDR,
		[MTIA_PLACE_SYSTEM] = SIMHOST_MEM_HOST,
		[MTIA_PLACE_SRAM] = SIMHOST_MEM_SRAM,
	};
	struct sim_device *sim = enter(buffer->context->device);
	unsigned int perms = SIMHOST_READ;
	struct simhost_buffer *memory = calloc(1, sizeof(*memory));
	int ret;

	(void)label;
	if (!memory)
		return leave(sim, fail(-ENOMEM, "buffer", NULL, "out of memory"));
	if (buffer->flags & MTIA_BUFFER_EXEC)
		perms |= SIMHOST_EXEC;
	else if (!(buffer->flags & MTIA_BUFFER_READONLY))
		perms |= SIMHOST_WRITE;
	ret = simhost_buffer_alloc(sim->host, mem[buffer->placement], buffer->mapped_bytes, memory);
	if (!ret) {
		ret = simhost_vm_map(buffer->context->vm, buffer->va, memory, 0,
				     buffer->mapped_bytes, perms);
		if (ret) {
			ret = sim_error(sim, "buffer", ret);
			simhost_buffer_free(sim->host, memory);
		}
	} else {
		ret = sim_error(sim, "buffer", ret);
	}
	if (ret)
		free(memory);
	else
		buffer->memory = memory;
	return leave(sim, ret);
}

static void sim_buffer_destroy(struct mtia_buffer *buffer)
{
	struct sim_device *sim = enter(buffer->context->device);

	simhost_vm_unmap(buffer->context->vm, buffer->va, buffer->mapped_bytes);
	simhost_buffer_free(sim->host, buffer->memory);
	free(buffer->memory);
	leave(sim, 0);
}

static int sim_buffer_map(struct mtia_buffer *buffer, void **cpu)
{
	*cpu = ((struct simhost_buffer *)buffer->memory)->cpu;
	return 0;
}

/* ---- Queues --------------------------------------------------------------------------------- */

static int sim_queue_create(struct mtia_queue *queue, const struct mtia_queue_desc *desc)
{
	static const unsigned int priority[] = {
		[MTIA_QUEUE_NORMAL] = 1, [MTIA_QUEUE_LOW] = 0,
		[MTIA_QUEUE_HIGH] = 2, [MTIA_QUEUE_REALTIME] = 3,
	};
	struct sim_device *sim = enter(queue->context->device);
	struct simhost_queue_config config = {
		.size = sizeof(config), .entries = desc->max_jobs, .rows = desc->rows,
		.cols = desc->cols, .priority = priority[desc->priority],
	};
	struct sim_queue *own = calloc(1, sizeof(*own));
	int ret;

	if (!own)
		return leave(sim, fail(-ENOMEM, "queue", NULL, "out of memory"));
	ret = simhost_queue_create(queue->context->vm, &config, &own->host);
	if (ret) {
		free(own);
		return leave(sim, sim_error(sim, "queue", ret));
	}
	own->timeout_cycles = (uint64_t)queue->timeout_ms * (MTIA_CLOCK_HZ / 1000);
	own->next = sim->queues;
	sim->queues = own;
	queue->sim = own;
	return leave(sim, 0);
}

static void sim_queue_destroy(struct mtia_queue *queue)
{
	struct sim_device *sim = enter(queue->context->device);
	struct sim_queue *own = queue->sim, **link = &sim->queues;

	while (*link != own)
		link = &(*link)->next;
	*link = own->next;
	simhost_queue_destroy(own->host);
	free(own);
	leave(sim, 0);
}

/*
 * Statuses after which a queue takes no more work. A program that leaves with a code of its own (a
 * bag index out of range) has come to its end in order, so the next job is welcome.
 */
static bool bans(enum mtia_job_status status)
{
	switch (status) {
	case MTIA_JOB_MMU_FAULT:
	case MTIA_JOB_PE_EXCEPTION:
	case MTIA_JOB_PE_COMMAND:
	case MTIA_JOB_DMA_ERROR:
	case MTIA_JOB_DEADLOCK:
		return true;
	default:
		return false;
	}
}

static int ban(struct sim_device *sim, struct sim_queue *own, uint64_t seq,
	       enum mtia_job_status status)
{
	int ret = simhost_queue_kill(own->host, status);

	own->banned = true;
	own->banned_by = seq;
	return ret ? sim_error(sim, "kill", ret) : 0;
}

/* Has a job ended that its queue has to be banned for? */
static int judge_ended(struct sim_device *sim, struct sim_queue *own)
{
	struct simhost_completion c;

	for (; own->judged < simhost_queue_completed(own->host); own->judged++)
		if (!simhost_wait(own->host, own->judged + 1, 0, &c) && bans(c.status))
			return ban(sim, own, own->judged + 1, MTIA_JOB_KILLED);
	return 0;
}

/* Cycles that a queue's oldest job has waited for what others had: its limit is not for that. */
static uint64_t waited(struct sim_device *sim, const struct sim_queue *own, uint64_t now)
{
	const void *records = (const char *)simhost_lpddr(sim->host) + MTIA_FW_WAIT_OFFSET;
	const struct mtia_fw_wait *record = records;

	record += simhost_queue_slot(own->host);
	if (record->job != own->head)
		return 0;
	return record->waited + (record->since ? now - record->since : 0);
}

/* Is the oldest job's time up? */
static int judge_time(struct sim_device *sim, struct sim_queue *own)
{
	uint64_t head = simhost_queue_completed(own->host) + 1, now = simhost_now(sim->host);

	if (head > own->submitted)
		return 0;
	if (own->head != head) {
		own->head = head;
		own->head_since = now;
	}
	if (now - own->head_since < own->timeout_cycles + waited(sim, own, now))
		return 0;
	return ban(sim, own, head, MTIA_JOB_TIMEOUT);
}

/* The driver's part: every queue is looked at, since one that hangs may hold what others need. */
static int supervise(struct sim_device *sim)
{
	int ret = 0;

	for (struct sim_queue *own = sim->queues; own && !ret; own = own->next) {
		if (own->banned)
			continue;
		ret = judge_ended(sim, own);
		if (!ret && !own->banned)
			ret = judge_time(sim, own);
	}
	return ret;
}

/* Run the device for one slice, or until this job has ended. */
static int advance(struct sim_device *sim, const struct queue_point *point)
{
	struct sim_queue *own = point->queue->sim;
	int ret = simhost_wait(own->host, point->seq, SLICE_CYCLES, NULL);

	if (ret && ret != -ETIME && ret != -ENODATA)
		return sim_error(sim, "wait", ret);
	return supervise(sim);
}

static int sim_wait(struct mtia_device *device, const struct queue_point *points, size_t count,
		    bool any, int64_t deadline_ns)
{
	for (;;) {
		struct sim_device *sim = enter(device);
		size_t ended = 0, open = count;
		int ret = 0;

		for (size_t i = 0; i < count; i++) {
			struct sim_queue *own = points[i].queue->sim;

			if (simhost_queue_completed(own->host) >= points[i].seq)
				ended++;
			else if (open == count)
				open = i;
		}
		if (ended == count || (any && ended))
			return leave(sim, 0);
		if (deadline_ns != MTIA_FOREVER && mtia_now_ns() >= deadline_ns)
			return leave(sim, -ETIME);
		ret = advance(sim, &points[open]);
		leave(sim, 0);
		if (ret)
			return ret;
	}
}

static int sim_submit(struct mtia_queue *queue, uint64_t cmd_va, uint32_t cmd_bytes,
		      const struct queue_point *deps, size_t dep_count, uint64_t seq)
{
	struct sim_queue *own = queue->sim;
	struct sim_device *sim;
	uint64_t got = seq;
	int ret;

	/* The firmware knows no order between queues; the driver's scheduler makes it elsewhere. */
	if (dep_count) {
		ret = sim_wait(queue->context->device, deps, dep_count, false, MTIA_FOREVER);
		if (ret)
			return ret;
	}
	sim = enter(queue->context->device);
	if (own->banned)
		return leave(sim, -ECANCELED);
	ret = simhost_submit(own->host, cmd_va, cmd_bytes, &got);
	if (ret && ret != -ECANCELED && ret != -EAGAIN)
		ret = sim_error(sim, "submit", ret);
	else if (!ret && got != seq)
		ret = fail(MTIA_EMODEL, "submit", NULL, "job %llu became %llu",
			   (unsigned long long)seq, (unsigned long long)got);
	if (!ret) {
		own->submitted = seq;
		ret = supervise(sim); /* the time of a first job starts now */
	}
	return leave(sim, ret);
}

static int sim_completed(struct mtia_queue *queue, uint64_t *seq)
{
	struct sim_device *sim = enter(queue->context->device);

	*seq = simhost_queue_completed(((struct sim_queue *)queue->sim)->host);
	return leave(sim, 0);
}

static void fault_record(struct mtia_job_result *r, const struct simhost_fault *fault)
{
	r->packet = fault->packet;
	r->pe_row = fault->on_pe ? (int)fault->row : -1;
	r->pe_col = fault->on_pe ? (int)fault->col : -1;
	r->core = fault->on_pe ? fault->core : 0;
	r->reason = fault->reason;
	r->access = fault->access;
	r->mcause = fault->mcause;
	r->address = fault->addr;
	r->pc = fault->on_pe ? fault->pc : 0;
	r->cycle = fault->cycle;
}

static int sim_fault(struct mtia_queue *queue, uint64_t seq, struct queue_fault *out)
{
	struct sim_device *sim = enter(queue->context->device);
	struct sim_queue *own = queue->sim;
	struct simhost_completion c;
	struct simhost_fault fault;

	memset(out, 0, sizeof(*out));
	out->banned = own->banned;
	seq = seq ? seq : own->banned_by;
	if (!seq || simhost_wait(own->host, seq, 0, &c))
		return leave(sim, 0);
	if (own->banned && seq > own->banned_by) {
		out->seq = own->banned_by;
		return leave(sim, 0);
	}
	out->seq = seq;
	out->result = (struct mtia_job_result){
		.ended = 1, .status = c.status, .packet = c.detail, .pe_row = -1, .pe_col = -1,
	};
	if (!simhost_queue_fault(own->host, &fault) && fault.seqno == seq)
		fault_record(&out->result, &fault);
	return leave(sim, 0);
}

static const struct backend_ops sim_ops = {
	.close = sim_close,
	.props = sim_props,
	.counters = sim_counters,
	.timestamp = sim_timestamp,
	.vm_create = sim_vm_create,
	.vm_destroy = sim_vm_destroy,
	.buffer_create = sim_buffer_create,
	.buffer_destroy = sim_buffer_destroy,
	.buffer_map = sim_buffer_map,
	.queue_create = sim_queue_create,
	.queue_destroy = sim_queue_destroy,
	.submit = sim_submit,
	.wait = sim_wait,
	.completed = sim_completed,
	.fault = sim_fault,
};

/* ---- Files and opening ---------------------------------------------------------------------- */

/*
 * A file of ours: from the environment, else in the build tree that this library lies in (at most
 * three folders up), else where it is installed. False: not there; `path` has what was looked at.
 */
static bool find_file(const char *variable, const char *in_build, const char *installed, char *path,
		      size_t size)
{
	const char *chosen = secure_getenv(variable);
	char folder[2048];
	Dl_info self;

	if (chosen && *chosen) {
		snprintf(path, size, "%s", chosen);
		return !access(path, R_OK);
	}
	if (dladdr(&sim_ops, &self) && self.dli_fname && realpath(self.dli_fname, path)) {
		snprintf(folder, sizeof(folder), "%.2000s", path);
		for (int up = 0; up < 4; up++) {
			char *slash = strrchr(folder, '/');

			if (!slash)
				break;
			*slash = 0;
			if ((size_t)snprintf(path, size, "%s/%s", folder, in_build) < size &&
			    !access(path, R_OK))
				return true;
		}
	}
	snprintf(path, size, "%s", installed);
	return !access(path, R_OK);
}

#define FIRMWARE_INSTALLED "/lib/firmware/mtia/v1/mtia_ctrl.bin"
#ifndef MTIA_MODEL_INSTALLED
#define MTIA_MODEL_INSTALLED "/usr/lib/mtia/libmtia-model.so"
#endif

static bool find_firmware(char path[4096])
{
	return find_file("MTIA_FIRMWARE", "firmware/mtia_ctrl.bin", FIRMWARE_INSTALLED, path, 4096);
}

static bool find_model(char path[4096])
{
	return find_file("MTIA_MODEL", "qemu-device/libmtia-model.so", MTIA_MODEL_INSTALLED, path,
			 4096);
}

int sim_list(struct mtia_device_info *out, size_t room, size_t *count)
{
	char path[4096];

	*count = 1;
	if (!room)
		return 0;
	snprintf(out->name, sizeof(out->name), "sim0");
	snprintf(out->driver, sizeof(out->driver), "sim");
	out->vendor_id = MTIA_PCI_VENDOR_ID;
	out->device_id = MTIA_PCI_DEVICE_ID;
	out->numa_node = -1;
	out->state = MTIA_DEVICE_USABLE;
	if (!find_firmware(path)) {
		out->state = MTIA_DEVICE_NO_FIRMWARE;
		snprintf(out->message, sizeof(out->message),
			 "the control firmware %.180s cannot be read", path);
		snprintf(out->hint, sizeof(out->hint),
			 "build it, or set MTIA_FIRMWARE to the image");
	} else if (!find_model(path)) {
		out->state = MTIA_DEVICE_NO_FIRMWARE;
		snprintf(out->message, sizeof(out->message), "the chip model %.180s cannot be read",
			 path);
		snprintf(out->hint, sizeof(out->hint),
			 "build it, or set MTIA_MODEL to libmtia-model.so");
	}
	return 0;
}

static int read_image(const char *path, void **data, size_t *size)
{
	FILE *f = fopen(path, "re");
	char *image;

	if (!f)
		return fail(MTIA_EFIRMWARE, "firmware", "set MTIA_FIRMWARE to the image", "%s: %s",
			    path, strerror(errno));
	image = malloc(MTIA_FW_MAX_SIZE + 1);
	*size = image ? fread(image, 1, MTIA_FW_MAX_SIZE + 1, f) : 0;
	fclose(f);
	if (*size < sizeof(struct mtia_fw_header) || *size > MTIA_FW_MAX_SIZE) {
		int ret = image ? fail(MTIA_EFIRMWARE, "firmware", NULL,
				       "%s: %zu bytes cannot be a firmware image", path, *size) :
				  fail(-ENOMEM, "firmware", NULL, "out of memory");

		free(image);
		return ret;
	}
	*data = image;
	return 0;
}

static uint64_t number_from(const char *variable, uint64_t otherwise)
{
	const char *text = getenv(variable);
	char *end;
	unsigned long long value = text ? strtoull(text, &end, 0) : 0;

	return text && *text && !*end && value ? value : otherwise;
}

static int start(struct sim_device *sim)
{
	struct simhost_config config = {
		.size = sizeof(config),
		.model = &sim->model,
		.firmware = sim->firmware,
		.firmware_size = sim->firmware_size,
		.lpddr_size = number_from("MTIA_SIM_LPDDR_MIB", 0) << 20,
		.workers = number_from("MTIA_SIM_WORKERS", 1),
		.v1plus = number_from("MTIA_SIM_V1PLUS", 0),
		.fi_outstanding = number_from("MTIA_SIM_OUTSTANDING", 0),
		.timing = number_from("MTIA_SIM_APPROX", 0) ? MTIA_TIMING_APPROX :
							      MTIA_TIMING_FUNCTIONAL,
	};
	char path[4096], err[256];
	int ret;

	if (!find_model(path))
		return fail(MTIA_EMODEL, "model", "set MTIA_MODEL to libmtia-model.so",
			    "the chip model %s cannot be read", path);
	ret = simhost_model_load(path, &sim->model, err, sizeof(err));
	if (ret)
		return fail(ret == -EPROTO ? MTIA_EVERSION : MTIA_EMODEL, "model", NULL, "%s", err);
	ret = simhost_open(&config, &sim->host, err, sizeof(err));
	if (ret) {
		simhost_model_unload(&sim->model);
		return fail(ret == -EPROTO ? MTIA_EVERSION :
			    ret == -ENOMEM || ret == -EINVAL ? ret : MTIA_EFIRMWARE,
			    "simulator", NULL, "%s", err);
	}
	sim->lpddr_at_open = simhost_mem_free_bytes(sim->host, SIMHOST_MEM_LPDDR);
	return 0;
}

int sim_open(const struct mtia_device_info *info, struct mtia_device **out)
{
	struct sim_device *sim = calloc(1, sizeof(*sim));
	char path[4096];
	int ret;

	if (!sim)
		return fail(-ENOMEM, "open", NULL, "out of memory");
	find_firmware(path);
	ret = read_image(path, &sim->firmware, &sim->firmware_size);
	if (!ret)
		ret = start(sim);
	if (ret) {
		free(sim->firmware);
		free(sim);
		return ret;
	}
	pthread_mutex_init(&sim->lock, NULL);
	ret = device_init(&sim->base, &sim_ops, info);
	if (ret) {
		sim_close(&sim->base);
		return ret;
	}
	*out = &sim->base;
	return 0;
}
