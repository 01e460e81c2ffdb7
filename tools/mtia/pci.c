// SPDX-License-Identifier: MIT
/*
 * Reads through libpci, and what libpci does not tell (power state, root port) from the same sysfs.
 *
 * libpci reports a failure by calling error(), which must not return; its own ends the process.
 * Ours jumps back to the step that called libpci. The callbacks get no context, hence the static
 * state; one thread of the command reads at a time.
 */
#include <errno.h>
#include <pci/pci.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pci.h"

#define HEADER_BYTES 64 /* of configuration space: all that the kernel shows to everybody */
#define EXTENDED_AT  256

static struct {
	jmp_buf escape;
	char complaint[160]; /* libpci's newest */
	struct pci_dev *dev;
} reader;

static void complain(const char *format, va_list args)
{
	vsnprintf(reader.complaint, sizeof(reader.complaint), format, args);
}

static void __attribute__((noreturn, format(printf, 1, 2))) on_error(char *format, ...)
{
	va_list args;

	va_start(args, format);
	complain(format, args);
	va_end(args);
	longjmp(reader.escape, 1);
}

static void __attribute__((format(printf, 1, 2))) on_warning(char *format, ...)
{
	va_list args;

	va_start(args, format);
	complain(format, args);
	va_end(args);
}

static void __attribute__((format(printf, 1, 2))) on_debug(char *format, ...)
{
	(void)format;
}

/* ---- Steps: each may be left by on_error() --------------------------------------------------- */

struct target {
	struct command *command;
	struct pci_access *access;
	unsigned int domain, bus, slot, function;
	char sysfs[256];
	struct pci_function *f;
};

static bool guarded(void (*step)(struct target *), struct target *t)
{
	if (setjmp(reader.escape))
		return false;
	step(t);
	return true;
}

static void open_function(struct target *t)
{
	pci_init(t->access);
	reader.dev = pci_get_dev(t->access, t->domain, t->bus, t->slot, t->function);
}

/* False: beyond what this user may read. */
static bool read_config(unsigned int at, void *buf, unsigned int bytes)
{
	return pci_read_block(reader.dev, at, buf, bytes);
}

static bool read_word(unsigned int at, uint16_t *value)
{
	uint8_t b[2];

	if (!read_config(at, b, sizeof(b)))
		return false;
	*value = b[0] | b[1] << 8;
	return true;
}

static bool read_long(unsigned int at, uint32_t *value)
{
	uint16_t low, high;

	if (!read_word(at, &low) || !read_word(at + 2, &high))
		return false;
	*value = low | (uint32_t)high << 16;
	return true;
}

static const struct pci_cap *find(struct target *t, unsigned int id, unsigned int type,
				  const char *name)
{
	const struct pci_cap *cap = pci_find_cap(reader.dev, id, type);

	if (!cap)
		warn(t->command, "%s has no %s capability", t->f->bdf, name);
	return cap;
}

static void read_express(struct target *t)
{
	const struct pci_cap *cap = find(t, PCI_CAP_ID_EXP, PCI_CAP_NORMAL, "PCI Express");
	uint32_t device, link;
	uint16_t status;

	if (!cap)
		return;
	if (read_long(cap->addr + PCI_EXP_DEVCAP, &device))
		t->f->flr = !!(device & PCI_EXP_DEVCAP_FLRESET);
	if (read_long(cap->addr + PCI_EXP_LNKCAP, &link) &&
	    read_word(cap->addr + PCI_EXP_LNKSTA, &status)) {
		t->f->max_speed = link & PCI_EXP_LNKCAP_SPEED;
		t->f->max_width = (link & PCI_EXP_LNKCAP_WIDTH) >> 4;
		t->f->speed = status & PCI_EXP_LNKSTA_SPEED;
		t->f->width = (status & PCI_EXP_LNKSTA_WIDTH) >> 4;
	}
}

static void read_msix(struct target *t)
{
	const struct pci_cap *cap = find(t, PCI_CAP_ID_MSIX, PCI_CAP_NORMAL, "MSI-X");
	uint16_t control;

	if (!cap || !read_word(cap->addr + PCI_CAP_FLAGS, &control))
		return;
	t->f->msix_vectors = (control & PCI_MSIX_TABSIZE) + 1;
	t->f->msix_enabled = !!(control & PCI_MSIX_ENABLE);
}

static void read_aer(struct target *t)
{
	const struct pci_cap *cap;
	uint32_t word;

	if (!read_long(EXTENDED_AT, &word)) {
		warn(t->command, "%s: extended configuration space cannot be read: AER is unknown",
		     t->f->bdf);
		return;
	}
	cap = find(t, PCI_EXT_CAP_ID_AER, PCI_CAP_EXTENDED, "AER");
	t->f->aer = cap && read_long(cap->addr + PCI_ERR_UNCOR_STATUS, &t->f->uncorrectable) &&
		    read_long(cap->addr + PCI_ERR_COR_STATUS, &t->f->correctable);
}

static void read_registers(struct target *t)
{
	uint8_t header[HEADER_BYTES];
	uint16_t word;

	if (!read_config(0, header, sizeof(header))) {
		warn(t->command, "%s: configuration space cannot be read: %s", t->f->bdf,
		     reader.complaint);
		return;
	}
	if (header[PCI_VENDOR_ID] == 0xff && header[PCI_VENDOR_ID + 1] == 0xff) {
		warn(t->command, "%s does not answer: configuration space reads as ones",
		     t->f->bdf);
		return;
	}
	t->f->bus_master = !!(header[PCI_COMMAND] & PCI_COMMAND_MASTER);
	if (!read_word(HEADER_BYTES, &word)) {
		warn(t->command,
		     "%s: the kernel shows all of configuration space only to CAP_SYS_ADMIN: "
		     "link, MSI-X, FLR and AER are unknown; run as root to see them", t->f->bdf);
		return;
	}
	pci_fill_info(reader.dev, PCI_FILL_CAPS | PCI_FILL_EXT_CAPS);
	read_express(t);
	read_msix(t);
	read_aer(t);
}

static void read_bars(struct target *t)
{
	const struct pci_dev *dev = reader.dev;
	int count = 0;

	pci_fill_info(reader.dev, PCI_FILL_BASES | PCI_FILL_SIZES);
	for (int i = 0; i < 6; i++) {
		pciaddr_t base = dev->base_addr[i];
		bool io = base & PCI_BASE_ADDRESS_SPACE_IO;
		bool wide = (base & PCI_BASE_ADDRESS_MEM_TYPE_MASK) ==
			    PCI_BASE_ADDRESS_MEM_TYPE_64;

		if (!dev->size[i])
			continue;
		t->f->bars[count++] = (struct pci_bar){
			.index = i, .bits = io ? 0 : wide ? 64 : 32, .bytes = dev->size[i],
			.prefetchable = !io && base & PCI_BASE_ADDRESS_MEM_PREFETCH,
			.address = base & (io ? PCI_ADDR_IO_MASK : PCI_ADDR_MEM_MASK),
		};
	}
	t->f->bar_count = count;
}

/* ---- sysfs ---------------------------------------------------------------------------------- */

/* Before anything else is read: reading configuration space wakes a sleeping device. */
static void read_power_state(struct target *t)
{
	char path[320];
	FILE *file;

	snprintf(path, sizeof(path), "%s/devices/%s/power_state", t->sysfs, t->f->bdf);
	file = fopen(path, "re");
	if (!file || !fgets(t->f->power_state, sizeof(t->f->power_state), file)) {
		warn(t->command, "%s: power state is unknown: %s", t->f->bdf,
		     file ? "the file is empty" : strerror(errno));
		t->f->power_state[0] = 0;
	}
	if (file)
		fclose(file);
	t->f->power_state[strcspn(t->f->power_state, "\n")] = 0;
	if (!strcmp(t->f->power_state, "unknown"))
		t->f->power_state[0] = 0;
}

/* .../devices/pci0000:00/ROOT-PORT[/SWITCH-PORT...]/FUNCTION is where the bus's entry points. */
static void read_root_port(struct target *t)
{
	char path[320], target[512], *at;
	ssize_t length;

	snprintf(path, sizeof(path), "%s/devices/%s", t->sysfs, t->f->bdf);
	length = readlink(path, target, sizeof(target) - 1);
	target[length > 0 ? length : 0] = 0;
	at = strstr(target, "/pci");
	at = at ? strchr(at + 1, '/') : NULL;
	if (!at) {
		warn(t->command, "%s: its root port is unknown: sysfs has no path to it",
		     t->f->bdf);
		return;
	}
	at[1 + strcspn(at + 1, "/")] = 0;
	if (strcmp(at + 1, t->f->bdf))
		snprintf(t->f->root_port, sizeof(t->f->root_port), "%.15s", at + 1);
	else
		warn(t->command, "%s is on the root bus: there is no root port above it",
		     t->f->bdf);
}

/* ---- All of it ------------------------------------------------------------------------------ */

void pci_function_read(struct command *command, const char *bdf, struct pci_function *f)
{
	const char *root = secure_getenv("MTIA_ROOT"); /* as the library: stands for / */
	struct target t = { .command = command, .f = f };
	int end = 0;

	*f = (struct pci_function){
		.bus_master = PCI_UNKNOWN, .flr = PCI_UNKNOWN, .speed = PCI_UNKNOWN,
		.width = PCI_UNKNOWN, .max_speed = PCI_UNKNOWN, .max_width = PCI_UNKNOWN,
		.msix_vectors = PCI_UNKNOWN, .msix_enabled = PCI_UNKNOWN, .bar_count = PCI_UNKNOWN,
	};
	if (strlen(bdf) >= sizeof(f->bdf) ||
	    sscanf(bdf, "%x:%x:%x.%x%n", &t.domain, &t.bus, &t.slot, &t.function, &end) != 4 ||
	    bdf[end])
		return;
	snprintf(f->bdf, sizeof(f->bdf), "%s", bdf);
	snprintf(t.sysfs, sizeof(t.sysfs), "%.200s/sys/bus/pci", root ? root : "");
	read_power_state(&t);
	read_root_port(&t);

	reader.dev = NULL;
	strcpy(reader.complaint, "libpci failed");
	t.access = pci_alloc();
	t.access->method = PCI_ACCESS_SYS_BUS_PCI;
	t.access->error = on_error;
	t.access->warning = on_warning;
	t.access->debug = on_debug;
	if (pci_set_param(t.access, "sysfs.path", t.sysfs) || !guarded(open_function, &t)) {
		warn(command, "%s: libpci cannot read it: %s", bdf, reader.complaint);
	} else {
		if (!guarded(read_registers, &t))
			warn(command, "%s: registers are unknown: %s", bdf, reader.complaint);
		if (!guarded(read_bars, &t))
			warn(command, "%s: BARs are unknown: %s", bdf, reader.complaint);
	}
	if (reader.dev)
		pci_free_dev(reader.dev);
	pci_cleanup(t.access);
}

/* ---- Output --------------------------------------------------------------------------------- */

struct bit_name {
	unsigned int bit;
	const char *name; /* as the kernel counts them in aer_dev_fatal and its neighbours */
};

static const struct bit_name uncorrectable_names[] = {
	{ 4, "DLP" }, { 5, "SDES" }, { 12, "TLP" }, { 13, "FCP" }, { 14, "CmpltTO" },
	{ 15, "CmpltAbrt" }, { 16, "UnxCmplt" }, { 17, "RxOF" }, { 18, "MalfTLP" },
	{ 19, "ECRC" }, { 20, "UnsupReq" }, { 21, "ACSViol" }, { 22, "UncorrIntErr" },
	{ 23, "BlockedTLP" }, { 24, "AtomicOpBlocked" }, { 25, "TLPBlockedErr" },
	{ 26, "PoisonTLPBlocked" }, { 0, NULL },
};

static const struct bit_name correctable_names[] = {
	{ 0, "RxErr" }, { 6, "BadTLP" }, { 7, "BadDLLP" }, { 8, "Rollover" }, { 12, "Timeout" },
	{ 13, "NonFatalErr" }, { 14, "CorrIntErr" }, { 15, "HeaderOF" }, { 0, NULL },
};

static const char *bit_name(const struct bit_name *names, unsigned int bit, char buf[16])
{
	for (; names->name; names++)
		if (names->bit == bit)
			return names->name;
	snprintf(buf, 16, "bit%u", bit);
	return buf;
}

/* GT/s of a speed code, 0 = unknown. */
static double transfers(int code)
{
	static const double speed[] = { 0, 2.5, 5, 8, 16, 32, 64 };

	return code > 0 && code < (int)ARRAY_SIZE(speed) ? speed[code] : 0;
}

static void json_known(struct json *j, const char *key, int value, bool is_bool)
{
	if (value == PCI_UNKNOWN)
		json_null(j, key);
	else if (is_bool)
		json_bool(j, key, value);
	else
		json_i64(j, key, value);
}

static void json_speed(struct json *j, const char *key, int code)
{
	if (transfers(code))
		json_double(j, key, transfers(code));
	else
		json_null(j, key);
}

static void json_bits(struct json *j, const char *key, const struct bit_name *names, bool known,
		      uint32_t bits)
{
	char buf[16];

	if (!known) {
		json_null(j, key);
		return;
	}
	json_array(j, key);
	for (unsigned int i = 0; i < 32; i++)
		if (bits >> i & 1)
			json_string(j, NULL, bit_name(names, i, buf));
	json_end_array(j);
}

void pci_function_json(struct json *j, const char *key, const struct pci_function *f)
{
	if (!f->bdf[0]) {
		json_null(j, key);
		return;
	}
	json_object(j, key);
	json_string(j, "bdf", f->bdf);
	json_string(j, "root_port", f->root_port[0] ? f->root_port : NULL);
	json_string(j, "power_state", f->power_state[0] ? f->power_state : NULL);
	json_known(j, "bus_master", f->bus_master, true);
	json_known(j, "flr", f->flr, true);
	json_speed(j, "link_gt_per_s", f->speed);
	json_known(j, "link_width", f->width, false);
	json_speed(j, "link_max_gt_per_s", f->max_speed);
	json_known(j, "link_max_width", f->max_width, false);
	json_known(j, "msix_vectors", f->msix_vectors, false);
	json_known(j, "msix_enabled", f->msix_enabled, true);
	json_bits(j, "aer_uncorrectable", uncorrectable_names, f->aer, f->uncorrectable);
	json_bits(j, "aer_correctable", correctable_names, f->aer, f->correctable);
	if (f->bar_count == PCI_UNKNOWN) {
		json_null(j, "bars");
	} else {
		json_array(j, "bars");
		for (int i = 0; i < f->bar_count; i++) {
			const struct pci_bar *bar = &f->bars[i];

			json_object(j, NULL);
			json_i64(j, "index", bar->index);
			json_hex(j, "address", bar->address);
			json_u64(j, "size_bytes", bar->bytes);
			json_string(j, "type", !bar->bits ? "io" :
					       bar->bits == 64 ? "mem64" : "mem32");
			json_bool(j, "prefetchable", bar->prefetchable);
			json_end_object(j);
		}
		json_end_array(j);
	}
	json_end_object(j);
}

static void text_bits(const char *title, const struct bit_name *names, const struct pci_function *f,
		      uint32_t bits)
{
	char buf[16];

	printf("%s", title);
	if (!f->aer || !bits)
		printf(" %s", f->aer ? "none" : "-");
	for (unsigned int i = 0; i < 32 && f->aer; i++)
		if (bits >> i & 1)
			printf(" %s", bit_name(names, i, buf));
}

static const char *text_link(int speed, int width, char buf[32])
{
	if (transfers(speed) && width != PCI_UNKNOWN)
		snprintf(buf, 32, "%.3g GT/s x%d", transfers(speed), width);
	else
		snprintf(buf, 32, "-");
	return buf;
}

static const char *text_known(int value, const char *yes, const char *no)
{
	return value == PCI_UNKNOWN ? "-" : value ? yes : no;
}

void pci_function_text(const struct pci_function *f)
{
	char a[32], b[32];

	if (!f->bdf[0])
		return;
	printf("  pci          %s, root port %s, power %s, bus master %s, FLR %s\n", f->bdf,
	       f->root_port[0] ? f->root_port : "-", f->power_state[0] ? f->power_state : "-",
	       text_known(f->bus_master, "on", "off"), text_known(f->flr, "yes", "no"));
	printf("    link       %s, at most %s\n", text_link(f->speed, f->width, a),
	       text_link(f->max_speed, f->max_width, b));
	if (f->msix_vectors == PCI_UNKNOWN)
		printf("    MSI-X      -\n");
	else
		printf("    MSI-X      %d vectors, %s\n", f->msix_vectors,
		       f->msix_enabled ? "enabled" : "disabled");
	text_bits("    AER        uncorrectable", uncorrectable_names, f, f->uncorrectable);
	text_bits("; correctable", correctable_names, f, f->correctable);
	printf("\n");
	if (f->bar_count == PCI_UNKNOWN)
		printf("    BARs       -\n");
	for (int i = 0; i < f->bar_count; i++) {
		const struct pci_bar *bar = &f->bars[i];

		printf("    BAR %d      %s at 0x%llx, %s%s\n", bar->index,
		       bytes_text(bar->bytes, a), (unsigned long long)bar->address,
		       !bar->bits ? "I/O ports" : bar->bits == 64 ? "64 bit" : "32 bit",
		       bar->prefetchable ? ", prefetchable" : "");
	}
}
