/* SPDX-License-Identifier: MIT */
/*
 * Shared by the files of the PE, by nobody else. Everything that changes while a program runs is in
 * struct pe_state: plain data without pointers, which is what a snapshot copies.
 */
#ifndef MTIA_MODEL_PE_INTERNAL_H
#define MTIA_MODEL_PE_INTERNAL_H

#include <string.h>

#include "../rv/rv.h"
#include "pe.h"
#include "simd.h"
#include "simd_array.h"

#define LS_SIZE		MTIA_PE_LOCAL_SIZE
#define CORES		MTIA_CORES_PER_PE
#define VECTOR_CORE	1u	/* core B has the vector unit */
#define TILE		(MTIA_DPE_TILE * MTIA_DPE_TILE)

/* Two queues, FI's flights, DPE's pipeline (one MML a cycle at best), one each in MLU, RE and SE. */
#define PE_CMDS		64
/* An event or two a command, one a core, one from the neighbours, one from the control core. */
#define PE_EVENTS	128
/* FI's flights and one access a core. */
#define PE_STAGED	(MTIA_FI_OUTSTANDING + CORES)

/* ---- Commands -------------------------------------------------------------------------------- */

enum pe_unit { UNIT_CP, UNIT_FI, UNIT_DPE, UNIT_RE, UNIT_SE, UNIT_MLU, UNIT_COUNT };

/*
 * What a command does to what, as bits, so that "must it wait for that one?" is a few ANDs. A CB
 * has two sides that don't hinder each other, data (at the read pointer) and space (at the write
 * pointer); level and space are what couples them.
 */
enum cp_class {
	USE_READ,	/* CB bit: reads at the read pointer */
	USE_POP,	/* CB bit: moves the read pointer */
	USE_OUT,	/* CB bit: DMA_OUT, moves it too, but pipelined with its like */
	USE_WRITE,	/* CB bit: writes at the write pointer */
	USE_PUSH,	/* CB bit: moves the write pointer */
	USE_IN,		/* CB bit: DMA_IN, likewise pipelined */
	/*
	 * bits 0..3: MML into the bank, 4..7: anything else on it; 8..9: LOOKUP in the slot,
	 * 10..11: LUT_LOAD of it
	 */
	USE_BANK,
	USE_LINK,	/* bits 0..1: SEND by direction, 2..3: RECV; 4: only what waits, CP_MC_ORDER */
	USE_CLASSES
};

#define CP_MC_ORDER 0x10u /* of USE_LINK: DMA_IN_MC and MC_JOIN begin in order */

/*
 * 32 bits a class, two classes a word. Only ever touched by whole words: the masks are written and
 * read back within nanoseconds, and mixed sizes would defeat the host's store forwarding.
 */
#define CP_MASK_WORDS (USE_CLASSES / 2)
#define CP_MASK_BITS  (32 * USE_CLASSES)

struct cp_mask {
	uint64_t w[CP_MASK_WORDS];
};

static inline void cp_mask_set(struct cp_mask *mask, enum cp_class class, uint32_t bits)
{
	mask->w[class / 2] |= (uint64_t)bits << 32 * (class % 2);
}

static inline uint32_t cp_mask_get(const struct cp_mask *mask, enum cp_class class)
{
	return (uint32_t)(mask->w[class / 2] >> 32 * (class % 2));
}

/* READY: a DMA_IN_MC for which other members of its group have not come yet. */
enum cmd_state { CMD_FREE, CMD_WAITING, CMD_RUNNING, CMD_STAGED, CMD_READY };

struct pe_cmd {
	uint64_t pc;	     /* of the issuing instruction */
	uint64_t va;
	int64_t stride_mem;
	uint64_t taken;	     /* DMA_IN_MC of a leader: all other members' ports have taken it */
	uint64_t need0, need1, needd; /* bytes asked of CB0, CB1 (level) and CBD (space) */
	struct cp_mask uses, conflicts;
	struct cp_mask waiting; /* what it keeps younger ones from while it waits: uses, and more */
	uint32_t off0, off1, offd;
	uint32_t rows, cols, stride_cb; /* strides as used, 0 resolved */
	uint32_t stride0, stride1;
	uint32_t m, n, k;
	uint32_t flags;
	uint32_t imm[3];
	uint32_t bytes;	     /* DMA, POP, PUSH: bytes the pointer moves; INIT: size */
	uint32_t base;	     /* INIT */
	uint32_t ring_pos;   /* DMA: offset of its place in the ring */
	uint8_t op, core, state, unit;
	uint8_t cb0, cb1, cbd; /* PE_NO_CB if unused */
	uint8_t banks;	     /* mask */
	uint8_t bank, dir;
	uint8_t slot;	     /* of SE's tables */
	uint8_t group;	     /* multicast */
	uint32_t seq;	     /* which transfer of its group it is */
};

/* Does FI bring bytes into its CBD? Else, of FI's, it takes them from its CB0. */
static inline bool cmd_inbound(const struct pe_cmd *cmd)
{
	return cmd->op == MTIA_OP_DMA_IN || cmd->op == MTIA_OP_DMA_IN_MC ||
	       cmd->op == MTIA_OP_DMA_GATHER;
}

/* Transfers in flight into one CB are of one kind, so that they end in order: a group's, or others. */
static inline uint32_t cmd_in_kind(const struct pe_cmd *cmd)
{
	return cmd->op == MTIA_OP_DMA_IN_MC ? 1u + cmd->group : 0;
}

/* FLAGS' three element types, enum mtia_type, and how long one is. */
static inline uint32_t cmd_type0(const struct pe_cmd *cmd)
{
	return cmd->flags / MTIA_F_TYPE0(1) & 7;
}

static inline uint32_t cmd_type1(const struct pe_cmd *cmd)
{
	return cmd->flags / MTIA_F_TYPE1(1) & 7;
}

static inline uint32_t cmd_typed(const struct pe_cmd *cmd)
{
	return cmd->flags / MTIA_F_TYPED(1) & 7;
}

static inline uint32_t type_bytes(uint32_t type)
{
	return type == MTIA_TYPE_I8 ? 1 : type == MTIA_TYPE_F16 || type == MTIA_TYPE_BF16 ? 2 : 4;
}

#define PE_NO_CB 0xff

struct pe_queue {
	uint8_t count;
	uint8_t units[UNIT_COUNT]; /* how many of them are for which unit */
	/*
	 * Bit i: order[i] has no conflict with an older one that waits. The others cannot start
	 * before one of these has, so these are the only ones to look at when something changed.
	 */
	uint16_t front;
	uint8_t order[MTIA_CP_QUEUE_DEPTH]; /* commands that wait, oldest first */
};

/* ---- Circular buffers ------------------------------------------------------------------------ */

struct pe_cb {
	uint32_t base, size; /* size 0: never initialised */
	uint32_t rpos;	     /* read pointer % size */
	uint32_t level;
	uint64_t rptr;	     /* read pointer as the architecture has it */
	uint32_t in_flight;  /* bytes of space promised to DMA_INs under way */
	uint32_t out_flight; /* bytes of data promised to DMA_OUTs under way */
	uint64_t in_last;    /* when the last DMA_IN has its data: pointers move in order */
	uint64_t in_hold;    /* no DMA_IN ends before, one from host memory is in front */
	uint32_t in_kind;    /* cmd_in_kind() of what is in flight */
	uint32_t pad;
};

/* ---- Multicast groups ------------------------------------------------------------------------ */

struct pe_group {
	uint64_t last;	 /* of a leader: when the last transfer has its data */
	uint32_t begun;	 /* transfers since it was joined */
	uint8_t joined, column; /* column: of this PE's column, else of its row */
	uint8_t mask;	 /* positions there */
	uint8_t flights;
	uint8_t cmd[MTIA_FI_OUTSTANDING]; /* transfer n's at n % MTIA_FI_OUTSTANDING */
};

/* ---- Cores ----------------------------------------------------------------------------------- */

enum core_state { CORE_OFF, CORE_RUN, CORE_BLOCKED, CORE_EXITING, CORE_DONE };

/*
 * Pseudo operations in tval: what a core waits for that is no command; besides these,
 * MTIA_PE_OP_WFI and MTIA_PE_OP_SYNC | enum mtia_pe_sync.
 */
#define WAIT_QUEUE	0 /* the queue is full: the oldest waiting command is named instead */
#define WAIT_MEMORY	0x7d /* access to a virtual address */

/*
 * Of an access that needs pe_commit(): to memory, or to another PE's atomic register. NONE again
 * while a core waits for such a register to change.
 */
enum access_state { ACCESS_NONE, ACCESS_STAGED, ACCESS_DONE };

struct pe_core {
	uint8_t state;
	uint8_t wait;	 /* CORE_BLOCKED: WAIT_*, MTIA_PE_OP_* */
	uint8_t wait_id; /* CB or atomic register */
	uint8_t access;	 /* enum access_state */
	uint8_t access_write, access_size;
	uint8_t debug;	 /* MTIA_DBG_HALT .. _STEP, DEBUG_BREAK; kept over a start */
	uint8_t peer;	 /* index of the PE whose atomic register it is */
	uint32_t wait_for; /* bytes, or an atomic operation's operand */
	uint32_t pending; /* commands issued and not finished */
	uint32_t exit_code;
	uint32_t debug_select; /* kept, too */
	uint64_t access_addr, access_val; /* of atomics: what CAS expects, the result */
	uint64_t start_instret;
};

#define DEBUG_BREAK	0x80 /* halted by an ebreak */

/* The SYNC that a core waits in; what it is if it waits in none is no operation of SYNC. */
static inline uint32_t wait_op(const struct pe_core *c)
{
	return c->wait ^ MTIA_PE_OP_SYNC;
}

/* Has the core something to execute, and may it? */
static inline bool core_runs(const struct pe_core *c)
{
	return c->state == CORE_RUN && (!(c->debug & MTIA_DBG_HALT) || (c->debug & MTIA_DBG_STEP));
}

/* Timers and interrupt controller; registers as in uapi/mtia/pe.h. */
struct pe_irq {
	uint64_t timecmp[CORES];
	uint64_t seen_timecmp[CORES], seen_quantum[CORES]; /* see irq_see() */
	uint64_t wake_at;	/* when a timer gets a blocked core going; irq_update_wake() */
	uint32_t soft;		/* bit = core */
	uint32_t pending, active, enable[CORES]; /* bit = source; active: claimed */
	uint32_t ctrl_posted;	/* an EVENT_IRQ is under way */
	uint8_t threshold[CORES];
	uint8_t priority[MTIA_PE_IRQS];
	uint8_t pad[2];
};

/* ---- Events ---------------------------------------------------------------------------------- */

enum pe_event_kind {
	EVENT_DONE,	/* command arg ends */
	EVENT_FI,	/* FI command arg has its data: move it, or stage it */
	EVENT_DPE,	/* DPE can take the next MML */
	EVENT_CORE,	/* core arg goes on */
	EVENT_KICK,	/* a neighbour did something */
	EVENT_IRQ,	/* interrupt source arg fires */
	EVENT_MC,	/* all members of FI command arg's group are there: the leader reads */
	EVENT_GROUP,	/* members of FI command arg's group disagree */
	EVENT_KINDS
};

struct pe_event {
	uint64_t time;
	uint32_t kind, arg;
};

enum staged_kind { STAGED_FI, STAGED_CORE, STAGED_ATOM, STAGED_MC };

struct pe_staged {
	uint64_t time;
	uint32_t kind, arg;
};

/*
 * What DPE holds of one operand. The bytes between a CB's pointers do not move, so the block is the
 * same as long as its place, counted from CB_INIT on, is; rows == 0: nothing.
 */
struct pe_dpe_block {
	uint64_t at; /* read pointer + offset */
	uint32_t stride;
	uint8_t cb, rows;
	uint8_t pad[2];
};

struct pe_link_queue {
	uint32_t count, head;
	uint32_t asid[MTIA_RE_LINK_TILES];
	int32_t tile[MTIA_RE_LINK_TILES][TILE] __attribute__((aligned(64)));
};

/* ---- All of it ------------------------------------------------------------------------------- */

struct pe_state {
	uint32_t magic, bytes; /* of a snapshot */
	uint64_t now;	       /* everything before this cycle has happened */
	uint64_t start_cycle, stop_cycle;
	struct pe_launch launch;

	uint32_t status, fault_core;
	uint64_t fault_cause, fault_pc, fault_tval, fault_cycle;

	struct pe_core core[CORES];
	struct pe_irq irq;
	struct pe_queue queue[CORES];
	struct pe_cmd cmd[PE_CMDS];
	uint64_t free_cmds; /* bitmap */
	struct pe_cb cb[MTIA_PE_CBS];
	uint32_t atom[MTIA_PE_ATOMS];
	struct pe_group group[MTIA_FI_GROUPS];
	uint64_t watchers; /* bit = index of a PE with a core that may wait for one of them */

	uint32_t ev_head, ev_tail; /* ev[head .. tail) by time, then by age */
	struct pe_event ev[PE_EVENTS];

	struct cp_mask running; /* what runs uses */
	uint8_t running_count[CP_MASK_BITS]; /* by how many, a bit */
	uint32_t turn;		/* whose queue is looked at first */

	uint32_t fi_running;
	uint64_t fi_read_free, fi_write_free, fi_write_last;
	uint64_t dpe_free;
	struct pe_dpe_block dpe_block[2]; /* kept, streamed */
	uint32_t re_busy, se_busy, mlu_busy;
	uint32_t pad;
	uint32_t credit[2];	   /* tiles the neighbour to the east, south can still take */
	uint32_t kicked;

	struct pe_counters counters;

	/* To be committed. Empty in a snapshot. */
	uint64_t commit_at;	/* barrier at which it has to happen, PE_NEVER = nothing to do */
	uint32_t staged_count;
	struct pe_staged staged[PE_STAGED];
	uint32_t took[2];	/* tiles taken from inbox, by direction */
	uint32_t stopped;	/* stopped() is due */
	uint32_t mmu_fault;	/* fault() is due: enum mtia_fault_reason */
	uint32_t mmu_src, mmu_access;
	uint64_t mmu_va;
	struct pe_link_queue outbox[2];

	struct pe_link_queue inbox[2]; /* from west, from north */
	struct pe_lut lut[MTIA_SE_LUTS];
	int32_t bank[MTIA_RE_BANKS][TILE] __attribute__((aligned(64)));
	uint8_t ls[LS_SIZE] __attribute__((aligned(64)));
};

#define PE_TLB_SIZE 128

struct pe_tlb_entry {
	uint64_t tag; /* va >> shift, + 1 so that 0 is empty */
	uint8_t *host;
	uint64_t bus;
	uint32_t target;
	uint32_t perms; /* bit MTIA_ACCESS_*: looked up for it and allowed */
};

struct pe_core_ctx {
	struct mtia_pe *pe;
	uint32_t index;
};

struct mtia_pe {
	void *memory; /* what it was allocated as */
	struct pe_state s;
	struct rv_hart hart[CORES];
	struct pe_core_ctx core_ctx[CORES];
	const struct pe_simd *simd;
	const struct pe_fabric *fabric;
	void *soc;
	uint32_t index, grid_cols, quantum;
	uint32_t fi_limit; /* transfers in flight */
	uint64_t caps; /* MTIA_CAP_* */
	struct pe_tlb_entry tlb_page[PE_TLB_SIZE], tlb_huge[PE_TLB_SIZE];
};

static inline uint64_t barrier_after(const struct mtia_pe *pe, uint64_t cycle)
{
	return (cycle / pe->quantum + 1) * pe->quantum;
}

/* pe.c */
void pe_post(struct mtia_pe *pe, uint64_t time, enum pe_event_kind kind, uint32_t arg);
void pe_events_at(struct mtia_pe *pe, uint64_t time); /* all that are due at exactly this cycle */
void pe_stage(struct mtia_pe *pe, uint64_t time, enum staged_kind kind, uint32_t arg);
void pe_need_commit(struct mtia_pe *pe, uint64_t time);
void pe_fault(struct mtia_pe *pe, uint32_t core, uint64_t cause, uint64_t pc, uint64_t tval,
	      uint64_t cycle);
void pe_mmu_fault(struct mtia_pe *pe, uint32_t src, unsigned int access,
		  enum mtia_fault_reason reason, uint64_t va);
/* PE by its index if it has part in the same launch, or had until it ended; else NULL. */
struct mtia_pe *pe_peer(const struct mtia_pe *pe, uint32_t index);
void pe_kick(struct mtia_pe *pe, uint64_t barrier); /* let it look what can go on; from pe_commit() */
bool pe_finished(struct mtia_pe *pe, uint64_t cycle); /* both cores done? then end the launch */
static inline uint64_t pe_next_queued(const struct mtia_pe *pe)
{
	return pe->s.ev_head < pe->s.ev_tail ? pe->s.ev[pe->s.ev_head].time : PE_NEVER;
}

static inline uint64_t pe_next_time(const struct mtia_pe *pe)
{
	uint64_t next = pe_next_queued(pe);

	return next < pe->s.irq.wake_at ? next : pe->s.irq.wake_at;
}

/* irq.c */
void irq_reset(struct mtia_pe *pe);
uint64_t irq_lines(const struct mtia_pe *pe, uint32_t core, uint64_t cycle); /* mip, at that time */
void irq_raise(struct mtia_pe *pe, uint32_t source, uint64_t cycle);
void irq_deliver(struct mtia_pe *pe, uint64_t cycle); /* settled: wake whom an interrupt concerns */
/* The core has blocked, perhaps ahead of all others: what it waits for may be there already. */
void irq_blocked(struct mtia_pe *pe, uint32_t core);
void irq_see(struct mtia_pe *pe, uint32_t core); /* the core is in step with all others: set mip */
/* Before the core runs on: what of mip is due, and how far it may go for its timer. */
uint64_t irq_before_run(struct mtia_pe *pe, uint32_t core, uint64_t until);
void irq_update_wake(struct mtia_pe *pe);
/* A core's access to MTIA_PE_REGS_BASE + offset, settled. False: no such register. */
bool irq_load(struct mtia_pe *pe, uint32_t core, uint32_t offset, unsigned int size, uint64_t *val);
bool irq_store(struct mtia_pe *pe, uint32_t core, uint32_t offset, unsigned int size, uint64_t val);
bool irq_valid(struct mtia_pe *pe); /* of a loaded state */

/* debug.c */
bool debug_break(struct mtia_pe *pe, uint32_t core); /* a halting ebreak that is the debugger's? */

/* cp.c */
/* Issue an operation: RV_OK, RV_STALL (the core is blocked), RV_FAULT with *exc. */
enum rv_result cp_issue(struct mtia_pe *pe, uint32_t core, uint32_t op, uint64_t rs1, uint64_t rs2,
			uint64_t cycle, struct rv_exc *exc);
void cp_run(struct mtia_pe *pe, uint64_t cycle);     /* start what can start, wake who can go on */
void cp_complete(struct mtia_pe *pe, uint32_t cmd, uint64_t cycle);
void cp_cmd_fault(struct mtia_pe *pe, const struct pe_cmd *cmd, uint64_t cause, uint64_t tval,
		  uint64_t cycle);
bool cp_cb_settled(const struct mtia_pe *pe, uint32_t core, uint32_t cb);
bool cp_restore(struct mtia_pe *pe); /* check a loaded state and rebuild what follows from it */

/* cp_decode.c */
enum mtia_pe_field cp_decode(const struct mtia_pe *pe, struct pe_cmd *cmd, const uint64_t *csr,
			     uint32_t op, uint64_t rs1, uint64_t rs2);
/* Ranges; fills unit, needs and masks. */
enum mtia_pe_field cp_check(const struct mtia_pe *pe, struct pe_cmd *cmd);

/* cb.c */
/* Offset in the ring of the byte `off` behind the read, or the write pointer. */
static inline uint32_t cb_src_pos(const struct pe_cb *cb, uint32_t off)
{
	uint32_t pos = cb->rpos + off;

	return pos >= cb->size ? pos - cb->size : pos;
}

static inline uint32_t cb_dst_pos(const struct pe_cb *cb, uint32_t off)
{
	uint64_t pos = (uint64_t)cb->rpos + cb->level + off;

	while (pos >= cb->size)
		pos -= cb->size;
	return (uint32_t)pos;
}

static inline uint32_t cb_advance(const struct pe_cb *cb, uint32_t pos, uint64_t by)
{
	uint64_t next = pos + by;

	if (next >= cb->size) {
		next -= cb->size;
		if (next >= cb->size)
			next %= cb->size;
	}
	return (uint32_t)next;
}

void cb_pop(struct pe_cb *cb, uint32_t bytes);
void cb_push(struct pe_cb *cb, uint32_t bytes);
/*
 * `len` bytes of the ring from `pos`: in place if they don't wrap, else gathered into `scratch`.
 * cb_scatter() is the way back, a no-op if `data` is the place itself.
 */
const uint8_t *cb_gather(const struct mtia_pe *pe, const struct pe_cb *cb, uint32_t pos, size_t len,
			 uint8_t *scratch);
void cb_scatter(struct mtia_pe *pe, const struct pe_cb *cb, uint32_t pos, const uint8_t *data,
		size_t len);

/* Units. *_can_start: apart from CBs and order, which the CP looks at. *_start: returns the end. */
void fi_start(struct mtia_pe *pe, uint32_t index, uint64_t cycle);
void fi_data(struct mtia_pe *pe, uint32_t index, uint64_t cycle);
void fi_read(struct mtia_pe *pe, uint32_t index, uint64_t cycle); /* EVENT_MC */
void fi_commit(struct mtia_pe *pe, uint32_t index);
void fi_done(struct mtia_pe *pe, struct pe_cmd *cmd);
/* Page of va for an access, MTIA_FAULT_NONE and *left bytes of it from va on. */
enum mtia_fault_reason fi_translate(struct mtia_pe *pe, uint64_t va, unsigned int access,
				    struct pe_tlb_entry *where, uint64_t *left);

/*
 * Other PEs' local memories. Target of a translation there, whose bus is the VA: fi_far() moves the
 * bytes, as those of host memory, from pe_commit() only.
 */
#define FI_PEER UINT32_MAX
bool fi_is_peer(uint64_t va); /* in their window */
bool fi_peer_inside(const struct mtia_pe *pe, uint64_t va); /* of a PE in the sub-grid */
bool fi_peer_mapped(const struct mtia_pe *pe, uint64_t va);
enum mtia_fault_reason fi_far(struct mtia_pe *pe, const struct pe_tlb_entry *where, void *buf,
			      size_t len, bool write);

/* fi_multicast.c */
enum mtia_pe_field mc_join_check(const struct mtia_pe *pe, const struct pe_cmd *cmd);
void mc_join(struct mtia_pe *pe, const struct pe_cmd *cmd);
bool mc_group_valid(const struct mtia_pe *pe, const struct pe_group *g); /* of a loaded state */
void mc_start(struct mtia_pe *pe, uint32_t index, uint64_t cycle);
void mc_commit(struct mtia_pe *pe, uint32_t index, uint64_t barrier);
bool mc_leads(const struct mtia_pe *pe, const struct pe_cmd *cmd); /* is it the one that reads? */
/* The leader's ring holds what was read: to the others. */
void mc_deliver(struct mtia_pe *pe, const struct pe_cmd *cmd, uint64_t barrier);

/* Bytes at @host (LPDDR, SRAM) before the first that is poison; to be asked at every access. */
static inline uint64_t fi_good_bytes(const struct mtia_pe *pe, const uint8_t *host, uint64_t bytes,
				     unsigned int access)
{
	if (__builtin_expect(!pe->fabric->ecc_armed, 1))
		return bytes;
	return pe->fabric->ecc(pe->soc, host, bytes, access);
}

/* Bytes of a row of SE_ROWS: D elements in the layout of FLAGS; 0: not one that SE knows. */
static inline uint32_t se_row_bytes(uint32_t flags, uint32_t d)
{
	switch (flags / MTIA_F_ROW(1) & 7) {
	case MTIA_ROW_I8_F32_LAST:
		return d + 8;
	case MTIA_ROW_I8_F16_FIRST:
		return d + 4;
	case MTIA_ROW_I4_F16_LAST:
	case MTIA_ROW_I4_F16_FIRST:
		return d / 2 + 4; /* D is even */
	case MTIA_ROW_F16:
		return 2 * d;
	case MTIA_ROW_F32:
		return 4 * d;
	}
	return 0;
}

static inline bool re_can_start(const struct mtia_pe *pe, const struct pe_cmd *cmd)
{
	uint32_t tiles = (uint32_t)__builtin_popcount(cmd->banks);

	if (cmd->op == MTIA_OP_RE_SEND)
		return pe->s.credit[cmd->dir] >= tiles;
	if (cmd->op == MTIA_OP_RE_RECV || cmd->op == MTIA_OP_RE_RECVF)
		return pe->s.inbox[cmd->dir].count >= tiles;
	return true;
}

/* MTIA_F_AUTO: step the offsets of the next MML in a core's CSRs, of MTIA_CSR_CB0 and up. */
void mml_step(uint64_t *csr);
uint64_t dpe_start(struct mtia_pe *pe, const struct pe_cmd *cmd, uint64_t cycle);
void dpe_forget(struct mtia_pe *pe, uint32_t cb); /* the CB begins anew */
uint64_t re_start(struct mtia_pe *pe, const struct pe_cmd *cmd, uint64_t cycle);
uint64_t se_start(struct mtia_pe *pe, const struct pe_cmd *cmd, uint64_t cycle);
void se_bank(struct mtia_pe *pe, const struct pe_cmd *cmd);
void se_rows(struct mtia_pe *pe, const struct pe_cmd *cmd);
void se_scale(struct mtia_pe *pe, const struct pe_cmd *cmd);
void se_elementwise(struct mtia_pe *pe, const struct pe_cmd *cmd);
void se_lut_row(const struct mtia_pe *pe, const struct pe_cmd *cmd, const uint8_t *src,
		uint8_t *out);
uint32_t se_lut_load(struct mtia_pe *pe, const struct pe_cmd *cmd); /* bytes of the table */
bool se_lut_valid(const struct mtia_se_lut *head);
/*
 * LOOKUP: is its slot loaded? LUT_LOAD, once its CB holds a header: is that one legal, and how many
 * bytes of the CB does all of it need?
 */
enum mtia_pe_field se_lut_ready(const struct mtia_pe *pe, const struct pe_cmd *cmd, uint64_t *need);
uint64_t mlu_start(struct mtia_pe *pe, const struct pe_cmd *cmd, uint64_t cycle);

/* core.c */
extern const struct rv_bus pe_core_bus;
void core_run(struct mtia_pe *pe, uint32_t core, uint64_t until);
void core_wake(struct mtia_pe *pe, uint32_t core, uint64_t cycle);
void core_check(struct mtia_pe *pe, uint32_t core, uint64_t cycle); /* can a blocked one go on? */
void core_commit(struct mtia_pe *pe, uint32_t core, uint64_t barrier);
/* The instruction has its access; interrupts that came meanwhile are next. */
void core_access_over(struct mtia_pe *pe, uint32_t core);

/* atom.c */
bool atom_is_op(uint32_t op); /* of SYNC */
enum rv_result atom_op(struct mtia_pe *pe, uint32_t core, uint32_t op, uint64_t id,
		       uint64_t operand, uint64_t *rd, struct rv_exc *exc);
/* Of a core that waits in an atomic operation: has a register of its own PE the value? */
bool atom_holds(const struct mtia_pe *pe, uint32_t core);
void atom_commit(struct mtia_pe *pe, uint32_t core, uint64_t barrier);
/* Registers of this PE may have changed: who of the others waited for that? */
void atom_wake_watchers(struct mtia_pe *pe, uint64_t barrier);

#endif /* MTIA_MODEL_PE_INTERNAL_H */
