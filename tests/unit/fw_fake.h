/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A control core for the firmware's portable core to run on, in a test's own process: registers,
 * DMA channels, PEs and host memory as plain variables that a test looks at and changes. Nothing
 * happens by itself: DMA finishes when fake_dma_finish() or fake_settle() says so, PEs when the
 * test ends them, time passes when it is set.
 */
#ifndef MTIA_FW_FAKE_H
#define MTIA_FW_FAKE_H

#include "fw.h"

#define FAKE_LPDDR_SIZE (64ull << 20)
#define FAKE_HOST_BASE	0x40000000ull
#define FAKE_HOST_SIZE	(2u << 20)
/* Each ASID has this much memory mapped at FAKE_VA, read and write, and nothing else. */
#define FAKE_VA		0x200000000ull
#define FAKE_VA_SIZE	(1u << 20)
#define FAKE_D2H	FAKE_HOST_BASE
#define FAKE_LOG	(FAKE_HOST_BASE + 0x10000)
#define FAKE_LOG_BYTES	65536
#define FAKE_CQ(n)	(FAKE_HOST_BASE + 0x100000 + (n) * 0x8000)
#define FAKE_CQ_ENTRIES 64
#define FAKE_RING(slot) (MTIA_FW_REGION_SIZE + (slot) * 0x10000ull)
#define FAKE_ENTRIES	16

struct fake_channel {
	bool busy, aborted;
	struct fw_dma dma;
	uint32_t status;
	uint64_t fault_addr;
};

struct fake_pe {
	bool running, exited, faulted;
	uint8_t owner; /* entry of the sub-grid table, FW_NO_OWNER */
	unsigned int starts;
	struct fw_launch start; /* with the PE's own arguments */
	uint8_t args[MTIA_PE_ARGS_SIZE];
	uint32_t exit_code;
	struct fw_pe_fault fault;
};

/* A sub-grid's work queue, as MTIA_CC_WQ() of regs.h; a request is read when its launch begins. */
struct fake_work {
	const struct mtia_wq_request *request;
	uint32_t tag;
	enum mtia_wq_state state;
};
struct fake_queue {
	struct fw_launch launch; /* of START, then of the one that runs */
	struct fake_work work[MTIA_WQ_MAX_DEPTH]; /* oldest first */
	unsigned int count, ended;
};

struct fake {
	struct fw *fw;
	uint64_t time, timer;
	uint64_t pe_enabled;
	uint32_t grid;
	uint32_t status, version, heartbeats;
	uint64_t doorbells;
	uint32_t doorbell_tail[MTIA_MAX_QUEUES];
	bool mbox;
	uint32_t h2d_tail, d2h_head, cq_head[MTIA_MAX_CQS];
	unsigned int msi[MTIA_MAX_VECTORS];
	uint8_t *lpddr, *sram_word, *host;
	uint8_t *virt[MTIA_MAX_ASIDS];
	uint64_t root[MTIA_MAX_ASIDS];
	unsigned int tlb_invalidations;
	struct fake_channel channel[MTIA_DMA_CHANNELS];
	uint32_t dma_done;
	bool record_on_reset; /* a PE's last access faults just before it is reset */
	bool slow_abort;     /* an aborted channel stays busy until it is finished */
	uint64_t dma_bytes_to_fw_region; /* by PHYS descriptors: must stay 0 */
	struct fw_mmu_fault faults[16];
	unsigned int fault_count;
	struct fake_pe pe[MTIA_MAX_PES];
	struct fw_memory_error memory_error; /* one that waits, if VALID */
	uint32_t scrub_period;
	uint64_t subgrid_events;
	uint32_t refuse_launch; /* the next one, with this enum mtia_sg_refusal */
	enum mtia_wq_state bad_request; /* what becomes of the next one that begins */
	struct fake_queue queue[MTIA_MAX_SUBGRIDS];
	/* what the host side of the fake has read */
	uint32_t seq;
};

extern struct fake fake;
extern unsigned int fake_depth; /* of work queues, 0: none; stays over a power cycle */

/* Power on, boot parameters, fw_init(), one CQ and the contexts 1 .. contexts. */
void fake_boot(unsigned int contexts);
enum mtia_fw_fail fake_boot_with(const struct mtia_fw_boot *boot);
void fake_power_on(void);
void fake_shutdown(void);
struct mtia_fw_boot fake_boot_params(void);

bool fake_dma_finish(unsigned int channel); /* false: was idle */
void fake_settle(void);			    /* run and finish DMA until nothing moves */
void fake_run(void);			    /* fw_poll() only */

void fake_pe_exit(unsigned int pe, uint32_t code);
void fake_pes_exit(uint64_t pes, uint32_t code); /* bit pe */
void fake_pe_raise(unsigned int pe, uint32_t core, uint64_t cause, uint64_t tval, uint64_t cycle);
void fake_mmu_record(uint32_t src, unsigned int reason, unsigned int access, uint64_t va);
uint64_t fake_running_pes(void);
/* What a PE's cores have in their registers, 32 for the pc. */
static inline uint64_t fake_pe_register(unsigned int pe, unsigned int core, unsigned int number)
{
	return 0x1000000 + pe * 0x10000 + core * 0x1000 + number;
}

/* Mailbox: send, settle, take the reply. 1: no reply came. */
int fake_call(enum mtia_h2d_type type, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
	      uint64_t a4, uint64_t a5);
void fake_send(enum mtia_h2d_type type, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
	       uint64_t a4, uint64_t a5);
/* Next D2H message of this type, others dropped; false: none left. */
bool fake_message(enum mtia_d2h_type type, struct mtia_d2h_msg *msg);

int fake_queue(unsigned int slot, unsigned int asid); /* on CQ 0, whole grid, priority 1 */
void fake_desc(unsigned int slot, struct mtia_desc desc); /* seqno filled in; rings */
void fake_exec(unsigned int slot, uint64_t va, uint64_t size);
bool fake_cqe(unsigned int cq, struct mtia_cqe *cqe); /* next one, consumed */
/* Whether the next one of CQ 0 is this; consumed; if not, says on stderr what it is. */
bool fake_cqe_is(unsigned int queue, enum mtia_job_status status, uint32_t detail);

/* Build a command buffer in an ASID's memory. */
struct fake_cmds {
	uint8_t bytes[MTIA_CMD_MAX_SIZE];
	uint32_t size;
	unsigned int count;
};
void fake_cmds_begin(struct fake_cmds *c);
void *fake_cmds_add(struct fake_cmds *c, enum mtia_opcode opcode, uint32_t size);
/* Fill the header in, copy to va of the asid, submit. */
void fake_cmds_submit(struct fake_cmds *c, unsigned int slot, unsigned int asid, uint64_t va);
void fake_cmds_seal(struct fake_cmds *c);
void fake_launch(struct fake_cmds *c, uint64_t program, unsigned int rows, unsigned int cols,
		 uint32_t args_size);
/* A valid program header at va. */
struct mtia_pe_image *fake_program(unsigned int asid, uint64_t va, uint32_t args_size);
void *fake_at(unsigned int asid, uint64_t va);

#endif /* MTIA_FW_FAKE_H */
