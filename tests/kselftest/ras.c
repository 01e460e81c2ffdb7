// SPDX-License-Identifier: GPL-2.0
/*
 * Counts of memory errors in sysfs: bad bits that QEMU's monitor injects are found by the scrubber, and
 * each is counted where it belongs.
 */
#include "monitor.h"

FIXTURE(ras)
{
	char dir[128];
	__u64 lpddr; /* device physical address in memory that nobody uses */
};

static const char *const files[] = {
	"lpddr_corrected", "lpddr_uncorrected", "sram_corrected", "sram_uncorrected",
};

static __s64 count_of(struct _test_data_ras *self, const char *file)
{
	char path[192], text[32] = "";
	int fd;

	snprintf(path, sizeof(path), "%s/%s", self->dir, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	close(fd);
	return text[0] ? strtoll(text, NULL, 10) : -EIO;
}

FIXTURE_SETUP(ras)
{
	char device[DEVICE_NAME];
	int fd = device_open();

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, device_name(device));
	snprintf(self->dir, sizeof(self->dir), "/sys/bus/pci/devices/%s/ras", device);
	/* The kernel's own memory is at the top, objects at the bottom. */
	self->lpddr = MTIA_PA_LPDDR + MTIA_FW_REGION_SIZE + vram_size(fd) / 2;
	/* A chip that sleeps does not look for errors. */
	ASSERT_EQ(0, device_stay_awake());
	close(fd);
}

FIXTURE_TEARDOWN(ras)
{
	EXPECT_EQ(0, device_may_sleep());
	EXPECT_EQ(0, inject("clear:ecc-ue"));
}

/* One more in the file, as many as before in the others. */
static void expect_one_more(struct __test_metadata *_metadata, struct _test_data_ras *self,
			    const char *fault, __u64 address, const char *file)
{
	__s64 before[ARRAY_SIZE(files)], end = after_ms(PATIENCE_MS);
	char text[64];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		before[i] = count_of(self, files[i]);
		ASSERT_LE(0, before[i]);
	}
	snprintf(text, sizeof(text), "%s:0x%llx", fault, address);
	ASSERT_EQ(0, inject(text));
	for (i = 0; strcmp(files[i], file); i++)
		;
	while (count_of(self, file) == before[i] && after_ms(0) < end)
		nap_ms(5);
	before[i]++;
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		EXPECT_EQ(before[i], count_of(self, files[i])) {
			TH_LOG("%s after %s", files[i], text);
		}
	}
}

TEST_F(ras, corrected)
{
	expect_one_more(_metadata, self, "ecc-ce", self->lpddr, "lpddr_corrected");
	expect_one_more(_metadata, self, "ecc-ce", MTIA_PA_SRAM + 4096, "sram_corrected");
}

TEST_F(ras, uncorrected)
{
	expect_one_more(_metadata, self, "ecc-ue", self->lpddr + 4096, "lpddr_uncorrected");
	expect_one_more(_metadata, self, "ecc-ue", MTIA_PA_SRAM + 8192, "sram_uncorrected");
}

TEST_F(ras, files_are_read_only)
{
	struct stat st;
	char path[192];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(path, sizeof(path), "%s/%s", self->dir, files[i]);
		ASSERT_EQ(0, stat(path, &st));
		EXPECT_EQ(0444, st.st_mode & 0777);
	}
}

TEST_HARNESS_MAIN
