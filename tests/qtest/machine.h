/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What firmware would do on a q35 board before anyone can talk to the accelerators: buses numbered,
 * bridge windows opened, BARs placed. Card n is behind root port n, device n + 1 of bus 0.
 */
#ifndef MTIA_TESTS_MACHINE_H
#define MTIA_TESTS_MACHINE_H

#include <stdint.h>

#include "qtest.h"

#define MAX_CARDS 2

struct card {
	struct qtest *q;
	unsigned int n;
	uint64_t bar0, bar2, bar4;	  /* where they were placed */
	uint64_t size0, size2, size4;	  /* what the BARs said */
	uint32_t type0, type2, type4;	  /* flag bits of the BARs */
	uint16_t pm, msix, express, aer; /* capabilities; 0: none */
};

/* Enables ECAM; once per QEMU, before all else. */
void machine_init(struct qtest *q);

uint32_t machine_config(struct qtest *q, unsigned int bus, unsigned int dev, unsigned int reg,
			unsigned int size);
void machine_set_config(struct qtest *q, unsigned int bus, unsigned int dev, unsigned int reg,
			uint32_t value, unsigned int size);

/* Sizes and places the BARs, finds the capabilities, opens the bridge, turns memory and DMA on. */
void card_init(struct card *c, struct qtest *q, unsigned int n);
/* The part of it that a function-level reset undoes. */
void card_place(struct card *c);

uint32_t card_config(const struct card *c, unsigned int reg, unsigned int size);
void card_set_config(const struct card *c, unsigned int reg, uint32_t value, unsigned int size);
/* A capability of the root port. */
uint16_t port_capability(const struct card *c, uint16_t id, bool extended);

uint64_t card_read(const struct card *c, uint32_t reg, unsigned int size);
void card_write(const struct card *c, uint32_t reg, uint64_t value, unsigned int size);

/* MSI-X with entry v writing `data` to the guest's memory at `addr`, unmasked. */
void card_msix_entry(const struct card *c, unsigned int v, uint64_t addr, uint32_t data);
void card_msix_enable(const struct card *c, bool enable, bool mask_all);
void card_msix_mask(const struct card *c, unsigned int v, bool mask);
bool card_msix_pending(const struct card *c, unsigned int v);

/* Loads bell.c's program and starts the control core; DMA goes to `bus`. */
void card_start_bell(const struct card *c, uint64_t bus);

#endif /* MTIA_TESTS_MACHINE_H */
