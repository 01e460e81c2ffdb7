/* SPDX-License-Identifier: MIT */
/*
 * Register and address map of the emulated MTIA v1.
 *
 * Speakers: driver (BAR0, BAR2, page tables), control firmware (control-core registers, PE control
 * registers, device physical map), chip model (all of it), tests.
 *
 * Nothing of MTIA v1's PCIe interface, register map or address map is public; ALL of this file is
 * our invention, shaped by what the ISCA 2023 paper says the chip contains (8x8 PEs, 128 KiB local
 * memory a PE, 128 MiB SRAM, 16 LPDDR channels, one control core).
 *
 * Access rules: registers are 4 bytes unless marked (64). A (64) register may be read or written
 * with one 8-byte access or as two 4-byte halves, low half first; the high half takes effect with
 * its own write. Other sizes, misaligned or reserved offsets: reads give 0, writes are dropped, and
 * the error counters of MTIA_REG_ERR_* record a guest error.
 */
#ifndef MTIA_REGS_H
#define MTIA_REGS_H

#include "types.h"

/* ---- PCI identity ------------------------------------------------------------------------ */

/* QEMU's range for experimental devices; an official id is needed before anyone ships hardware. */
#define MTIA_PCI_VENDOR_ID	0x1af4
#define MTIA_PCI_DEVICE_ID	0x10f0
#define MTIA_PCI_CLASS		0x120000 /* processing accelerator */

#define MTIA_BAR_REGS		0 /* 64-bit, non-prefetchable */
#define MTIA_BAR_MEM		2 /* 64-bit, prefetchable: all LPDDR, then all SRAM */
#define MTIA_BAR_MSIX		4

/* ---- Shape of the default chip (reported by registers; drivers must read those) ------------ */

#define MTIA_GRID_ROWS		8
#define MTIA_GRID_COLS		8
#define MTIA_MAX_PES		64
#define MTIA_CORES_PER_PE	2
#define MTIA_PE_LOCAL_SIZE	0x20000u /* 128 KiB, paper section 3 */
#define MTIA_SRAM_SIZE		0x8000000ull /* 128 MiB, paper Table I */
#define MTIA_CLOCK_HZ		800000000u /* nominal, paper Table I */

#define MTIA_MAX_QUEUES		64 /* hardware queue slots; slot 0 is the driver's own */
#define MTIA_MAX_ASIDS		64 /* ASID 0 is the firmware's and the driver's */
#define MTIA_MAX_CQS		16
#define MTIA_MAX_VECTORS	18 /* 0 mailbox, 1 faults and RAS, 2.. completion rings */
#define MTIA_DMA_CHANNELS	8
#define MTIA_MAX_SUBGRIDS	64 /* entries of the sub-grid table */

/* ---- BAR0: what the host sees --------------------------------------------------------------- */

#define MTIA_BAR0_SIZE		0x80000

#define MTIA_REG_ID		0x000 /* RO 'M','T','I','A' */
#define MTIA_ID_MAGIC		0x4149544d
#define MTIA_REG_VERSION	0x004 /* RO register interface, major << 16 | minor */
#define MTIA_REGS_MAJOR		1
#define MTIA_REGS_MINOR		1
#define MTIA_REG_HW_REV		0x008 /* RO 0x0100 = MTIA v1 */
#define MTIA_REG_GRID		0x00c /* RO rows | cols << 8 | cores per PE << 16 */
#define MTIA_REG_LPDDR_SIZE	0x010 /* RO (64) bytes */
#define MTIA_REG_SRAM_SIZE	0x018 /* RO (64) bytes */
#define MTIA_REG_PE_LOCAL_SIZE	0x020 /* RO bytes */
#define MTIA_REG_CLOCK_HZ	0x024 /* RO core clock */
#define MTIA_REG_LIMITS		0x028 /* RO queue slots | ASIDs << 16 */
#define MTIA_REG_LIMITS2	0x02c /* RO completion rings | logical vectors << 16 */
#define MTIA_REG_PE_ENABLED	0x030 /* RO (64) bit row * 8 + col */
#define MTIA_REG_CAPS		0x038 /* RO (64) MTIA_CAP_* */
/*
 * How many times slower than the modelled clock the device may run, as a worst case. A driver
 * multiplies its hang-detection times by it instead of guessing; real silicon would say 1.
 */
#define MTIA_REG_TIME_SCALE	0x040 /* RO */
#define MTIA_REG_TIMESTAMP	0x048 /* RO (64) core-clock cycles since power-on */

/*
 * Sensors (since 1.1): temperature, power and clock are those of the last window of
 * MTIA_SENSOR_WINDOW cycles that has ended, energy is up to its end. None of it is measured and none
 * of its constants is public, but for the paper's 25 W that a board may draw; all is worked out from
 * the activity counters: MTIA_POWER_STATIC_MW, and for each event below so much energy. The
 * temperature follows MTIA_TEMP_AMBIENT_MC + power * MTIA_TEMP_MC_A_WATT, by 1 / MTIA_TEMP_INERTIA
 * of the difference a window, 1 millidegree at least. Counted since power-on; FLR changes neither
 * energy nor temperature.
 */
#define MTIA_REG_TEMP		0x050 /* RO millidegrees Celsius */
#define MTIA_REG_POWER		0x054 /* RO milliwatts */
#define MTIA_REG_ENERGY		0x058 /* RO (64) microjoules */
#define MTIA_REG_PE_CLOCK	0x060 /* RO Hz, mean over the PEs; one that does not run has none */
#define MTIA_SENSOR_WINDOW	0x100000u /* cycles, 1.3 ms */
#define MTIA_POWER_STATIC_MW	5000u
#define MTIA_POWER_MAX_MW	25000u /* paper Table I */
#define MTIA_ENERGY_PE_CYCLE_PJ	60u
#define MTIA_ENERGY_MAC_FJ	200u
#define MTIA_ENERGY_BYTE_PJ	30u /* moved by a fabric interface or a DMA channel */
#define MTIA_TEMP_AMBIENT_MC	40000u
#define MTIA_TEMP_MC_A_WATT	1600u
#define MTIA_TEMP_INERTIA	8u
#define MTIA_TEMP_CRIT_MC	105000u

#define MTIA_REG_CTRL		0x080 /* RW MTIA_CTRL_* */
/*
 * 1 -> control core runs from BOOT_PC with a0 = BOOT_ARG. 0 -> control core, DMA channels, MMU
 * roots, doorbells and all PEs are in reset; LPDDR and SRAM keep their contents. What the firmware
 * showed (FW_STATUS, HEARTBEAT, FW_VERSION) reads 0 from that write on; nothing of the old firmware
 * happens any more once CORE_STATE reads RESET. A doorbell rung in reset is lost; mailbox and
 * completion-ring counts are kept.
 */
#define MTIA_CTRL_CORE_RUN	(1u << 0)
#define MTIA_REG_BOOT_PC	0x088 /* RW (64) device physical address */
#define MTIA_REG_BOOT_ARG	0x090 /* RW (64) */
#define MTIA_REG_FW_STATUS	0x0a0 /* RO written by firmware, see fw_abi.h */
#define MTIA_REG_HEARTBEAT	0x0a4 /* RO counted up by firmware */
#define MTIA_REG_FW_VERSION	0x0a8 /* RO written by firmware: ABI major << 16 | minor */
#define MTIA_REG_CORE_STATE	0x0ac /* RO MTIA_CORE_* of the control core */
#define MTIA_CORE_RESET		0
#define MTIA_CORE_RUNNING	1
#define MTIA_CORE_WAITING	2 /* in wfi */
#define MTIA_CORE_HALTED	3 /* trap without a handler: CORE_PC/CAUSE/TVAL tell */
#define MTIA_REG_CORE_PC	0x0b0 /* RO (64) */
#define MTIA_REG_CORE_CAUSE	0x0b8 /* RO (64) */
#define MTIA_REG_CORE_TVAL	0x0c0 /* RO (64) */

#define MTIA_REG_MBOX_H2D_TAIL	0x100 /* WO producer count of the host-to-device message ring */
#define MTIA_REG_MBOX_D2H_HEAD	0x104 /* WO consumer count of the device-to-host message ring */
#define MTIA_REG_CQ_HEAD(n)	(0x140 + 4 * (n)) /* WO consumer count of completion ring n */

/* Last error the model saw that no other record explains; counters never wrap back to 0. */
#define MTIA_REG_ERR_COUNT	0x1c0 /* RO */
#define MTIA_REG_ERR_CLASS	0x1c4 /* RO enum mtia_model_err of the newest error */
#define MTIA_REG_ERR_ADDR	0x1c8 /* RO (64) address or offset of the newest error */

/* Memory errors by block (since 1.1), all RO (64), cleared only by a device reset; see MTIA_CC_ECC_*. */
#define MTIA_REG_RAS(n)		(0x200 + 8 * (n))
enum mtia_ras {
	MTIA_RAS_LPDDR_CORRECTED,
	MTIA_RAS_LPDDR_UNCORRECTED,
	MTIA_RAS_SRAM_CORRECTED,
	MTIA_RAS_SRAM_UNCORRECTED,
	MTIA_NUM_RAS
};

/*
 * Activity counters, all RO (64), cleared only by a device reset. What was counted before an
 * interrupt was raised is there when it arrives.
 */
#define MTIA_REG_COUNTER(n)	(0x400 + 8 * (n))
enum mtia_counter {
	MTIA_CNT_CTRL_INSTRS,	   /* instructions retired by the control core */
	MTIA_CNT_PE_INSTRS,	   /* instructions retired by all PE cores */
	MTIA_CNT_PE_BUSY_CYCLES,   /* sum over PEs of cycles between launch and completion */
	MTIA_CNT_DPE_MACS,	   /* multiply-accumulates by the dot-product engines */
	MTIA_CNT_SE_ELEMENTS,	   /* elements written by the SIMD engines */
	MTIA_CNT_RE_TILES,	   /* tiles moved over the reduction network */
	MTIA_CNT_FI_READ_BYTES,	   /* PE fabric interface, memory to local memory */
	MTIA_CNT_FI_WRITE_BYTES,   /* PE fabric interface, local memory to memory */
	MTIA_CNT_DMA_BYTES,	   /* control subsystem's DMA channels */
	MTIA_CNT_HOST_READS,	   /* reads of host memory made by the device */
	MTIA_CNT_HOST_READ_BYTES,
	MTIA_CNT_HOST_WRITES,	   /* posted writes to host memory made by the device */
	MTIA_CNT_HOST_WRITE_BYTES,
	MTIA_CNT_MMIO_READS,	   /* BAR0 reads made by the host */
	MTIA_CNT_TLB_MISSES,
	MTIA_CNT_LAUNCHES,	   /* PE starts */
	MTIA_CNT_DPE_MMLS,	   /* MMLs that the dot-product engines ran, two operand blocks each */
	MTIA_CNT_DPE_CACHE_HITS,   /* operand blocks that they still held, not read from local memory */
	MTIA_CNT_MLU_BYTES,	   /* bytes written by the memory layout units */
	MTIA_CNT_FI_PEER_BYTES,	   /* PE fabric interface, between local memory and another PE's */
	MTIA_CNT_FI_MULTICAST_BYTES, /* PE fabric interface, brought by another PE's read */
	MTIA_NUM_COUNTERS
};

/* One 4 KiB page a queue slot, so that pages can be mapped one by one. Write: new ring tail. */
#define MTIA_DOORBELL(q)	(0x40000 + 0x1000 * (q))

/* Features (MTIA_REG_CAPS) */
#define MTIA_CAP_INT8		(1ull << 0) /* DPE INT8 */
#define MTIA_CAP_REDUCTION	(1ull << 1) /* RE network W->E and N->S */
#define MTIA_CAP_FLOAT16	(1ull << 2) /* DPE FP16 and BF16, RE banks FP32 */
#define MTIA_CAP_VECTOR		(1ull << 3) /* RVV 1.0 on core B */
#define MTIA_CAP_MLU		(1ull << 4)
#define MTIA_CAP_LOOKUP		(1ull << 5) /* SE functions by table */
#define MTIA_CAP_MULTICAST	(1ull << 6)
#define MTIA_CAP_ATOMICS	(1ull << 7) /* CP atomic registers, PE-to-PE access */
/* "v1+": what v1's successor added; off unless the model is asked for it. */
#define MTIA_CAP_GATHER		(1ull << 32) /* MTIA_OP_DMA_GATHER */
#define MTIA_CAP_SE_ROWS128	(1ull << 33) /* SE_ROWS of MTIA_SE_MAX_ROWS_V1PLUS */
#define MTIA_CAP_MML_AUTO	(1ull << 34) /* MTIA_F_AUTO */
#define MTIA_CAP_WORK_QUEUE	(1ull << 35) /* PE-side work queue, MTIA_CC_WQ() */

/* ---- Device physical addresses: what the control core sees ---------------------------------- */

#define MTIA_PA_CTRL		0x10000000ull /* control-core registers, 64 KiB */
#define MTIA_PA_CTRL_SIZE	0x10000ull
#define MTIA_PA_PE_CTRL		0x11000000ull /* PE control registers, 4 KiB a PE */
#define MTIA_PA_PE_LOCAL	0x20000000ull /* PE local memories, 1 MiB apart */
#define MTIA_PA_PE_STRIDE	0x100000ull
#define MTIA_PA_SRAM		0x80000000ull
#define MTIA_PA_LPDDR		0x1000000000ull

/* ---- Control-core registers, offsets from MTIA_PA_CTRL ---------------------------------------- */

#define MTIA_CC_FW_STATUS	0x000 /* RW shown to the host */
#define MTIA_CC_HEARTBEAT	0x004 /* RW shown to the host */
#define MTIA_CC_FW_VERSION	0x008 /* RW shown to the host */
#define MTIA_CC_GRID		0x00c /* RO as MTIA_REG_GRID */
#define MTIA_CC_TIME		0x010 /* RO (64) cycles */
#define MTIA_CC_TIMECMP		0x018 /* RW (64) machine timer interrupt while TIME >= TIMECMP; reset: ~0 */
#define MTIA_CC_LPDDR_SIZE	0x020 /* RO (64) */
#define MTIA_CC_PE_ENABLED	0x028 /* RO (64) */
#define MTIA_CC_CLOCK_HZ	0x030 /* RO */

#define MTIA_CC_IRQ_STATUS	0x040 /* RO level: MTIA_CC_IRQ_*; drives the external interrupt */
#define MTIA_CC_IRQ_ENABLE	0x044 /* RW */
#define MTIA_CC_IRQ_DOORBELL	(1u << 0) /* DOORBELLS != 0 */
#define MTIA_CC_IRQ_MBOX	(1u << 1) /* MBOX_EVENT != 0 */
#define MTIA_CC_IRQ_PE		(1u << 2) /* PE_DONE | PE_FAULT != 0 */
#define MTIA_CC_IRQ_DMA		(1u << 3) /* DMA_DONE != 0 */
#define MTIA_CC_IRQ_FAULT	(1u << 4) /* a fault record is waiting */
#define MTIA_CC_IRQ_SUBGRID	(1u << 5) /* SG_EVENT != 0 */
#define MTIA_CC_IRQ_ECC		(1u << 6) /* an ECC record is waiting */
#define MTIA_CC_DOORBELLS	0x048 /* RW1C (64) bit q: queue q rung since cleared */
/* PEs of a sub-grid report to it, not here. */
#define MTIA_CC_PE_DONE		0x050 /* RW1C (64) bit pe: both cores left by EXIT */
#define MTIA_CC_PE_FAULT	0x058 /* RW1C (64) bit pe: stopped, see its FAULT registers */
#define MTIA_CC_MBOX_EVENT	0x060 /* RW1C bit 0: H2D tail written, bit 1: D2H head written */
#define MTIA_CC_DMA_DONE	0x064 /* RW1C bit c: channel c finished (with or without error) */
#define MTIA_CC_MBOX_H2D_TAIL	0x068 /* RO last value the host wrote */
#define MTIA_CC_MBOX_D2H_HEAD	0x06c /* RO last value the host wrote */
#define MTIA_CC_MSI		0x070 /* WO raise logical vector N (after all earlier host writes) */
#define MTIA_CC_CQ_HEAD(n)	(0x080 + 4 * (n)) /* RO last value the host wrote */
#define MTIA_CC_SG_EVENT	0x0c0 /* RW1C (64) bit n: the launch on sub-grid n ended, or part of it failed */
#define MTIA_CC_DB_TAIL(q)	(0x100 + 4 * (q)) /* RO last value the host wrote to doorbell q */

/* DMA channels. Writing CTRL with START copies or fills; STATUS then DMA_DONE tell the end. */
#define MTIA_CC_DMA(c)		(0x400 + 0x40 * (c))
#define MTIA_DMA_SRC		0x00 /* RW (64) address in the source space */
#define MTIA_DMA_DST		0x08 /* RW (64) */
#define MTIA_DMA_LEN		0x10 /* RW (64) bytes, 1 .. 2^40 */
#define MTIA_DMA_SRC_SPACE	0x18 /* RW MTIA_SPACE_* | asid << 8 */
#define MTIA_DMA_DST_SPACE	0x1c /* RW */
#define MTIA_DMA_PATTERN	0x20 /* RW (64) fill pattern, repeated from the first byte on */
#define MTIA_DMA_CTRL		0x28 /* WO */
#define MTIA_DMA_START		(1u << 0)
#define MTIA_DMA_FILL		(1u << 1) /* SRC is not used */
#define MTIA_DMA_ABORT		(1u << 2) /* ends as ERROR with reason NONE; nothing is moved after it */
#define MTIA_DMA_STATUS		0x2c /* RO MTIA_DMA_ST_* | enum mtia_fault_reason << 8 */
#define MTIA_DMA_ST_IDLE	0
#define MTIA_DMA_ST_BUSY	1
#define MTIA_DMA_ST_DONE	2
#define MTIA_DMA_ST_ERROR	3
#define MTIA_DMA_FAULT_ADDR	0x30 /* RO (64) first address that failed, in its own space */

#define MTIA_SPACE_PHYS		0 /* device physical: LPDDR, SRAM, PE local memories */
#define MTIA_SPACE_VIRT		1 /* translated by the MMU in the given ASID */
#define MTIA_SPACE_HOST		2 /* bus address on PCIe; writes are posted and stay in order */

/* MMU */
#define MTIA_CC_MMU_ROOT(asid)	(0x800 + 8 * (asid)) /* RW (64) root table as an offset into LPDDR | ENABLE */
#define MTIA_MMU_ROOT_ENABLE	(1ull << 0)
#define MTIA_CC_TLB_ASID	0xa00 /* RW; MTIA_TLB_ALL = every ASID */
#define MTIA_TLB_ALL		0xffffffffu
#define MTIA_CC_TLB_VA		0xa08 /* RW (64) */
#define MTIA_CC_TLB_SIZE	0xa10 /* WO (64) bytes, 0 = whole ASID; the write invalidates */

/*
 * Fault records of the MMU, oldest first; a full FIFO (16) drops the newest and sets LOST, which
 * the next POP clears.
 */
#define MTIA_CC_FAULT_STATUS	0xb00 /* RO MTIA_FAULT_VALID | LOST | reason << 8 | access << 16 | asid << 24 */
#define MTIA_FAULT_VALID	(1u << 0)
#define MTIA_FAULT_LOST		(1u << 1)
#define MTIA_CC_FAULT_SRC	0xb04 /* RO PE index | core << 8, or MTIA_FAULT_SRC_DMA | channel */
#define MTIA_FAULT_SRC_FI	0x200 /* | PE index: the PE's fabric interface, not a core */
#define MTIA_FAULT_SRC_DMA	0x400
#define MTIA_CC_FAULT_VA	0xb08 /* RO (64) */
#define MTIA_CC_FAULT_POP	0xb10 /* WO */

enum mtia_fault_reason {
	MTIA_FAULT_NONE = 0,
	MTIA_FAULT_NO_CONTEXT = 1, /* no root for this ASID */
	MTIA_FAULT_UNMAPPED = 2,
	MTIA_FAULT_PERM = 3,	   /* mapped, but not for this access */
	MTIA_FAULT_BAD_PTE = 4,	   /* reserved bits, or a target outside its memory */
	MTIA_FAULT_BAD_ADDR = 5,   /* beyond the VA range, or no such physical address */
	MTIA_FAULT_ALIGN = 6,
	MTIA_FAULT_HOST_BUS = 7,   /* PCIe: unsupported request, IOMMU fault, bus master off */
	MTIA_FAULT_POISON = 8,	   /* uncorrectable memory error */
};

#define MTIA_ACCESS_READ	0
#define MTIA_ACCESS_WRITE	1
#define MTIA_ACCESS_EXEC	2

/*
 * Memory system. SRAM is a scratchpad after a reset, or a cache of LPDDR for PEs and DMA channels: 64
 * slices, lines of 512 bytes, 8 ways, write-back, first in first out. A write of the other mode
 * loses what SRAM held (it reads zero after it) and needs that no PE and no DMA channel runs, else
 * it is a guest error and changes nothing. While SRAM is a cache, its addresses are nobody's: PEs
 * and channels fault there, what the control core or the host reads or writes there is unpredictable.
 * The control core's and the host's own accesses to LPDDR pass the cache by.
 */
#define MTIA_CC_SRAM_MODE	0x4000 /* RW */
#define MTIA_SRAM_SCRATCHPAD	0
#define MTIA_SRAM_CACHE		1
#define MTIA_CC_CACHE_SHAPE	0x4004 /* RO bytes a line | ways << 16 */
/* Requests by line, since the last reset of the control core; RO (64). */
#define MTIA_CC_CACHE_HITS	0x4008
#define MTIA_CC_CACHE_MISSES	0x4010
#define MTIA_CC_CACHE_WRITEBACKS 0x4018
#define MTIA_CC_CACHE_BYPASSES	0x4020 /* more than a PE can have filled at a time */

/*
 * ECC of LPDDR and SRAM: words of 8 bytes, one bad bit is corrected and written back by whoever reads
 * the word (counted, recorded), two are poison until the whole word is written: a read by a PE or a DMA channel
 * and a page walk fail with MTIA_FAULT_POISON, a code page faults as a whole. Poison is counted and
 * recorded once. The control core and the host read LPDDR unchecked. Records: oldest first; a full
 * FIFO (16) drops the newest and sets LOST, which the next POP clears.
 * Scrubber: reads a page of 4 KiB every PERIOD cycles, LPDDR, then SRAM, from LPDDR's first page when
 * PERIOD is written.
 */
#define MTIA_CC_ECC_STATUS	0x4100 /* RO VALID | UNCORRECTED | LOST | source << 8; 0: no record */
#define MTIA_ECC_VALID		(1u << 0)
#define MTIA_ECC_UNCORRECTED	(1u << 1)
#define MTIA_ECC_LOST		(1u << 2)
#define MTIA_ECC_SRC_PE		0x000 /* | index */
#define MTIA_ECC_SRC_DMA	0x100 /* | channel */
#define MTIA_ECC_SRC_WALK	0x200 /* page walk */
#define MTIA_ECC_SRC_SCRUB	0x300
#define MTIA_CC_ECC_WHERE	0x4104 /* RO syndrome | channel << 8; channel: LPDDR's, or SRAM | slice */
#define MTIA_ECC_SRAM		0x100
#define MTIA_CC_ECC_ADDR	0x4108 /* RO (64) device physical address of the word */
#define MTIA_CC_ECC_CORRECTED	0x4110 /* RO (64) errors since power-on */
#define MTIA_CC_ECC_UNCORRECTED	0x4118 /* RO (64) */
#define MTIA_CC_ECC_SCRUB_ADDR	0x4120 /* RO (64) device physical address of the page to come */
#define MTIA_CC_ECC_SCRUB_PERIOD 0x4128 /* RW cycles a page, 0 = off; at most MTIA_ECC_MAX_PERIOD */
#define MTIA_ECC_MAX_PERIOD	0x7fffffffu
#define MTIA_CC_ECC_POP		0x412c /* WO */

/*
 * Sub-grids: rectangles of PEs with one owner, the table that says whose a PE is, and the descriptor
 * of a launch on all PEs of one at once. Writing CTRL acts in the order of the bits; an action that
 * is refused does nothing, nor do those after it, and STATUS tells why until the next write.
 *
 * CLAIM: the PEs of RECT are this entry's for launches in ASID, until RELEASE. Refused if one of
 * them is another entry's or runs, or the rectangle leaves the grid; RECT and ASID cannot be written
 * meanwhile. A PE that ran for another ASID last is reset and scrubbed (local memory, accumulators,
 * inboxes, atomic registers, everything cached).
 * SCRUB: zeroes the PEs, as MTIA_PC_SCRUB. Not while one runs.
 * START: one broadcast over the register network: every PE is reset, gets ARGS_SIZE bytes from
 * ARGS_ADDR (LPDDR or SRAM, read once) at MTIA_PE_ARGS_BASE, entries and arguments, and all begin in
 * the same cycle: MTIA_SG_HOP_CYCLES a row and column after the write, plus the scrub if there was
 * one, plus the read and 64 bytes of arguments a cycle. Argument n is ARG(n); for bit n of ARG_POS
 * the PE's row | col << 16 in the sub-grid is added.
 * KILL: all PEs are reset, in one cycle; whatever state they were in, no other PE notices.
 * While an entry has PEs, their own CTRL registers take no writes.
 */
#define MTIA_CC_SG(n)		(0x2000 + 0x80 * (n))
#define MTIA_SG_RECT		0x00 /* RW row0 | col0 << 8 | rows << 16 | cols << 24 */
#define MTIA_SG_ASID		0x04 /* RW */
#define MTIA_SG_CTRL		0x08 /* WO */
#define MTIA_SG_KILL		(1u << 0)
#define MTIA_SG_RELEASE		(1u << 1)
#define MTIA_SG_CLAIM		(1u << 2)
#define MTIA_SG_SCRUB		(1u << 3)
#define MTIA_SG_START		(1u << 4)
#define MTIA_SG_STATUS		0x0c /* RO MTIA_SG_* state | enum mtia_sg_refusal << 8 | ROOM << 16 */
#define MTIA_SG_FREE		0
#define MTIA_SG_CLAIMED		1 /* nothing was started since */
#define MTIA_SG_RUNNING		2
#define MTIA_SG_DONE		3 /* all PEs have left, with exit code 0 */
#define MTIA_SG_FAILED		4 /* a PE faulted or left with another code; others may still run */
#define MTIA_SG_ENTRY(core)	(0x10 + 8 * (core)) /* RW (64) VA */
#define MTIA_SG_ARG(n)		(0x20 + 8 * (n)) /* RW (64) n = 0..3 */
#define MTIA_SG_ARGS_ADDR	0x40 /* RW (64) device physical, multiple of 8 */
#define MTIA_SG_ARGS_SIZE	0x48 /* RW bytes, 0 .. MTIA_PE_ARGS_SIZE */
#define MTIA_SG_ARG_POS		0x4c /* RW bit n of 0..3 */
#define MTIA_SG_PES		0x50 /* RO (64) bit pe: the entry's */
#define MTIA_SG_FAULTED		0x58 /* RO (64) since START: stopped, see the PE's FAULT registers */
#define MTIA_SG_EXITED		0x60 /* RO (64) since START: left with an exit code that is not 0 */
#define MTIA_SG_LEFT		0x68 /* RO (64) still running */
#define MTIA_SG_START_CYCLE	0x70 /* RO (64) when the PEs of the last launch began */
#define MTIA_SG_HOP_CYCLES	2

enum mtia_sg_refusal {
	MTIA_SG_ERR_NONE = 0,
	MTIA_SG_ERR_RECT = 1,	 /* empty, over the edge, or a disabled PE in it */
	MTIA_SG_ERR_OVERLAP = 2, /* a PE is another entry's */
	MTIA_SG_ERR_BUSY = 3,	 /* a PE runs */
	MTIA_SG_ERR_STATE = 4,	 /* CLAIM of a claimed entry, SCRUB or START of a free one; see PUSH */
	MTIA_SG_ERR_ASID = 5,	 /* no such address space */
	MTIA_SG_ERR_ARGS = 6,	 /* size or address of the arguments, or ARG_POS; descriptor of PUSH */
	MTIA_SG_ERR_QUEUE = 7,	 /* PUSH without ROOM */
};

/*
 * Work queue of a sub-grid: v1+, MTIA_CAP_WORK_QUEUE. Without it these registers do not exist and
 * ROOM is 0. Public of v1's successor is that the PEs have an engine which fetches requests by DMA
 * and that the control core broadcasts the descriptors; all else is invented.
 *
 * PUSH broadcasts a descriptor to the PEs of a claimed entry: the address of a struct
 * mtia_wq_request in LPDDR (multiple of 64) and a tag that is not 0. It waits behind the launches
 * pushed before it and behind that of START, which is one of the queue, with tag 0, and drops all
 * reports. Refused while the entry is free or FAILED, without ROOM, for a descriptor that is no such
 * thing; MTIA_SG_STATUS tells. The engines hold one request with its arguments, read once, past a
 * cache, as soon as the launch in front of it has begun. When all PEs of that have left with exit
 * code 0, they begin the next one without the control core: as by SCRUB and START with the registers
 * ENTRY .. ARG_POS that the request has, MTIA_SG_HOP_CYCLES a row and column twice after the last one
 * left (its word, then the broadcast), plus the scrub, or when the request has come if that is later,
 * plus 64 bytes of arguments a cycle. If nothing runs, PUSH itself begins it.
 *
 * A launch keeps its place until its report, which comes with SG_EVENT, has been dropped by POP, so
 * none is ever lost: ROOM counts the free places, all of them after CLAIM. When a launch fails, those
 * behind it are FLUSHED. KILL and RELEASE empty the queue.
 */
#define MTIA_CC_WQ(n)		(0x6000 + 0x80 * (n)) /* of sub-grid n */
#define MTIA_WQ_PUSH		0x00 /* WO (64) in one access: MTIA_WQ_DESC() */
#define MTIA_WQ_DESC(addr, tag)	((addr) | (__u64)(tag) << MTIA_WQ_TAG_SHIFT)
#define MTIA_WQ_ADDR_MASK	0x0000ffffffffffc0ull
#define MTIA_WQ_TAG_SHIFT	48
#define MTIA_WQ_POP		0x08 /* WO any value: SLOT(0), whose launch has ended, is dropped */
#define MTIA_WQ_BEGAN		0x10 /* RO (64) cycle, of SLOT(0); 0: not begun */
#define MTIA_WQ_ENDED		0x18 /* RO (64) cycle in which its last PE, or the first that failed, left */
#define MTIA_WQ_SLOT(i)		(0x20 + 8 * (i)) /* RO (64) place i, oldest first: descriptor | MTIA_WQ_*; 0: free */
#define MTIA_WQ_MAX_DEPTH	8 /* places that a queue can have */
#define MTIA_WQ_STATE_MASK	7u
enum mtia_wq_state {
	MTIA_WQ_WAITING = 0,
	MTIA_WQ_RUNNING = 1,
	MTIA_WQ_DONE = 2,
	MTIA_WQ_FAILED = 3,	 /* as MTIA_SG_FAILED: FAULTED and EXITED tell */
	MTIA_WQ_FLUSHED = 4,	 /* not begun, one before it failed */
	MTIA_WQ_BAD_REQUEST = 5, /* not begun: no such arguments, or ARG_POS */
	MTIA_WQ_POISON = 6,	 /* not begun: request or arguments are bad memory */
};
struct mtia_wq_request { /* as the registers of the same names, MTIA_SG_ENTRY(0) and up */
	__u64 entry[MTIA_CORES_PER_PE];
	__u64 arg[4];
	__u64 args_addr;
	__u32 args_size;
	__u32 arg_pos;
};
MTIA_ASSERT_SIZE(struct mtia_wq_request, 64);

/* ---- PE control registers, offsets from MTIA_PA_PE_CTRL + pe * 4096 --------------------------- */

#define MTIA_PC_CTRL		0x000 /* WO */
#define MTIA_PC_START		(1u << 0) /* both cores, from their entries; CP and units idle */
#define MTIA_PC_RESET		(1u << 1) /* stop at once; commands, CBs and RE inboxes are dropped */
#define MTIA_PC_SCRUB		(1u << 2) /* zero local memory and accumulators */
#define MTIA_PC_STATUS		0x004 /* RO MTIA_PE_* */
#define MTIA_PE_IDLE		0
#define MTIA_PE_RUNNING		1
#define MTIA_PE_DONE		2
#define MTIA_PE_FAULTED		3
#define MTIA_PC_ASID		0x008 /* RW */
#define MTIA_PC_SUBGRID		0x00c /* RW row0 | col0 << 8 | rows << 16 | cols << 24 */
#define MTIA_PC_ENTRY(core)	(0x010 + 8 * (core)) /* RW (64) VA */
#define MTIA_PC_ARG(n)		(0x020 + 8 * (n)) /* RW (64) n = 0..3, becomes a0..a3 */
#define MTIA_PC_EXIT_CODE	0x040 /* RO OR of both cores' EXIT operands */
#define MTIA_PC_FAULT_CORE	0x044 /* RO core, or MTIA_PE_FAULT_CP */
#define MTIA_PE_FAULT_CP	2 /* a command failed after it was issued */
#define MTIA_PC_FAULT_CAUSE	0x048 /* RO (64) mcause, see pe.h for the custom ones */
#define MTIA_PC_FAULT_PC	0x050 /* RO (64) */
#define MTIA_PC_FAULT_TVAL	0x058 /* RO (64) */
#define MTIA_PC_FAULT_CYCLE	0x060 /* RO (64) */
#define MTIA_PC_IRQ		0x068 /* WO any value: MTIA_PE_IRQ_CTRL fires, if the PE runs */
#define MTIA_PC_INSTRS(core)	(0x080 + 8 * (core)) /* RO (64) since START */
#define MTIA_PC_BUSY_CYCLES	0x090 /* RO (64) since START */
/*
 * Debug block, a core (the paper names the block; all of this is invented). HALT holds the core
 * between two instructions, its units and the other core go on, and nothing is called a deadlock
 * meanwhile; set before START, the core starts halted. RESET clears DBG_CTRL.
 */
#define MTIA_PC_DBG_CTRL(core)	(0x100 + 0x20 * (core)) /* RW */
#define MTIA_DBG_HALT		(1u << 0)
#define MTIA_DBG_EBREAK		(1u << 1) /* an ebreak without handler sets HALT and is no fault */
#define MTIA_DBG_STEP		(1u << 2) /* with HALT: execute one instruction; reads 1 until it has */
#define MTIA_PC_DBG_STATUS(core) (0x104 + 0x20 * (core)) /* RO */
#define MTIA_DBG_HALTED		(1u << 0)
#define MTIA_DBG_BREAK		(1u << 1) /* by an ebreak, since HALT was last clear */
#define MTIA_DBG_BLOCKED	(1u << 2) /* waits for CP, memory or an interrupt */
#define MTIA_DBG_OFF		(1u << 3) /* not started, or exited */
/*
 * DATA is the register that SELECT names, as of the last exchange if the core runs. Written while
 * halted only; not a register, not writable, or not halted: a guest error, 0, nothing happens. Local
 * memory is at MTIA_PA_PE_LOCAL.
 */
#define MTIA_PC_DBG_SELECT(core) (0x108 + 0x20 * (core)) /* RW MTIA_DBG_REG_* */
#define MTIA_PC_DBG_DATA(core)	(0x110 + 0x20 * (core)) /* RW (64) in one access */
#define MTIA_DBG_REG_X(n)	(n)
#define MTIA_DBG_REG_F(n)	(0x20 + (n))
#define MTIA_DBG_REG_PC		0x40
#define MTIA_DBG_REG_V(n, part)	(0x100 + 8 * (n) + (part)) /* core B: 64 bits, part 0 .. 7 */
#define MTIA_DBG_REG_CSR(n)	(0x1000 + (n))

/* ---- Page tables ------------------------------------------------------------------------------ */

/*
 * Four levels of 512 eight-byte entries, 4 KiB tables in LPDDR; the walker reads LPDDR only, never
 * the host. Virtual addresses are 48 bits, unsigned. Level 0 is the root; leaves are allowed at
 * level 2 (2 MiB) and level 3 (4 KiB). An eight-byte aligned write is atomic towards the walker.
 */
#define MTIA_VA_BITS		48
#define MTIA_PAGE_SHIFT		12
#define MTIA_PAGE_SIZE		(1u << MTIA_PAGE_SHIFT)
#define MTIA_HUGE_SHIFT		21
#define MTIA_PT_LEVELS		4
#define MTIA_PT_ENTRIES		512
#define MTIA_PT_INDEX(va, level) (((va) >> (39 - 9 * (level))) & 0x1ff)

#define MTIA_PTE_VALID		(1ull << 0)
#define MTIA_PTE_READ		(1ull << 1)
#define MTIA_PTE_WRITE		(1ull << 2)
#define MTIA_PTE_EXEC		(1ull << 3)
#define MTIA_PTE_LEAF		(1ull << 4)
#define MTIA_PTE_TARGET_SHIFT	5
#define MTIA_PTE_TARGET_MASK	(3ull << MTIA_PTE_TARGET_SHIFT)
#define MTIA_PTE_TARGET_LPDDR	0 /* address = offset into LPDDR */
#define MTIA_PTE_TARGET_SRAM	1 /* address = offset into SRAM */
#define MTIA_PTE_TARGET_HOST	2 /* address = bus address */
#define MTIA_PTE_ADDR_MASK	0x000ffffffffff000ull
/* A table pointer is VALID with LEAF and permissions clear and the table's offset into LPDDR. */

/* Lowest VA that reaches the MMU from a PE core; below lie its local memory and registers. */
#define MTIA_VA_USER_MIN	0x100000000ull
#define MTIA_VA_USER_MAX	(1ull << MTIA_VA_BITS) /* exclusive */

#endif /* MTIA_REGS_H */
