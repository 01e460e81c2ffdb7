// SPDX-License-Identifier: MIT
/* Fault records and statuses in words. */
#include <stdio.h>
#include <string.h>

#include "mtia/pe.h"
#include "simhost_internal.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

void fault_decode(const struct mtia_d2h_msg *msg, struct simhost_fault *out)
{
	uint64_t queue = msg->arg[MTIA_FAULT_ARG_QUEUE];
	uint64_t where = msg->arg[MTIA_FAULT_ARG_WHERE];
	uint64_t cause = msg->arg[MTIA_FAULT_ARG_CAUSE];

	*out = (struct simhost_fault){
		.slot = queue & 0xffff,
		.asid = queue >> 16 & 0xffff,
		.status = queue >> 32 & 0xff,
		.seqno = msg->arg[MTIA_FAULT_ARG_SEQNO],
		.on_pe = (where & 0xff) != 0xff,
		.row = where & 0xff,
		.col = where >> 8 & 0xff,
		.core = where >> 16 & 0xff,
		.packet = where >> 32,
		.reason = cause & 0xff,
		.access = cause >> 8 & 0xff,
		.mcause = cause >> 16 & 0xffff,
		.addr = msg->arg[MTIA_FAULT_ARG_ADDR],
		.pc = msg->arg[MTIA_FAULT_ARG_PC],
		.cycle = MTIA_FAULT_CYCLE(msg),
	};
}

void simhost_memory_errors(const struct simhost *sh, struct simhost_memory *out)
{
	*out = sh->memory;
}

const char *simhost_status_name(enum mtia_job_status status)
{
	static const char *const names[] = {
		[MTIA_JOB_OK] = "OK",
		[MTIA_JOB_BAD_BUFFER] = "BAD_BUFFER",
		[MTIA_JOB_BAD_PACKET] = "BAD_PACKET",
		[MTIA_JOB_BAD_PROGRAM] = "BAD_PROGRAM",
		[MTIA_JOB_NO_RESOURCE] = "NO_RESOURCE",
		[MTIA_JOB_MMU_FAULT] = "MMU_FAULT",
		[MTIA_JOB_PE_EXCEPTION] = "PE_EXCEPTION",
		[MTIA_JOB_PE_COMMAND] = "PE_COMMAND",
		[MTIA_JOB_PE_EXIT] = "PE_EXIT",
		[MTIA_JOB_DMA_ERROR] = "DMA_ERROR",
		[MTIA_JOB_TIMEOUT] = "TIMEOUT",
		[MTIA_JOB_KILLED] = "KILLED",
		[MTIA_JOB_DEADLOCK] = "DEADLOCK",
		[MTIA_JOB_INTERNAL] = "INTERNAL",
	};

	return (unsigned int)status < COUNT(names) ? names[status] : "UNKNOWN";
}

static const char *reason_text(unsigned int reason)
{
	static const char *const texts[] = {
		[MTIA_FAULT_NONE] = "no reason given",
		[MTIA_FAULT_NO_CONTEXT] = "address space does not exist",
		[MTIA_FAULT_UNMAPPED] = "not mapped",
		[MTIA_FAULT_PERM] = "mapped without that permission",
		[MTIA_FAULT_BAD_PTE] = "damaged page table entry",
		[MTIA_FAULT_BAD_ADDR] = "no such address",
		[MTIA_FAULT_ALIGN] = "misaligned",
		[MTIA_FAULT_HOST_BUS] = "refused by the host bus",
		[MTIA_FAULT_POISON] = "uncorrectable memory error",
	};

	return reason < COUNT(texts) ? texts[reason] : "unknown reason";
}

static const char *cause_text(unsigned int mcause)
{
	switch (mcause) {
	case 0:
		return "misaligned instruction address";
	case 1:
	case 12:
		return "instruction fetch fault";
	case 2:
		return "illegal instruction";
	case 3:
		return "breakpoint";
	case 4:
		return "misaligned load";
	case 5:
	case 13:
		return "load fault";
	case 6:
		return "misaligned store";
	case 7:
	case 15:
		return "store fault";
	case 8:
	case 11:
		return "ecall";
	case MTIA_CAUSE_FIELD:
		return "illegal command field";
	case MTIA_CAUSE_CB_RULE:
		return "command asks more than its circular buffer holds";
	case MTIA_CAUSE_FI_FAULT:
		return "fabric interface DMA fault";
	case MTIA_CAUSE_LINK:
		return "reduction link leaves the sub-grid";
	case MTIA_CAUSE_DEADLOCK:
		return "deadlock";
	case MTIA_CAUSE_GROUP:
		return "members of a multicast group disagree";
	default:
		return "unknown exception";
	}
}

static const char *field_text(unsigned int field)
{
	static const char *const names[] = {
		[MTIA_FIELD_OP] = "operation",
		[MTIA_FIELD_CB0] = "CB0",
		[MTIA_FIELD_CB1] = "CB1",
		[MTIA_FIELD_CBD] = "destination CB",
		[MTIA_FIELD_OFF0] = "OFF0",
		[MTIA_FIELD_OFF1] = "OFF1",
		[MTIA_FIELD_OFFD] = "OFFD",
		[MTIA_FIELD_ROWS] = "ROWS",
		[MTIA_FIELD_COLS] = "COLS",
		[MTIA_FIELD_STRIDE_MEM] = "STRIDE_MEM",
		[MTIA_FIELD_STRIDE_CB] = "STRIDE_CB",
		[MTIA_FIELD_M] = "M",
		[MTIA_FIELD_N] = "N",
		[MTIA_FIELD_K] = "K",
		[MTIA_FIELD_FLAGS] = "FLAGS",
		[MTIA_FIELD_BANK] = "bank",
		[MTIA_FIELD_DIR] = "direction",
		[MTIA_FIELD_SIZE] = "size",
		[MTIA_FIELD_BASE] = "base",
		[MTIA_FIELD_ADDR] = "address",
		[MTIA_FIELD_D] = "D",
		[MTIA_FIELD_IMM] = "IMM",
		[MTIA_FIELD_TYPE] = "type",
		[MTIA_FIELD_STRIDE0] = "STRIDE0",
		[MTIA_FIELD_STRIDE1] = "STRIDE1",
		[MTIA_FIELD_GROUP] = "multicast group",
		[MTIA_FIELD_MASK] = "multicast mask",
		[MTIA_FIELD_ATOM] = "atomic register",
		[MTIA_FIELD_PEER] = "PE position (outside the sub-grid)",
		[MTIA_FIELD_SLOT] = "table slot",
		[MTIA_FIELD_LUT] = "table",
	};

	return field < COUNT(names) && names[field] ? names[field] : "unknown field";
}

static const char *access_text(unsigned int access)
{
	return access == MTIA_ACCESS_WRITE ? "write to" :
	       access == MTIA_ACCESS_EXEC  ? "instruction fetch from" :
					     "read of";
}

const char *simhost_fault_what(const struct simhost_fault *f, char *buf, size_t size)
{
	unsigned long long addr = f->addr;
	unsigned int op = f->addr >> 8 & 0xff, low = f->addr & 0xff;

	if (f->status == MTIA_JOB_PE_EXIT)
		snprintf(buf, size, "program exited with code %llu", addr);
	else if (f->status == MTIA_JOB_TIMEOUT)
		snprintf(buf, size, "had not ended when its time was up");
	else if (f->reason)
		snprintf(buf, size, "%s 0x%llx: %s", access_text(f->access), addr,
			 reason_text(f->reason));
	else if (f->mcause == MTIA_CAUSE_FIELD)
		snprintf(buf, size, "illegal %s in command 0x%02x", field_text(low), op);
	else if (f->mcause == MTIA_CAUSE_CB_RULE)
		snprintf(buf, size, "command 0x%02x asks more than CB %u holds", op, low);
	else if (f->mcause == MTIA_CAUSE_LINK)
		snprintf(buf, size, "command 0x%02x crosses the %s edge of the sub-grid", op,
			 low == MTIA_DIR_EAST ? "east-west" : "north-south");
	else if (f->mcause == MTIA_CAUSE_GROUP)
		snprintf(buf, size, "members of multicast group %u disagree in command 0x%02x", low,
			 op);
	else if (f->mcause == MTIA_CAUSE_DEADLOCK && op >= (MTIA_PE_OP_SYNC | MTIA_SYNC_ATOM_ADD))
		snprintf(buf, size,
			 "deadlock: nothing can go on; waits in SYNC 0x%02x for atomic register %u of PE (%u,%u)",
			 op & ~MTIA_PE_OP_SYNC, low, (unsigned int)(addr >> 16 & 0xff),
			 (unsigned int)(addr >> 24 & 0xff));
	else if (f->mcause == MTIA_CAUSE_DEADLOCK)
		snprintf(buf, size, "deadlock: nothing can go on; waits in command 0x%02x on CB %u",
			 op, low);
	else
		snprintf(buf, size, "%s, value 0x%llx", cause_text(f->mcause), addr);
	return buf;
}

const char *simhost_fault_text(const struct simhost_fault *f, char *buf, size_t size)
{
	char what[128], where[128] = "";

	if (!size)
		return buf;
	simhost_fault_what(f, what, sizeof(what));
	if (f->on_pe && f->core == MTIA_PE_FAULT_CP)
		snprintf(where, sizeof(where),
			 ", command of PE (%u,%u) issued at pc 0x%llx, cycle %llu", f->row, f->col,
			 (unsigned long long)f->pc, (unsigned long long)f->cycle);
	else if (f->on_pe && f->status != MTIA_JOB_PE_EXIT)
		snprintf(where, sizeof(where), ", PE (%u,%u) core %c at pc 0x%llx, cycle %llu",
			 f->row, f->col, f->core ? 'B' : 'A', (unsigned long long)f->pc,
			 (unsigned long long)f->cycle);
	else if (f->on_pe)
		snprintf(where, sizeof(where), ", PE (%u,%u)", f->row, f->col);
	if (f->packet == MTIA_NO_PACKET)
		snprintf(buf, size, "%s: %s%s (queue %u, job %llu)", simhost_status_name(f->status),
			 what, where, f->slot, (unsigned long long)f->seqno);
	else
		snprintf(buf, size, "%s: %s%s (queue %u, job %llu, packet %u)",
			 simhost_status_name(f->status), what, where, f->slot,
			 (unsigned long long)f->seqno, f->packet);
	return buf;
}

const char *simhost_counter_name(enum mtia_counter counter)
{
	static const char *const names[MTIA_NUM_COUNTERS] = {
		[MTIA_CNT_CTRL_INSTRS] = "ctrl_instrs",
		[MTIA_CNT_PE_INSTRS] = "pe_instrs",
		[MTIA_CNT_PE_BUSY_CYCLES] = "pe_busy_cycles",
		[MTIA_CNT_DPE_MACS] = "dpe_macs",
		[MTIA_CNT_SE_ELEMENTS] = "se_elements",
		[MTIA_CNT_RE_TILES] = "re_tiles",
		[MTIA_CNT_FI_READ_BYTES] = "fi_read_bytes",
		[MTIA_CNT_FI_WRITE_BYTES] = "fi_write_bytes",
		[MTIA_CNT_DMA_BYTES] = "dma_bytes",
		[MTIA_CNT_HOST_READS] = "host_reads",
		[MTIA_CNT_HOST_READ_BYTES] = "host_read_bytes",
		[MTIA_CNT_HOST_WRITES] = "host_writes",
		[MTIA_CNT_HOST_WRITE_BYTES] = "host_write_bytes",
		[MTIA_CNT_MMIO_READS] = "mmio_reads",
		[MTIA_CNT_TLB_MISSES] = "tlb_misses",
		[MTIA_CNT_LAUNCHES] = "launches",
		[MTIA_CNT_DPE_MMLS] = "dpe_mmls",
		[MTIA_CNT_DPE_CACHE_HITS] = "dpe_cache_hits",
		[MTIA_CNT_MLU_BYTES] = "mlu_bytes",
		[MTIA_CNT_FI_PEER_BYTES] = "fi_peer_bytes",
		[MTIA_CNT_FI_MULTICAST_BYTES] = "fi_multicast_bytes",
	};

	return (unsigned int)counter < MTIA_NUM_COUNTERS ? names[counter] : NULL;
}
