/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/**
 * DOC: Tracepoints
 *
 * Names of events and fields stay, fields may be added behind the others; dev is the PCI function.
 * A job's way begins and ends with the scheduler's own events (gpu_scheduler), whose ring is named
 * mtia-client<client>-queue<queue>; that of asynchronous binds mtia-client<client>-vm.
 *
 * - mtia_slot(dev, slot, asid, waiting, queue): a queue got a slot of the hardware, and its address
 *   space an ASID; others wait. Without, it has slot 0; queue counts the queues of the device.
 * - mtia_job_run(dev, slot, seqno, cmd_va, cmd_size, queue): a job goes to the hardware; seqno
 *   counts the jobs of its queue from 1.
 * - mtia_cqe(dev, cq, slot, status, seqno, t_start, t_end): the device completed a job, enum
 *   mtia_job_status; seqno counts from when the queue got its slot, or the firmware was started.
 * - mtia_job_done(dev, slot, seqno, error, queue): its fence is signalled.
 * - mtia_job_timedout(dev, slot, seqno, guilty, queue, put_off): it is over its time limit; guilty,
 *   if it ran. Not guilty, it goes on; put_off are milliseconds that it waited for others so far.
 * - mtia_fault(dev, slot, seqno, status, va, pc, cycle, pe, cause, queue): why it failed, as in
 *   &struct mtia_queue_fault.
 * - mtia_queue_ban(dev, slot, reason, queue): a queue is banned, enum drm_mtia_queue_reason.
 * - mtia_reset(dev, tier, reason): an attempt at a reset, enum mtia_reset_tier.
 * - mtia_bo_create(dev, size, placement, flags): as in &struct drm_mtia_bo_create.
 * - mtia_bo_move(dev, size, from, to): its contents move: TTM's memory types, 0 and 1 system memory
 *   (1: mapped for the device), 2 LPDDR, 3 SRAM.
 * - mtia_vm_bind(dev, asid, number, op, flags, bo, va, size, offset): one operation begins; number
 *   counts the binds of its VM; an ASID is 0 for none.
 * - mtia_vm_bind_done(dev, asid, number, error): the device uses what that bind made.
 * - mtia_mbox_tx(dev, type, seq, arg): a message to the firmware, enum mtia_h2d_type.
 * - mtia_mbox_rx(dev, type, request, seq, status): one of the firmware's, enum mtia_d2h_type; a
 *   reply has the seq and type of its request.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM mtia

#if !defined(MTIA_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define MTIA_TRACE_H

#include <linux/tracepoint.h>

#include "mtia_device.h"
#include "mtia_queue.h"
#include "mtia_vm.h"

TRACE_EVENT(mtia_mbox_tx,
	    TP_PROTO(struct mtia_device *mdev, const struct mtia_h2d_msg *msg),
	    TP_ARGS(mdev, msg),
	    TP_STRUCT__entry(__string(dev, dev_name(mdev->drm.dev))
			     __field(u32, type)
			     __field(u32, seq)
			     __array(u64, arg, 3)),
	    TP_fast_assign(__assign_str(dev);
			   __entry->type = msg->type;
			   __entry->seq = msg->seq;
			   memcpy(__entry->arg, msg->arg, sizeof(__entry->arg));),
	    TP_printk("dev=%s type=%u seq=%u arg=0x%llx,0x%llx,0x%llx", __get_str(dev),
		      __entry->type, __entry->seq, __entry->arg[0], __entry->arg[1],
		      __entry->arg[2])
);

TRACE_EVENT(mtia_mbox_rx,
	    TP_PROTO(struct mtia_device *mdev, const struct mtia_d2h_msg *msg),
	    TP_ARGS(mdev, msg),
	    TP_STRUCT__entry(__string(dev, dev_name(mdev->drm.dev))
			     __field(u16, type)
			     __field(u16, request)
			     __field(u32, seq)
			     __field(s32, status)),
	    TP_fast_assign(__assign_str(dev);
			   __entry->type = msg->type;
			   __entry->request = msg->request;
			   __entry->seq = msg->seq;
			   __entry->status = msg->status;),
	    TP_printk("dev=%s type=%u request=%u seq=%u status=%d", __get_str(dev), __entry->type,
		      __entry->request, __entry->seq, __entry->status)
);

TRACE_EVENT(mtia_cqe,
	    TP_PROTO(struct mtia_device *mdev, u32 cq, const struct mtia_cqe *cqe),
	    TP_ARGS(mdev, cq, cqe),
	    TP_STRUCT__entry(__string(dev, dev_name(mdev->drm.dev))
			     __field(u32, cq)
			     __field(u16, slot)
			     __field(u8, status)
			     __field(u64, seqno)
			     __field(u64, t_start)
			     __field(u64, t_end)),
	    TP_fast_assign(__assign_str(dev);
			   __entry->cq = cq;
			   __entry->slot = cqe->queue;
			   __entry->status = cqe->status;
			   __entry->seqno = cqe->seqno;
			   __entry->t_start = cqe->t_start;
			   __entry->t_end = cqe->t_end;),
	    TP_printk("dev=%s cq=%u slot=%u seqno=%llu status=%u start=%llu end=%llu",
		      __get_str(dev), __entry->cq, __entry->slot, __entry->seqno, __entry->status,
		      __entry->t_start, __entry->t_end)
);

TRACE_EVENT(mtia_slot,
	    TP_PROTO(struct mtia_queue *queue),
	    TP_ARGS(queue),
	    TP_STRUCT__entry(__string(dev, dev_name(queue->mdev->drm.dev))
			     __field(u32, slot)
			     __field(u32, asid)
			     __field(u32, waiting)
			     __field(u64, queue)),
	    TP_fast_assign(__assign_str(dev);
			   __entry->slot = queue->slot;
			   __entry->asid = mtia_vm_asid(queue->vm);
			   __entry->waiting = queue->mdev->slots.num_waiting;
			   __entry->queue = queue->number;),
	    TP_printk("dev=%s slot=%u asid=%u waiting=%u queue=%llu",
		      __get_str(dev), __entry->slot, __entry->asid, __entry->waiting,
		      __entry->queue)
);

TRACE_EVENT(mtia_job_run,
	    TP_PROTO(struct mtia_queue *queue, u64 seqno, u64 cmd_va, u32 cmd_size),
	    TP_ARGS(queue, seqno, cmd_va, cmd_size),
	    TP_STRUCT__entry(__string(dev, dev_name(queue->mdev->drm.dev))
			     __field(u32, slot)
			     __field(u64, seqno)
			     __field(u64, cmd_va)
			     __field(u32, cmd_size)
			     __field(u64, queue)),
	    TP_fast_assign(__assign_str(dev);
			   __entry->slot = queue->slot;
			   __entry->seqno = seqno;
			   __entry->cmd_va = cmd_va;
			   __entry->cmd_size = cmd_size;
			   __entry->queue = queue->number;),
	    TP_printk("dev=%s slot=%u seqno=%llu cmd=0x%llx size=%u queue=%llu",
		      __get_str(dev), __entry->slot, __entry->seqno, __entry->cmd_va,
		      __entry->cmd_size, __entry->queue)
);

TRACE_EVENT(mtia_job_done,
	    TP_PROTO(struct mtia_queue *queue, u64 seqno, int error),
	    TP_ARGS(queue, seqno, error),
	    TP_STRUCT__entry(__string(dev, dev_name(queue->mdev->drm.dev))
			     __field(u32, slot)
			     __field(u64, seqno)
			     __field(int, error)
			     __field(u64, queue)),
	    TP_fast_assign(__assign_str(dev);
			   __entry->slot = queue->slot;
			   __entry->seqno = seqno;
			   __entry->error = error;
			   __entry->queue = queue->number;),
	    TP_printk("dev=%s slot=%u seqno=%llu error=%d queue=%llu",
		      __get_str(dev), __entry->slot, __entry->seqno, __entry->error,
		      __entry->queue)
);

TRACE_EVENT(mtia_job_timedout,
	    TP_PROTO(struct mtia_queue *queue, u64 seqno, bool guilty, u32 put_off),
	    TP_ARGS(queue, seqno, guilty, put_off),
	    TP_STRUCT__entry(__string(dev, dev_name(queue->mdev->drm.dev))
			     __field(u32, slot)
			     __field(u64, seqno)
			     __field(bool, guilty)
			     __field(u64, queue)
			     __field(u32, put_off)),
	    TP_fast_assign(__assign_str(dev);
			   __entry->slot = queue->slot;
			   __entry->seqno = seqno;
			   __entry->guilty = guilty;
			   __entry->queue = queue->number;
			   __entry->put_off = put_off;),
	    TP_printk("dev=%s slot=%u seqno=%llu guilty=%d queue=%llu put_off=%u",
		      __get_str(dev), __entry->slot, __entry->seqno, __entry->guilty,
		      __entry->queue, __entry->put_off)
);

TRACE_EVENT(mtia_queue_ban,
	    TP_PROTO(struct mtia_queue *queue, u32 reason),
	    TP_ARGS(queue, reason),
	    TP_STRUCT__entry(__string(dev, dev_name(queue->mdev->drm.dev))
			     __field(u32, slot)
			     __field(u32, reason)
			     __field(u64, queue)),
	    TP_fast_assign(__assign_str(dev);
			   __entry->slot = queue->slot;
			   __entry->reason = reason;
			   __entry->queue = queue->number;),
	    TP_printk("dev=%s slot=%u reason=%u queue=%llu",
		      __get_str(dev), __entry->slot, __entry->reason, __entry->queue)
);

TRACE_EVENT(mtia_fault,
	    TP_PROTO(struct mtia_queue *queue, const struct mtia_queue_fault *fault),
	    TP_ARGS(queue, fault),
	    TP_STRUCT__entry(__string(dev, dev_name(queue->mdev->drm.dev))
			     __field(u32, slot)
			     __field(u64, seqno)
			     __field(u32, status)
			     __field(u64, va)
			     __field(u64, pc)
			     __field(u64, cycle)
			     __field(u32, pe)
			     __field(u32, cause)
			     __field(u64, queue)),
	    TP_fast_assign(__assign_str(dev);
			   __entry->slot = queue->slot;
			   __entry->seqno = fault->seqno;
			   __entry->status = fault->status;
			   __entry->va = fault->va;
			   __entry->pc = fault->pc;
			   __entry->cycle = fault->cycle;
			   __entry->pe = fault->pe;
			   __entry->cause = fault->cause;
			   __entry->queue = queue->number;),
	    TP_printk("dev=%s slot=%u seqno=%llu status=%u va=0x%llx pc=0x%llx pe=0x%x cause=0x%x cycle=%llu queue=%llu",
		      __get_str(dev), __entry->slot, __entry->seqno, __entry->status, __entry->va,
		      __entry->pc, __entry->pe, __entry->cause, __entry->cycle, __entry->queue)
);

TRACE_EVENT(mtia_reset,
	    TP_PROTO(struct mtia_device *mdev, int tier, const char *reason),
	    TP_ARGS(mdev, tier, reason),
	    TP_STRUCT__entry(__string(dev, dev_name(mdev->drm.dev))
			     __field(int, tier)
			     __string(reason, reason)),
	    TP_fast_assign(__assign_str(dev);
			   __entry->tier = tier;
			   __assign_str(reason);),
	    TP_printk("dev=%s tier=%d reason=%s", __get_str(dev), __entry->tier,
		      __get_str(reason))
);

TRACE_EVENT(mtia_bo_create,
	    TP_PROTO(struct mtia_device *mdev, u64 size, u32 placement, u32 flags),
	    TP_ARGS(mdev, size, placement, flags),
	    TP_STRUCT__entry(__string(dev, dev_name(mdev->drm.dev))
			     __field(u64, size)
			     __field(u32, placement)
			     __field(u32, flags)),
	    TP_fast_assign(__assign_str(dev);
			   __entry->size = size;
			   __entry->placement = placement;
			   __entry->flags = flags;),
	    TP_printk("dev=%s size=0x%llx placement=0x%x flags=0x%x", __get_str(dev), __entry->size,
		      __entry->placement, __entry->flags)
);

TRACE_EVENT(mtia_bo_move,
	    TP_PROTO(struct mtia_device *mdev, u64 size, u32 from, u32 to),
	    TP_ARGS(mdev, size, from, to),
	    TP_STRUCT__entry(__string(dev, dev_name(mdev->drm.dev))
			     __field(u64, size)
			     __field(u32, from)
			     __field(u32, to)),
	    TP_fast_assign(__assign_str(dev);
			   __entry->size = size;
			   __entry->from = from;
			   __entry->to = to;),
	    TP_printk("dev=%s size=0x%llx from=%u to=%u", __get_str(dev), __entry->size,
		      __entry->from, __entry->to)
);

TRACE_EVENT(mtia_vm_bind,
	    TP_PROTO(struct mtia_vm *vm, const struct drm_mtia_vm_bind_op *op, u64 number),
	    TP_ARGS(vm, op, number),
	    TP_STRUCT__entry(__string(dev, dev_name(vm->mdev->drm.dev))
			     __field(u32, asid)
			     __field(u64, number)
			     __field(u32, op)
			     __field(u32, flags)
			     __field(u32, bo)
			     __field(u64, va)
			     __field(u64, size)
			     __field(u64, offset)),
	    TP_fast_assign(__assign_str(dev);
			   __entry->asid = mtia_vm_asid(vm);
			   __entry->number = number;
			   __entry->op = op->op;
			   __entry->flags = op->flags;
			   __entry->bo = op->bo_handle;
			   __entry->va = op->va;
			   __entry->size = op->size;
			   __entry->offset = op->bo_offset;),
	    TP_printk("dev=%s asid=%u bind=%llu op=%u flags=0x%x bo=%u va=0x%llx size=0x%llx offset=0x%llx",
		      __get_str(dev), __entry->asid, __entry->number, __entry->op, __entry->flags,
		      __entry->bo, __entry->va, __entry->size, __entry->offset)
);

TRACE_EVENT(mtia_vm_bind_done,
	    TP_PROTO(struct mtia_vm *vm, u64 number, int error),
	    TP_ARGS(vm, number, error),
	    TP_STRUCT__entry(__string(dev, dev_name(vm->mdev->drm.dev))
			     __field(u32, asid)
			     __field(u64, number)
			     __field(int, error)),
	    TP_fast_assign(__assign_str(dev);
			   __entry->asid = mtia_vm_asid(vm);
			   __entry->number = number;
			   __entry->error = error;),
	    TP_printk("dev=%s asid=%u bind=%llu error=%d", __get_str(dev), __entry->asid,
		      __entry->number, __entry->error)
);

#endif /* MTIA_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE mtia_trace
#include <trace/define_trace.h>
