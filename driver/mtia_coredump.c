// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: Core dumps
 *
 * When a queue is banned for what one of its jobs did, and before a chip that failed is put into
 * reset, the driver writes down what it knows, and offers it as a device core dump: a file "data"
 * below /sys/class/devcoredump/, for root. It is there until something is written to it, or five
 * minutes; as long as it is there, further failures leave no dump. The text survives the driver.
 *
 * Capturing is part of ending jobs: it neither allocates nor waits, and its room exists since
 * probe. A VM whose mappings are being changed at that moment is listed without them; binds that
 * wait for their turn count as done. Making the text of it is left to a work item; a failure that
 * comes before that is done leaves no dump.
 *
 * Format: lines. The first one is "mtia-coredump 2"; the number changes when a line's meaning
 * does, more lines do not change it. "[name]" begins a section. Sections and their lines:
 *
 * - [dump]: key and value: why and when, and which queue and job are to blame, if any is.
 * - [firmware], [registers], [counters]: key and value.
 * - [job]: the fault record of the job to blame and its descriptor; only with a queue.
 * - [queue NUMBER], for each that is in a slot of the chip, others have nothing in it: key and
 *   value. [vm ASID], for each that such a queue uses: its faults and up to 512 mappings in all,
 *   the blamed queue's first: start, end, access, offset, object's size, where the object may be,
 *   label.
 * - [pes NUMBER]: the processing elements of the failed launch before their reset, as the firmware
 *   found them: a line each, for each of the two cores a line, and the registers of one.
 * - [crash]: the firmware's crash record, or "none". [log]: the firmware's log, to the end.
 *
 * Addresses are the device's: virtual ones, or offsets into LPDDR. None is the kernel's or the
 * bus's.
 */
#include <drm/drm_drv.h>
#include <drm/drm_managed.h>
#include <linux/devcoredump.h>
#include <linux/iopoll.h>
#include <linux/utsname.h>
#include <linux/vmalloc.h>

#include "mtia_coredump.h"
#include "mtia_device.h"
#include "mtia_queue.h"
#include "mtia_vm.h"

#define MTIA_COREDUMP_MAPPINGS 512
/* For a firmware that panics to write its log out; what it may take by itself. */
#define MTIA_COREDUMP_PANIC_MS 10

/**
 * struct mtia_coredump_queue - What is captured of a queue.
 */
struct mtia_coredump_queue {
	/** @number: Number of the queue in this slot, 0 if there is none. */
	u64 number;
	/** @closed: Given up by its file. */
	bool closed;
	/** @asid: Address space. */
	u32 asid;
	/** @num_jobs: Ring slots. */
	u32 num_jobs;
	/** @cq: Completion ring. */
	u32 cq;
	/** @reason: enum drm_mtia_queue_reason. */
	u32 reason;
	/** @flags: enum drm_mtia_queue_state_flags. */
	u32 flags;
	/** @head_ms: How long the oldest job has been the oldest; 0 if there is none. */
	u32 head_ms;
	/** @waited_ms: How much of that its limit was put off for, see mtia_limit.c. */
	u32 waited_ms;
	/** @timeout_ms: Time limit of a job. */
	u32 timeout_ms;
	/** @ring: Submission ring, offset into LPDDR. */
	u64 ring;
	/** @emitted: Jobs that went to the hardware. */
	u64 emitted;
	/** @completed: Jobs that ended. */
	u64 completed;
	/** @hw_base: Jobs that the firmware, which counts them too, does not know of. */
	u64 hw_base;
	/** @fault: The job that failed last. */
	struct mtia_queue_fault fault;
	/** @name: Timeline's name. */
	char name[32];
};

/**
 * struct mtia_coredump_vm - What is captured of an address space, by ASID.
 */
struct mtia_coredump_vm {
	/** @used: A queue uses it. */
	bool used;
	/** @fault_va: Address of the newest fault. */
	u64 fault_va;
	/** @fault_count: Faults so far. */
	u32 fault_count;
	/** @fault_status: enum mtia_fault_reason | access << 8. */
	u32 fault_status;
	/** @total: Mappings, or -EBUSY. */
	int total;
	/** @first: Index of its first one in &struct mtia_coredump.mappings. */
	u32 first;
	/** @count: Of @total there. */
	u32 count;
};

/**
 * struct mtia_coredump - What is captured.
 */
struct mtia_coredump {
	/** @mdev: Device. */
	struct mtia_device *mdev;
	/** @busy: Somebody captures, or the text is not made yet. */
	atomic_t busy;
	/** @work: Makes the text. */
	struct work_struct work;
	/** @reason: Why, a string constant. */
	const char *reason;
	/** @seconds: When, by the wall clock. */
	time64_t seconds;
	/** @boot_ns: When, since boot. */
	u64 boot_ns;
	/** @slot: Slot of the queue to blame, 0 if there is none. */
	u32 slot;
	/** @desc: Descriptor of the job to blame. */
	struct mtia_desc desc;
	/** @regs: Registers. */
	u64 regs[MTIA_NUM_SHOWN_REGS];
	/** @counters: Activity counters. */
	u64 counters[MTIA_NUM_COUNTERS];
	/** @queues: Queues by slot. */
	struct mtia_coredump_queue queues[MTIA_MAX_QUEUES];
	/** @vms: Address spaces by ASID. */
	struct mtia_coredump_vm vms[MTIA_MAX_ASIDS];
	/** @num_mappings: Elements of @mappings in use. */
	u32 num_mappings;
	/** @mappings: Mappings of all of them. */
	struct mtia_vm_mapping mappings[MTIA_COREDUMP_MAPPINGS];
	/** @pes: PEs of the blamed queue's launch; its job is 0 if there is no record. */
	struct mtia_fw_pes pes;
	/** @crash: The firmware's crash record. */
	struct mtia_fw_crash crash;
	/** @log: The firmware's log; the text follows. */
	struct mtia_fw_log log;
	/** @log_text: Its text. */
	char log_text[MTIA_LOG_SIZE];
};

/* ---- Capturing: in the fence-signalling path ---- */

static void mtia_coredump_take_vm(struct mtia_coredump *dump, struct mtia_vm *vm)
{
	u32 room = MTIA_COREDUMP_MAPPINGS - dump->num_mappings;
	u32 asid = READ_ONCE(vm->mmu.asid);
	struct mtia_coredump_vm *to = &dump->vms[asid];
	unsigned long flags;

	/* A queue that is not to blame, and its address space, can leave the chip meanwhile. */
	if (!asid || to->used)
		return;

	to->used = true;
	spin_lock_irqsave(&vm->state_lock, flags);
	to->fault_va = vm->fault_va;
	to->fault_count = vm->fault_count;
	to->fault_status = vm->fault_status;
	spin_unlock_irqrestore(&vm->state_lock, flags);

	to->first = dump->num_mappings;
	to->total = mtia_vm_snapshot(vm, &dump->mappings[to->first], room);
	to->count = clamp(to->total, 0, (int)room);
	dump->num_mappings += to->count;
}

static void mtia_coredump_take_queue(struct mtia_coredump *dump, struct mtia_queue *queue, u32 slot)
{
	struct mtia_coredump_queue *to = &dump->queues[slot];
	unsigned long flags;

	to->number = queue->number;
	to->asid = mtia_vm_asid(queue->vm);
	to->num_jobs = queue->num_jobs;
	to->cq = queue->cq->id;
	to->timeout_ms = jiffies_to_msecs(queue->timeout);
	to->ring = queue->ring.offset;
	strscpy(to->name, queue->timeline->name, sizeof(to->name));

	spin_lock_irqsave(&queue->timeline->lock, flags);
	to->closed = queue->closed;
	to->reason = queue->reason;
	to->flags = queue->flags;
	to->emitted = queue->emitted;
	to->completed = queue->completed;
	to->hw_base = queue->hw_base;
	if (queue->emitted != queue->completed) {
		to->head_ms = jiffies_to_msecs(jiffies - queue->head_since);
		to->waited_ms = jiffies_to_msecs(queue->head_put_off);
	}
	to->fault = queue->fault;
	spin_unlock_irqrestore(&queue->timeline->lock, flags);
}

/* What is known about the job to blame and no other. */
static void mtia_coredump_take_job(struct mtia_coredump *dump)
{
	const struct mtia_coredump_queue *from = &dump->queues[dump->slot];
	u64 number = from->fault.seqno - from->hw_base;
	struct mtia_device *mdev = dump->mdev;

	/* Its ring slot may have another job by now. */
	if (from->fault.seqno > from->hw_base)
		memcpy_fromio(&dump->desc,
			      mdev->mem + from->ring +
				      (number - 1) % from->num_jobs * sizeof(dump->desc),
			      sizeof(dump->desc));
	memcpy_fromio(&dump->pes, mdev->mem + MTIA_FW_PES_OFFSET + dump->slot * MTIA_FW_PES_STRIDE,
		      sizeof(dump->pes));
}

static void mtia_coredump_take_device(struct mtia_coredump *dump)
{
	struct mtia_device *mdev = dump->mdev;
	const struct mtia_fw_log *log = mdev->log.rings[mdev->log.cur].text;
	u32 i;

	mtia_regs_read(mdev, dump->regs);
	for (i = 0; i < MTIA_NUM_COUNTERS; i++)
		dump->counters[i] = mtia_read64(mdev, MTIA_REG_COUNTER(i));
	mtia_fw_read_crash(mdev, &dump->crash);
	dump->log.written = READ_ONCE(log->written);
	/* Text up to "written" was there before it. */
	dma_rmb();
	memcpy(dump->log_text, log + 1, sizeof(dump->log_text));
}

/* Return: whether this is the one failure that is captured now. */
static bool mtia_coredump_begin(struct mtia_coredump *dump, const char *reason)
{
	if (atomic_cmpxchg(&dump->busy, 0, 1))
		return false;

	dump->reason = reason;
	dump->seconds = ktime_get_real_seconds();
	dump->boot_ns = ktime_get_boottime_ns();
	dump->slot = 0;
	dump->num_mappings = 0;
	memset(&dump->desc, 0, sizeof(dump->desc));
	memset(&dump->pes, 0, sizeof(dump->pes));
	memset(dump->queues, 0, sizeof(dump->queues));
	memset(dump->vms, 0, sizeof(dump->vms));

	return true;
}

static void mtia_coredump_take_all(struct mtia_coredump *dump)
{
	struct mtia_device *mdev = dump->mdev;
	u32 slot;

	mtia_coredump_take_device(dump);
	for (slot = 0; slot < MTIA_MAX_QUEUES; slot++) {
		struct mtia_queue *queue = mtia_queue_get_slot(mdev, slot);

		if (!queue)
			continue;
		mtia_coredump_take_queue(dump, queue, slot);
		mtia_coredump_take_vm(dump, queue->vm);
		mtia_queue_put(queue);
	}
	queue_work(system_dfl_wq, &dump->work);
}

static const char *mtia_coredump_reason(u32 reason)
{
	switch (reason) {
	case DRM_MTIA_REASON_TIMEOUT:
		return "time limit of a job";
	case DRM_MTIA_REASON_MMU_FAULT:
		return "mmu fault";
	case DRM_MTIA_REASON_JOB_FAULT:
		return "job fault";
	default:
		return "ban of a queue";
	}
}

/**
 * mtia_coredump_queue() - Capture a dump for a queue that was banned for one of its jobs.
 * @queue: Queue in a slot, banned and killed in the firmware; its kill_lock is held.
 *
 * Context: may sleep. In the fence-signalling path; inside drm_dev_enter().
 */
void mtia_coredump_queue(struct mtia_queue *queue)
{
	struct mtia_coredump *dump = queue->mdev->coredump;

	if (!mtia_coredump_begin(dump, mtia_coredump_reason(READ_ONCE(queue->reason))))
		return;

	dump->slot = queue->slot;
	mtia_coredump_take_queue(dump, queue, dump->slot);
	/* First in line for the room that mappings have. */
	mtia_coredump_take_vm(dump, queue->vm);
	mtia_coredump_take_job(dump);
	mtia_coredump_take_all(dump);
}

/**
 * mtia_coredump_device() - Capture a dump of a chip that will be reset because it failed.
 * @mdev: Device; the control core has not been put into reset yet.
 * @reason: Why, a string constant.
 *
 * Context: may sleep, for a bounded time if the firmware has panicked. In the fence-signalling
 * path; inside drm_dev_enter().
 */
void mtia_coredump_device(struct mtia_device *mdev, const char *reason)
{
	struct mtia_coredump *dump = mdev->coredump;
	u32 state;

	if (!mtia_coredump_begin(dump, reason))
		return;

	/* It halts when the last line of its log has left. */
	if ((mtia_read32(mdev, MTIA_REG_FW_STATUS) & 0xff) == MTIA_FW_PANIC)
		readl_poll_timeout(mdev->regs + MTIA_REG_CORE_STATE, state,
				   state != MTIA_CORE_RUNNING, 1000,
				   mtia_device_scaled_ms(mdev, MTIA_COREDUMP_PANIC_MS) * 1000);
	mtia_coredump_take_all(dump);
}

/* ---- The text ---- */

static void mtia_coredump_print_head(struct mtia_coredump *dump, struct drm_printer *p)
{
	struct mtia_device *mdev = dump->mdev;
	const struct mtia_fw *fw = &mdev->fw;
	u32 i;

	drm_puts(p, "mtia-coredump 2\n[dump]\n");
	drm_printf(p, "device %s\n", pci_name(mdev->pdev));
	drm_printf(p, "kernel %s\n", init_utsname()->release);
	drm_printf(p, "driver %s %d.%d\n", mdev->drm.driver->name, mdev->drm.driver->major,
		   mdev->drm.driver->minor);
	drm_printf(p, "time %lld\n", dump->seconds);
	drm_printf(p, "since_boot_ns %llu\n", dump->boot_ns);
	drm_printf(p, "reason %s\n", dump->reason);
	drm_printf(p, "reset_epoch %lld\n", atomic64_read(&mdev->reset.epoch));
	if (dump->slot)
		drm_printf(p, "queue %llu\njob %llu\n", dump->queues[dump->slot].number,
			   dump->queues[dump->slot].fault.seqno);

	drm_puts(p, "[firmware]\n");
	drm_printf(p, "version %s\n", fw->header.version);
	drm_printf(p, "build %*phN\n", (int)sizeof(fw->header.build_id), fw->header.build_id);
	drm_printf(p, "abi %u.%u\n", MTIA_FW_ABI_MAJOR, fw->abi_minor);

	drm_puts(p, "[registers]\n");
	mtia_regs_print(dump->regs, p);

	drm_puts(p, "[counters]\n");
	for (i = 0; i < MTIA_NUM_COUNTERS; i++)
		drm_printf(p, "%u %llu\n", i, dump->counters[i]);
}

static void mtia_coredump_print_job(struct mtia_coredump *dump, struct drm_printer *p)
{
	const struct mtia_coredump_queue *queue = &dump->queues[dump->slot];
	const struct mtia_queue_fault *fault = &queue->fault;

	drm_puts(p, "[job]\n");
	drm_printf(p, "seqno %llu\nstatus %u\n", fault->seqno, fault->status);
	drm_printf(p, "va 0x%llx\npc 0x%llx\ncycle %llu\n", fault->va, fault->pc, fault->cycle);
	if ((fault->pe & 0xff) != 0xff)
		drm_printf(p, "pe_row %u\npe_col %u\npe_core %u\n", fault->pe & 0xff,
			   fault->pe >> 8 & 0xff, fault->pe >> 16 & 0xff);
	drm_printf(p, "packet %d\n", (int)fault->packet);
	drm_printf(p, "mmu_reason %u\nmmu_access %u\nmcause %u\n", fault->cause & 0xff,
		   fault->cause >> 8 & 0xff, fault->cause >> 16);
	if (dump->desc.seqno && dump->desc.seqno + queue->hw_base == fault->seqno)
		drm_printf(p, "desc_type %u\ncmd_va 0x%llx\ncmd_size %llu\n", dump->desc.type,
			   dump->desc.arg[0], dump->desc.arg[1]);
}

static void mtia_coredump_print_queue(const struct mtia_coredump_queue *queue, u32 slot,
				      struct drm_printer *p)
{
	drm_printf(p, "[queue %llu]\n", queue->number);
	drm_printf(p, "name %s\nslot %u\nasid %u\ncq %u\n", queue->name, slot, queue->asid,
		   queue->cq);
	drm_printf(p, "ring 0x%llx\nsize %u\n", queue->ring, queue->num_jobs);
	drm_printf(p, "emitted %llu\ncompleted %llu\n", queue->emitted, queue->completed);
	drm_printf(p, "oldest_ms %u\nwaited_ms %u\ntimeout_ms %u\n", queue->head_ms,
		   queue->waited_ms, queue->timeout_ms);
	drm_printf(p, "reason %u\nflags 0x%x\nclosed %u\n", queue->reason, queue->flags,
		   queue->closed);
	drm_printf(p, "fault_seqno %llu\nfault_status %u\n", queue->fault.seqno,
		   queue->fault.status);
}

static void mtia_coredump_print_vm(struct mtia_coredump *dump, u32 asid, struct drm_printer *p)
{
	const struct mtia_coredump_vm *vm = &dump->vms[asid];
	u32 i;

	drm_printf(p, "[vm %u]\n", asid);
	drm_printf(p, "faults %u\nfault_va 0x%llx\nfault_status 0x%x\n", vm->fault_count,
		   vm->fault_va, vm->fault_status);
	if (vm->total < 0)
		drm_puts(p, "mappings busy\n");
	else
		drm_printf(p, "mappings %d\n", vm->total);
	for (i = vm->first; i < vm->first + vm->count; i++) {
		const struct mtia_vm_mapping *m = &dump->mappings[i];

		drm_printf(p, "0x%llx 0x%llx r%c%c 0x%llx 0x%llx %s%s%s %s\n", m->va,
			   m->va + m->size,
			   m->flags & DRM_MTIA_VM_BIND_READONLY ? '-' : 'w',
			   m->flags & DRM_MTIA_VM_BIND_NOEXEC ? '-' : 'x', m->offset, m->bo_size,
			   m->placement & DRM_MTIA_PLACE_VRAM ? "v" : "",
			   m->placement & DRM_MTIA_PLACE_SRAM ? "r" : "",
			   m->placement & DRM_MTIA_PLACE_SYSTEM ? "s" : "",
			   m->label[0] ? m->label : "-");
	}
}

static void mtia_coredump_print_core(const struct mtia_fw_core *core, u32 n, struct drm_printer *p)
{
	drm_printf(p, "core %u pc 0x%llx ra 0x%llx sp 0x%llx instrs %llu status 0x%x\n", n,
		   core->pc, core->ra, core->sp, core->instrs, core->status);
}

/* The record comes from the firmware: nothing in it is an index before it was checked. */
static void mtia_coredump_print_pes(struct mtia_coredump *dump, struct drm_printer *p)
{
	const struct mtia_coredump_queue *queue = &dump->queues[dump->slot];
	const struct mtia_fw_pes *pes = &dump->pes;
	u32 i, core;

	drm_printf(p, "[pes %llu]\n", queue->number);
	if (!pes->job) {
		drm_puts(p, "none\n");
		return;
	}
	drm_printf(p, "job %llu\ncycle %llu\nrect 0x%08x\n", queue->hw_base + pes->job, pes->cycle,
		   pes->rect);
	if (dump->mdev->hw.caps & MTIA_CAP_WORK_QUEUE && dump->mdev->fw.abi_minor >= 3)
		drm_printf(p, "behind %u\n", pes->behind);
	for (i = 0; i < ARRAY_SIZE(pes->pe); i++) {
		const struct mtia_fw_pe *pe = &pes->pe[i];

		if (!(pes->pes >> i & 1))
			continue;
		drm_printf(p,
			   "pe %u %u status %u exit 0x%x busy %llu fault_core %u mcause %llu pc 0x%llx tval 0x%llx cycle %llu\n",
			   i / MTIA_GRID_COLS, i % MTIA_GRID_COLS, pe->status, pe->exit_code,
			   pe->busy_cycles, pe->fault_core, pe->fault_cause, pe->fault_pc,
			   pe->fault_tval, pe->fault_cycle);
		for (core = 0; core < ARRAY_SIZE(pe->core); core++)
			mtia_coredump_print_core(&pe->core[core], core, p);
	}
	drm_printf(p, "registers %u %u\n", pes->shown / MTIA_GRID_COLS,
		   pes->shown % MTIA_GRID_COLS);
	for (i = 0; i < ARRAY_SIZE(pes->x[0]); i++)
		drm_printf(p, "x%u 0x%llx 0x%llx\n", i, pes->x[0][i], pes->x[1][i]);
}

static size_t mtia_coredump_print(struct mtia_coredump *dump, char *text, size_t size)
{
	struct drm_print_iterator iter = { .data = text, .remain = size };
	struct drm_printer p = drm_coredump_printer(&iter);
	u32 i;

	mtia_coredump_print_head(dump, &p);
	if (dump->slot) {
		mtia_coredump_print_job(dump, &p);
		mtia_coredump_print_pes(dump, &p);
	}
	for (i = 0; i < ARRAY_SIZE(dump->queues); i++) {
		if (dump->queues[i].number)
			mtia_coredump_print_queue(&dump->queues[i], i, &p);
	}
	for (i = 0; i < ARRAY_SIZE(dump->vms); i++) {
		if (dump->vms[i].used)
			mtia_coredump_print_vm(dump, i, &p);
	}
	drm_puts(&p, "[crash]\n");
	mtia_fw_print_crash(&dump->crash, &p);
	drm_puts(&p, "[log]\n");
	mtia_log_print(&dump->log, &p);

	return size - iter.remain;
}

static void mtia_coredump_work(struct work_struct *work)
{
	struct mtia_coredump *dump = container_of(work, struct mtia_coredump, work);
	size_t size = mtia_coredump_print(dump, NULL, SSIZE_MAX);
	char *text = vmalloc(size);

	if (text) {
		size = mtia_coredump_print(dump, text, size);
		/* Takes the text, and throws it away if there is one that nobody has read yet. */
		dev_coredumpv(dump->mdev->drm.dev, text, size, GFP_KERNEL);
	}
	/* What was captured has been read. */
	atomic_set_release(&dump->busy, 0);
}

/* ---- Life ---- */

/**
 * mtia_coredump_stop() - Wait for a dump that is being made.
 * @mdev: Device; nobody captures any more.
 */
void mtia_coredump_stop(struct mtia_device *mdev)
{
	flush_work(&mdev->coredump->work);
}

static void mtia_coredump_free(struct drm_device *drm, void *dump)
{
	kvfree(dump);
}

/**
 * mtia_coredump_init() - Allocate what a capture needs.
 * @mdev: Device.
 *
 * Return: 0 or -ENOMEM.
 */
int mtia_coredump_init(struct mtia_device *mdev)
{
	struct mtia_coredump *dump = kvzalloc(sizeof(*dump), GFP_KERNEL);

	if (!dump)
		return -ENOMEM;

	/* The log is printed as it lies in a ring. */
	static_assert(offsetof(struct mtia_coredump, log_text) ==
		      offsetof(struct mtia_coredump, log) + sizeof(dump->log));
	dump->mdev = mdev;
	INIT_WORK(&dump->work, mtia_coredump_work);
	mdev->coredump = dump;

	return drmm_add_action_or_reset(&mdev->drm, mtia_coredump_free, dump);
}
