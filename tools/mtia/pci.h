/* SPDX-License-Identifier: MIT */
/*
 * The PCIe function of a device as the bus shows it: no driver is needed, nothing is changed. What
 * cannot be read is marked as unknown; why goes to warn(). Never a failure of the verb.
 */
#ifndef MTIA_CLI_PCI_H
#define MTIA_CLI_PCI_H

#include "cli.h"

#define PCI_UNKNOWN (-1) /* of the int members */

struct pci_function {
	char bdf[16];	      /* empty: nothing is known, all else is unset */
	char root_port[16];   /* above it; empty: unknown, or it is part of the root complex */
	char power_state[16]; /* "D0" .. "D3cold"; empty: unknown */
	int bus_master;	      /* 0, 1 */
	int flr;	      /* 0, 1: can be reset as a function */
	/* Codes of the link registers: PCIe base specification, 7.5.3.6 and 7.5.3.8. */
	int speed, width, max_speed, max_width;
	int msix_vectors, msix_enabled;
	bool aer;
	uint32_t uncorrectable, correctable; /* AER status, with `aer` */
	int bar_count;
	struct pci_bar {
		int index, bits; /* 32 or 64; 0 = I/O ports */
		bool prefetchable;
		uint64_t address, bytes;
	} bars[6];
};

/* `bdf` as in "0000:01:00.0"; anything else (a simulated device) leaves f->bdf empty, silently. */
void pci_function_read(struct command *command, const char *bdf, struct pci_function *f);
void pci_function_json(struct json *j, const char *key, const struct pci_function *f);
void pci_function_text(const struct pci_function *f); /* to stdout; nothing without a bdf */

#endif /* MTIA_CLI_PCI_H */
