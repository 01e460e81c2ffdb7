// SPDX-License-Identifier: GPL-2.0
/* The sensors in sysfs: idle and busy differ the right way, and they say what they should. */
#include "mtia_test.h"
#include "pe/args.h"

FIXTURE(hwmon)
{
	char dir[400];
	struct client c;
	struct buf program;
};

/* Text of a sensor's file without its end of line; "" if there is none. */
static const char *text_of(struct _test_data_hwmon *self, const char *file, char text[64])
{
	char path[sizeof(self->dir) + 64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", self->dir, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, text, 63);
	if (fd >= 0)
		close(fd);
	text[n < 0 ? 0 : n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return text;
}

static __s64 value_of(struct _test_data_hwmon *self, const char *file)
{
	char text[64];

	return *text_of(self, file, text) ? strtoll(text, NULL, 10) : -1;
}

FIXTURE_SETUP(hwmon)
{
	char device[DEVICE_NAME], below[64];
	struct dirent *entry;
	DIR *dir;

	ASSERT_EQ(0, device_name(device));
	snprintf(below, sizeof(below), "/sys/bus/pci/devices/%s/hwmon", device);
	dir = opendir(below);
	ASSERT_NE(NULL, dir) {
		TH_LOG("%s: %m", below);
	}
	self->dir[0] = '\0';
	while ((entry = readdir(dir)))
		if (!strncmp(entry->d_name, "hwmon", 5))
			snprintf(self->dir, sizeof(self->dir), "%s/%s", below, entry->d_name);
	closedir(dir);
	ASSERT_NE('\0', self->dir[0]);
	ASSERT_EQ(0, device_stay_awake());
	client_open(_metadata, &self->c, 0);
	client_program(_metadata, &self->c, PROGRAM(probe), VA_PROGRAM, &self->program);
}

FIXTURE_TEARDOWN(hwmon)
{
	EXPECT_EQ(0, device_may_sleep());
	client_close(&self->c);
}

/* All PEs at work, until stop(). */
static void spin(struct __test_metadata *_metadata, struct _test_data_hwmon *self)
{
	struct probe_args args = { .op = PROBE_SPIN };
	struct cmds cmds;

	cmds_begin(&cmds);
	cmds_launch(&cmds, VA_PROGRAM, self->program.size, 8, 8, &args, sizeof(args));
	ASSERT_EQ(0, client_submit(&self->c, &cmds));
}

static void stop(struct __test_metadata *_metadata, struct _test_data_hwmon *self)
{
	client_renew_queue(_metadata, &self->c);
}

/* Waits until a sensor has passed a value. */
static void wait_for(struct __test_metadata *_metadata, struct _test_data_hwmon *self,
		     const char *file, bool above, __s64 limit)
{
	__s64 end = after_ms(PATIENCE_MS), value;

	do {
		value = value_of(self, file);
		ASSERT_LE(0, value);
		if (above ? value >= limit : value <= limit)
			return;
		nap_ms(5);
	} while (after_ms(0) < end);
	ASSERT_TRUE(false) {
		TH_LOG("%s stays at %lld, never %s %lld", file, value, above ? "above" : "below",
		       limit);
	}
}

TEST_F(hwmon, names_and_constants)
{
	char text[64];

	EXPECT_STREQ("mtia", text_of(self, "name", text));
	EXPECT_STREQ("chip", text_of(self, "temp1_label", text));
	EXPECT_STREQ("board", text_of(self, "power1_label", text));
	EXPECT_STREQ("board", text_of(self, "energy1_label", text));
	EXPECT_STREQ("pe", text_of(self, "freq1_label", text));
	EXPECT_EQ(MTIA_TEMP_CRIT_MC, value_of(self, "temp1_crit"));
	EXPECT_EQ(MTIA_POWER_MAX_MW * 1000, value_of(self, "power1_rated_max"));
}

TEST_F(hwmon, nothing_can_be_set)
{
	static const char *const files[] = {
		"temp1_input", "temp1_crit", "power1_input", "power1_rated_max", "energy1_input",
		"freq1_input",
	};
	char path[sizeof(self->dir) + 64];
	struct stat st;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(path, sizeof(path), "%s/%s", self->dir, files[i]);
		ASSERT_EQ(0, stat(path, &st)) {
			TH_LOG("%s", path);
		}
		EXPECT_EQ(0444, st.st_mode & 0777);
	}
}

TEST_F_TIMEOUT(hwmon, idle_and_busy, 120)
{
	__s64 idle_temp, busy_temp, power, energy, begin, wall;

	/* What others did wears off. */
	wait_for(_metadata, self, "freq1_input", false, 0);
	wait_for(_metadata, self, "power1_input", false, MTIA_POWER_STATIC_MW * 1000);
	idle_temp = MTIA_TEMP_AMBIENT_MC +
		    (__s64)MTIA_POWER_STATIC_MW * MTIA_TEMP_MC_A_WATT / 1000;
	wait_for(_metadata, self, "temp1_input", false, idle_temp);
	EXPECT_EQ(idle_temp, value_of(self, "temp1_input"));
	EXPECT_EQ(MTIA_POWER_STATIC_MW * 1000, value_of(self, "power1_input"));

	/* Idle time passes as fast as the wall's, at most; it draws what power says. */
	begin = after_ms(0);
	energy = value_of(self, "energy1_input");
	nap_ms(500);
	energy = value_of(self, "energy1_input") - energy;
	wall = (after_ms(0) - begin) / 1000000;
	EXPECT_LT(0, energy);
	EXPECT_GT((wall + 200) * MTIA_POWER_STATIC_MW, energy);

	spin(_metadata, self);
	wait_for(_metadata, self, "freq1_input", true, MTIA_CLOCK_HZ);
	EXPECT_EQ(MTIA_CLOCK_HZ, value_of(self, "freq1_input"));
	power = value_of(self, "power1_input");
	EXPECT_LE((MTIA_POWER_STATIC_MW + 3000) * 1000, power);
	EXPECT_GT(MTIA_POWER_MAX_MW * 1000, power);
	wait_for(_metadata, self, "temp1_input", true, idle_temp + 1000);
	energy = value_of(self, "energy1_input");
	wait_for(_metadata, self, "energy1_input", true, energy + 1000);
	busy_temp = value_of(self, "temp1_input");

	stop(_metadata, self);
	wait_for(_metadata, self, "freq1_input", false, 0);
	wait_for(_metadata, self, "power1_input", false, MTIA_POWER_STATIC_MW * 1000);
	wait_for(_metadata, self, "temp1_input", false, busy_temp - 500);
}

TEST_HARNESS_MAIN
