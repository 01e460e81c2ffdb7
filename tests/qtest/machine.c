// SPDX-License-Identifier: GPL-2.0
/* See machine.h. Register names and offsets: linux/pci_regs.h. */
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>

#include "bell.h"
#include "machine.h"
#include "mtia/regs.h"

#define CONFIG_ADDRESS 0xcf8
#define CONFIG_DATA 0xcfc
#define ECAM 0xb0000000ull
#define Q35_PCIEXBAR 0x60 /* host bridge: base of ECAM | enable */

#define LOW_WINDOW 0xe0000000ull /* 16 MiB a card, below 4 GiB */
#define HIGH_WINDOW 0x1000000000ull /* 256 GiB a card */
#define HIGH_STEP 0x4000000000ull

void machine_init(struct qtest *q)
{
	qtest_out(q, CONFIG_ADDRESS, 0x80000000u | (Q35_PCIEXBAR + 4), 4);
	qtest_out(q, CONFIG_DATA, ECAM >> 32, 4);
	qtest_out(q, CONFIG_ADDRESS, 0x80000000u | Q35_PCIEXBAR, 4);
	qtest_out(q, CONFIG_DATA, (uint32_t)ECAM | 1, 4);
}

static uint64_t ecam(unsigned int bus, unsigned int dev, unsigned int reg)
{
	return ECAM + ((uint64_t)bus << 20) + (dev << 15) + reg;
}

uint32_t machine_config(struct qtest *q, unsigned int bus, unsigned int dev, unsigned int reg,
			unsigned int size)
{
	return (uint32_t)qtest_read(q, ecam(bus, dev, reg), size);
}

void machine_set_config(struct qtest *q, unsigned int bus, unsigned int dev, unsigned int reg,
			uint32_t value, unsigned int size)
{
	qtest_write(q, ecam(bus, dev, reg), value, size);
}

uint32_t card_config(const struct card *c, unsigned int reg, unsigned int size)
{
	return machine_config(c->q, c->n + 1, 0, reg, size);
}

void card_set_config(const struct card *c, unsigned int reg, uint32_t value, unsigned int size)
{
	machine_set_config(c->q, c->n + 1, 0, reg, value, size);
}

static uint16_t find_capability(struct qtest *q, unsigned int bus, unsigned int dev, uint16_t id)
{
	unsigned int at = machine_config(q, bus, dev, PCI_CAPABILITY_LIST, 1);

	for (unsigned int n = 0; at && n < 48; n++) {
		if (machine_config(q, bus, dev, at, 1) == id)
			return (uint16_t)at;
		at = machine_config(q, bus, dev, at + 1, 1);
	}
	return 0;
}

static uint16_t find_extended(struct qtest *q, unsigned int bus, unsigned int dev, uint16_t id)
{
	unsigned int at = PCI_CFG_SPACE_SIZE;

	for (unsigned int n = 0; at >= PCI_CFG_SPACE_SIZE && n < 48; n++) {
		uint32_t header = machine_config(q, bus, dev, at, 4);

		if (PCI_EXT_CAP_ID(header) == id)
			return (uint16_t)at;
		at = PCI_EXT_CAP_NEXT(header);
	}
	return 0;
}

uint16_t port_capability(const struct card *c, uint16_t id, bool extended)
{
	return extended ? find_extended(c->q, 0, c->n + 1, id) :
			  find_capability(c->q, 0, c->n + 1, id);
}

static uint64_t bar_size(const struct card *c, unsigned int bar, uint32_t *type)
{
	unsigned int reg = PCI_BASE_ADDRESS_0 + 4 * bar;
	uint64_t mask;

	card_set_config(c, reg, ~0u, 4);
	card_set_config(c, reg + 4, ~0u, 4);
	mask = card_config(c, reg, 4) | (uint64_t)card_config(c, reg + 4, 4) << 32;
	*type = mask & ~PCI_BASE_ADDRESS_MEM_MASK;
	mask &= PCI_BASE_ADDRESS_MEM_MASK;
	return ~mask + 1;
}

static void set_bar(const struct card *c, unsigned int bar, uint64_t addr)
{
	card_set_config(c, PCI_BASE_ADDRESS_0 + 4 * bar, (uint32_t)addr, 4);
	card_set_config(c, PCI_BASE_ADDRESS_0 + 4 * bar + 4, (uint32_t)(addr >> 32), 4);
}

static void open_bridge(const struct card *c)
{
	uint64_t low = LOW_WINDOW + c->n * 0x1000000ull;
	uint64_t high = HIGH_WINDOW + c->n * HIGH_STEP;
	unsigned int dev = c->n + 1;

	machine_set_config(c->q, 0, dev, PCI_PRIMARY_BUS, 0, 1);
	machine_set_config(c->q, 0, dev, PCI_SECONDARY_BUS, c->n + 1, 1);
	machine_set_config(c->q, 0, dev, PCI_SUBORDINATE_BUS, c->n + 1, 1);
	machine_set_config(c->q, 0, dev, PCI_MEMORY_BASE, (uint32_t)(low >> 16), 2);
	machine_set_config(c->q, 0, dev, PCI_MEMORY_LIMIT, (uint32_t)((low + 0xffffff) >> 16), 2);
	machine_set_config(c->q, 0, dev, PCI_PREF_MEMORY_BASE, (uint32_t)(high >> 16) & 0xfff0, 2);
	machine_set_config(c->q, 0, dev, PCI_PREF_BASE_UPPER32, (uint32_t)(high >> 32), 4);
	high += HIGH_STEP - 1;
	machine_set_config(c->q, 0, dev, PCI_PREF_MEMORY_LIMIT, (uint32_t)(high >> 16) & 0xfff0, 2);
	machine_set_config(c->q, 0, dev, PCI_PREF_LIMIT_UPPER32, (uint32_t)(high >> 32), 4);
	/* Error messages from below pass only with SERR on. */
	machine_set_config(c->q, 0, dev, PCI_BRIDGE_CONTROL, PCI_BRIDGE_CTL_SERR, 2);
	machine_set_config(c->q, 0, dev, PCI_COMMAND,
			   PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_SERR, 2);
}

void card_place(struct card *c)
{
	c->bar0 = LOW_WINDOW + c->n * 0x1000000ull;
	c->bar4 = c->bar0 + 0x800000;
	c->bar2 = HIGH_WINDOW + c->n * HIGH_STEP;
	set_bar(c, MTIA_BAR_REGS, c->bar0);
	set_bar(c, MTIA_BAR_MEM, c->bar2);
	set_bar(c, MTIA_BAR_MSIX, c->bar4);
	card_set_config(c, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_SERR, 2);
}

void card_init(struct card *c, struct qtest *q, unsigned int n)
{
	*c = (struct card){ .q = q, .n = n };
	open_bridge(c);
	c->size0 = bar_size(c, MTIA_BAR_REGS, &c->type0);
	c->size2 = bar_size(c, MTIA_BAR_MEM, &c->type2);
	c->size4 = bar_size(c, MTIA_BAR_MSIX, &c->type4);
	c->pm = find_capability(q, n + 1, 0, PCI_CAP_ID_PM);
	c->msix = find_capability(q, n + 1, 0, PCI_CAP_ID_MSIX);
	c->express = find_capability(q, n + 1, 0, PCI_CAP_ID_EXP);
	c->aer = find_extended(q, n + 1, 0, PCI_EXT_CAP_ID_ERR);
	card_place(c);
}

uint64_t card_read(const struct card *c, uint32_t reg, unsigned int size)
{
	return qtest_read(c->q, c->bar0 + reg, size);
}

void card_write(const struct card *c, uint32_t reg, uint64_t value, unsigned int size)
{
	qtest_write(c->q, c->bar0 + reg, value, size);
}

void card_msix_entry(const struct card *c, unsigned int v, uint64_t addr, uint32_t data)
{
	uint64_t entry = c->bar4 + v * PCI_MSIX_ENTRY_SIZE;

	qtest_write(c->q, entry + PCI_MSIX_ENTRY_LOWER_ADDR, (uint32_t)addr, 4);
	qtest_write(c->q, entry + PCI_MSIX_ENTRY_UPPER_ADDR, (uint32_t)(addr >> 32), 4);
	qtest_write(c->q, entry + PCI_MSIX_ENTRY_DATA, data, 4);
	card_msix_mask(c, v, false);
}

void card_msix_mask(const struct card *c, unsigned int v, bool mask)
{
	qtest_write(c->q, c->bar4 + v * PCI_MSIX_ENTRY_SIZE + PCI_MSIX_ENTRY_VECTOR_CTRL, mask, 4);
}

void card_msix_enable(const struct card *c, bool enable, bool mask_all)
{
	card_set_config(c, c->msix + PCI_MSIX_FLAGS,
			(enable ? PCI_MSIX_FLAGS_ENABLE : 0u) | (mask_all ? PCI_MSIX_FLAGS_MASKALL : 0u),
			2);
}

bool card_msix_pending(const struct card *c, unsigned int v)
{
	uint32_t pba = card_config(c, c->msix + PCI_MSIX_PBA, 4) & PCI_MSIX_PBA_OFFSET;

	return qtest_read(c->q, c->bar4 + pba + v / 64 * 8, 8) >> (v % 64) & 1;
}

void card_start_bell(const struct card *c, uint64_t bus)
{
	const char *path = getenv("BELL");
	FILE *file = path ? fopen(path, "rb") : NULL;
	uint64_t word, at = 0;

	if (!file) {
		fprintf(stderr, "# cannot open BELL=%s\n", path ? path : "");
		exit(1);
	}
	while (word = 0, fread(&word, 1, sizeof(word), file) > 0) {
		qtest_write(c->q, c->bar2 + at, word, 8);
		at += 8;
	}
	fclose(file);
	card_write(c, MTIA_REG_BOOT_PC, MTIA_PA_LPDDR, 8);
	card_write(c, MTIA_REG_BOOT_ARG, bus, 8);
	card_write(c, MTIA_REG_CTRL, MTIA_CTRL_CORE_RUN, 4);
}
