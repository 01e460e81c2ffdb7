// SPDX-License-Identifier: GPL-2.0
/* Core dumps: what is in them after each kind of failure, when there is one, who may read it. */
#include <limits.h>

#include "coredump.h"
#include "fdinfo.h"
#include "pe/args.h"

#define LIMIT_MS 500
#define VA_HOLE	 (VA_BASE + 64 * MIB)

FIXTURE(coredump)
{
	struct client c;
	struct buf program;
	__s64 client_id;
};

FIXTURE_SETUP(coredump)
{
	client_open(_metadata, &self->c, LIMIT_MS);
	client_program(_metadata, &self->c, PROGRAM(probe), VA_PROGRAM, &self->program);
	self->client_id = fdinfo_number(self->c.fd, "drm-client-id");
	ASSERT_LE(0, self->client_id);
	ASSERT_EQ(0, dump_dismiss());
}

FIXTURE_TEARDOWN(coredump)
{
	client_close(&self->c);
	EXPECT_EQ(0, dump_dismiss());
}

/* Whether it is about a queue of this client. */
static bool is_ours(struct _test_data_coredump *self, const char *text)
{
	char section[32], name[64], value[256];
	__s64 queue = dump_number(text, "dump", "queue");

	snprintf(section, sizeof(section), "queue %lld", queue);
	snprintf(name, sizeof(name), "mtia-client%lld-queue%lld", self->client_id, queue);
	return !strcmp(name, dump_text(text, section, "name", value));
}

/*
 * The dump of what these commands do wrong, behind a good job; to be freed. Dumps of whoever was here
 * before are thrown away. The queue is banned.
 */
static char *dump_of(struct __test_metadata *_metadata, struct _test_data_coredump *self,
		     struct cmds *cmds, int error)
{
	struct cmds nop;
	char *text;
	int i;

	for (i = 0; i < 5; i++) {
		if (i)
			client_renew_queue(_metadata, &self->c);
		cmds_begin(&nop);
		cmds_nop(&nop);
		EXPECT_EQ(0, client_run(_metadata, &self->c, &nop));
		EXPECT_EQ(error, client_run(_metadata, &self->c, cmds));
		text = dump_wait();
		ASSERT_NE(NULL, text);
		if (is_ours(self, text))
			return text;
		free(text);
		ASSERT_EQ(0, dump_dismiss());
	}
	ASSERT_TRUE(false) {
		TH_LOG("five dumps, none of them ours");
	}
	return NULL;
}

static void add_hole(struct cmds *cmds)
{
	cmds_begin(cmds);
	cmds_nop(cmds);
	cmds_fill(cmds, VA_HOLE + 8, 64, 1);
}

static char *dump_of_hole(struct __test_metadata *_metadata, struct _test_data_coredump *self)
{
	struct cmds cmds;

	add_hole(&cmds);
	return dump_of(_metadata, self, &cmds, -EIO);
}

static char *dump_of_probe(struct __test_metadata *_metadata, struct _test_data_coredump *self,
			   enum probe_op op, __u16 rows, __u16 cols, int error)
{
	struct probe_args args = { .op = op };
	struct cmds cmds;

	cmds_begin(&cmds);
	cmds_launch(&cmds, VA_PROGRAM, self->program.size, rows, cols, &args, sizeof(args));
	return dump_of(_metadata, self, &cmds, error);
}

#define SECTION(format, ...)                                                   \
	({                                                                     \
		static char section_name[32];                                  \
		snprintf(section_name, sizeof(section_name), format, __VA_ARGS__); \
		section_name;                                                  \
	})

#define EXPECT_TEXT(expected, text, section, key)                              \
	do {                                                                   \
		char seen_value[256];                                          \
		EXPECT_STREQ(expected, dump_text(text, section, key, seen_value)) { \
			TH_LOG("[%s] %s", section, key);                       \
		}                                                              \
	} while (0)

#define EXPECT_NUMBER(expected, text, section, key)                            \
	EXPECT_EQ((__s64)(expected), dump_number(text, section, key)) {        \
		TH_LOG("[%s] %s", section, key);                               \
	}

TEST_F(coredump, head_and_device)
{
	char device[DEVICE_NAME], value[256];
	struct drm_mtia_fw_info fw = {};
	struct drm_version version = {};
	char *text;

	ASSERT_EQ(0, query(self->c.fd, DRM_MTIA_QUERY_FW_INFO, &fw, sizeof(fw)));
	ASSERT_EQ(0, device_name(device));
	text = dump_of_hole(_metadata, self);
	EXPECT_EQ(0, strncmp(text, "mtia-coredump 2\n", 16));
	EXPECT_TEXT(device, text, "dump", "device");
	ASSERT_EQ(0, mtia_ioctl(self->c.fd, DRM_IOCTL_VERSION, &version));
	snprintf(value, sizeof(value), "mtia %d.%d", version.version_major, version.version_minor);
	EXPECT_TEXT(value, text, "dump", "driver");
	EXPECT_TEXT("mmu fault", text, "dump", "reason");
	EXPECT_NUMBER(2, text, "dump", "job");
	EXPECT_LE(time(NULL) - 60, dump_number(text, "dump", "time"));
	EXPECT_GE(time(NULL), dump_number(text, "dump", "time"));
	EXPECT_TEXT((const char *)fw.version, text, "firmware", "version");
	snprintf(value, sizeof(value), "%u.%u", fw.abi_major, fw.abi_minor);
	EXPECT_TEXT(value, text, "firmware", "abi");
	EXPECT_NUMBER(MTIA_ID_MAGIC, text, "registers", "id");
	EXPECT_NUMBER(MTIA_FW_READY, text, "registers", "fw_status");
	EXPECT_LT(0, dump_number(text, "counters", "0"));
	EXPECT_EQ(MTIA_NUM_COUNTERS, dump_count(text, "counters", ""));
	EXPECT_EQ(1, dump_count(text, "crash", "none"));
	/* The log goes to the end: its lines begin with brackets, too. */
	EXPECT_NE(NULL, dump_section(text, "log"));
	EXPECT_EQ('[', *dump_section(text, "log"));
	free(text);
}

TEST_F(coredump, mmu_fault_of_a_packet)
{
	__s64 queue, asid;
	char *text;

	text = dump_of_hole(_metadata, self);
	EXPECT_NUMBER(2, text, "job", "seqno");
	EXPECT_NUMBER(MTIA_JOB_MMU_FAULT, text, "job", "status");
	EXPECT_NUMBER(VA_HOLE + 8, text, "job", "va");
	EXPECT_NUMBER(1, text, "job", "packet");
	EXPECT_NUMBER(MTIA_FAULT_UNMAPPED, text, "job", "mmu_reason");
	EXPECT_NUMBER(MTIA_ACCESS_WRITE, text, "job", "mmu_access");
	EXPECT_NUMBER(-1, text, "job", "pe_row");
	EXPECT_NUMBER(MTIA_DESC_EXEC, text, "job", "desc_type");
	EXPECT_NUMBER(VA_CMDS, text, "job", "cmd_va");
	EXPECT_NUMBER(16 + 8 + 32, text, "job", "cmd_size");

	queue = dump_number(text, "dump", "queue");
	EXPECT_EQ(1, dump_count(text, SECTION("pes %lld", queue), "none"));
	EXPECT_NUMBER(DRM_MTIA_REASON_MMU_FAULT, text, SECTION("queue %lld", queue), "reason");
	EXPECT_NUMBER(DRM_MTIA_QUEUE_GUILTY, text, SECTION("queue %lld", queue), "flags");
	EXPECT_NUMBER(2, text, SECTION("queue %lld", queue), "emitted");
	EXPECT_NUMBER(LIMIT_MS, text, SECTION("queue %lld", queue), "timeout_ms");

	asid = dump_number(text, SECTION("queue %lld", queue), "asid");
	EXPECT_NUMBER(1, text, SECTION("vm %lld", asid), "faults");
	EXPECT_NUMBER(VA_HOLE + 8, text, SECTION("vm %lld", asid), "fault_va");
	free(text);
}

TEST_F(coredump, mappings)
{
	const struct { __u32 flags; const char *access; } kinds[] = {
		{ 0, "rwx" },
		{ DRM_MTIA_VM_BIND_READONLY, "r-x" },
		{ DRM_MTIA_VM_BIND_READONLY | DRM_MTIA_VM_BIND_NOEXEC, "r--" },
	};
	static const char label[] = "a b\n[log]";
	struct drm_mtia_bo_set_label set = {
		.label = (uintptr_t)label,
		.length = sizeof(label) - 1,
	};
	char line[128], *text;
	struct client *c = &self->c;
	__s64 queue, asid;
	struct buf buf;
	unsigned int i;

	buf_create(_metadata, c->fd, 4 * PAGE, VRAM | SYSTEM, &buf);
	set.handle = buf.handle;
	ASSERT_EQ(0, mtia_ioctl(c->fd, DRM_IOCTL_MTIA_BO_SET_LABEL, &set));
	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		ASSERT_EQ(0, vm_map(c->fd, c->vm, buf.handle, i * PAGE, VA_BASE + 2 * i * PAGE, PAGE,
				    kinds[i].flags));
	text = dump_of_hole(_metadata, self);
	queue = dump_number(text, "dump", "queue");
	asid = dump_number(text, SECTION("queue %lld", queue), "asid");
	/* These, the command buffer and the program. */
	EXPECT_NUMBER(ARRAY_SIZE(kinds) + 2, text, SECTION("vm %lld", asid), "mappings");
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		/* A client's text must not look like ours. */
		snprintf(line, sizeof(line), "0x%llx 0x%llx %s 0x%llx 0x%llx vs a.b.[log]\n",
			 VA_BASE + 2 * i * PAGE, VA_BASE + (2 * i + 1) * PAGE, kinds[i].access,
			 i * PAGE, 4 * PAGE);
		EXPECT_EQ(1, dump_count(text, SECTION("vm %lld", asid), line)) {
			TH_LOG("no line %s", line);
		}
	}
	snprintf(line, sizeof(line), "0x%llx 0x%llx rwx 0x0 0x%x v -\n", VA_CMDS,
		 VA_CMDS + CMDS_SIZE, CMDS_SIZE);
	EXPECT_EQ(1, dump_count(text, SECTION("vm %lld", asid), line));
	free(text);
}

#define MANY 700

/* Bounded, and says how many there were. */
TEST_F(coredump, many_mappings)
{
	static struct drm_mtia_vm_bind_op ops[MANY];
	struct client *c = &self->c;
	__s64 queue, asid;
	struct buf buf;
	char *text;
	int i;

	buf_create(_metadata, c->fd, PAGE, VRAM, &buf);
	for (i = 0; i < MANY; i++)
		ops[i] = (struct drm_mtia_vm_bind_op){
			.op = DRM_MTIA_VM_BIND_MAP,
			.bo_handle = buf.handle,
			.va = VA_BASE + 2 * i * PAGE,
			.size = PAGE,
		};
	ASSERT_EQ(0, vm_bind(c->fd, c->vm, ops, MANY));
	text = dump_of_hole(_metadata, self);
	queue = dump_number(text, "dump", "queue");
	asid = dump_number(text, SECTION("queue %lld", queue), "asid");
	EXPECT_NUMBER(MANY + 2, text, SECTION("vm %lld", asid), "mappings");
	EXPECT_EQ(512, dump_count(text, SECTION("vm %lld", asid), "0x"));
	free(text);
}

/* Every PE takes the same trap; who is first is told by the fault record. */
TEST_F(coredump, pe_fault)
{
	char value[256], line[64];
	__s64 queue, row, col, pc;
	unsigned int i;
	char *text;

	text = dump_of_probe(_metadata, self, PROBE_ILLEGAL, 2, 3, -EIO);
	EXPECT_TEXT("job fault", text, "dump", "reason");
	EXPECT_NUMBER(MTIA_JOB_PE_EXCEPTION, text, "job", "status");
	EXPECT_NUMBER(2, text, "job", "mcause");
	EXPECT_NUMBER(0, text, "job", "pe_core");
	pc = dump_number(text, "job", "pc");
	EXPECT_LE(VA_PROGRAM, pc);
	EXPECT_GT(VA_PROGRAM + self->program.size, pc);
	EXPECT_LT(0, dump_number(text, "job", "cycle"));

	queue = dump_number(text, "dump", "queue");
	EXPECT_NUMBER(2, text, SECTION("pes %lld", queue), "job");
	EXPECT_NUMBER(2 << 16 | 3 << 24, text, SECTION("pes %lld", queue), "rect");
	EXPECT_EQ(6, dump_count(text, SECTION("pes %lld", queue), "pe "));
	EXPECT_EQ(12, dump_count(text, SECTION("pes %lld", queue), "core "));
	for (i = 0; i < 6; i++) {
		snprintf(line, sizeof(line), "pe %u %u status %u exit", i / 3, i % 3,
			 MTIA_PE_FAULTED);
		EXPECT_EQ(1, dump_count(text, SECTION("pes %lld", queue), line)) {
			TH_LOG("no line %s", line);
		}
	}
	/* The blamed one: what stopped it, and its registers. */
	row = dump_number(text, "job", "pe_row");
	col = dump_number(text, "job", "pe_col");
	snprintf(line, sizeof(line), "pe %lld %lld", row, col);
	dump_text(text, SECTION("pes %lld", queue), line, value);
	snprintf(line, sizeof(line), "fault_core 0 mcause 2 pc 0x%llx ", pc);
	EXPECT_NE(NULL, strstr(value, line)) {
		TH_LOG("%s", value);
	}
	snprintf(line, sizeof(line), "%lld %lld", row, col);
	EXPECT_TEXT(line, text, SECTION("pes %lld", queue), "registers");
	/* Stacks are in local memory. */
	EXPECT_LT(0, dump_number(text, SECTION("pes %lld", queue), "x2"));
	EXPECT_GE(MTIA_PE_LOCAL_SIZE, dump_number(text, SECTION("pes %lld", queue), "x2"));
	EXPECT_TEXT("0x0 0x0", text, SECTION("pes %lld", queue), "x0");
	free(text);
}

/* Launches of a job that wait while one does not end, where PEs have work queues (v1+). */
TEST_F(coredump, launches_behind)
{
	const enum probe_op ops[] = { PROBE_EXIT, PROBE_SPIN, PROBE_EXIT, PROBE_EXIT };
	struct drm_mtia_device_info info = {};
	bool queues;
	struct cmds cmds;
	unsigned int i;
	__s64 queue;
	char *text;

	ASSERT_EQ(0, query(self->c.fd, DRM_MTIA_QUERY_DEVICE_INFO, &info, sizeof(info)));
	queues = info.features & MTIA_CAP_WORK_QUEUE;
	cmds_begin(&cmds);
	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		struct probe_args args = { .op = ops[i] };

		cmds_launch(&cmds, VA_PROGRAM, self->program.size, 2, 2, &args, sizeof(args));
	}
	text = dump_of(_metadata, self, &cmds, -ETIME);
	EXPECT_NUMBER(MTIA_JOB_TIMEOUT, text, "job", "status");
	EXPECT_NUMBER(1, text, "job", "packet");
	queue = dump_number(text, "dump", "queue");
	EXPECT_EQ(queues, dump_count(text, SECTION("pes %lld", queue), "behind "));
	if (queues)
		EXPECT_NUMBER(2, text, SECTION("pes %lld", queue), "behind");
	EXPECT_EQ(4, dump_count(text, SECTION("pes %lld", queue), "pe "));
	free(text);
}

TEST_F(coredump, hang)
{
	const char *line;
	unsigned int cores = 0, spinning = 0;
	__s64 queue;
	char *text;

	text = dump_of_probe(_metadata, self, PROBE_SPIN, 8, 8, -ETIME);
	EXPECT_TEXT("time limit of a job", text, "dump", "reason");
	EXPECT_NUMBER(2, text, "job", "seqno");
	EXPECT_NUMBER(MTIA_JOB_TIMEOUT, text, "job", "status");
	EXPECT_NUMBER(VA_CMDS, text, "job", "cmd_va");
	queue = dump_number(text, "dump", "queue");
	EXPECT_NUMBER(2, text, SECTION("pes %lld", queue), "job");
	EXPECT_EQ(64, dump_count(text, SECTION("pes %lld", queue), "pe "));
	EXPECT_TEXT("0 0", text, SECTION("pes %lld", queue), "registers");
	/* All cores A somewhere in the program, all cores B gone. */
	for (line = dump_section(text, SECTION("pes %lld", queue)); line && *line != '[';
	     line = strchr(line, '\n') + 1) {
		unsigned long long pc, ra, sp, instrs;
		unsigned int core, status;

		if (sscanf(line, "core %u pc %llx ra %llx sp %llx instrs %llu status %x", &core,
			   &pc, &ra, &sp, &instrs, &status) != 6)
			continue;
		cores++;
		spinning += core == 0 && pc >= VA_PROGRAM && pc < VA_PROGRAM + self->program.size &&
			    instrs > 1000 && !(status & MTIA_DBG_OFF);
		spinning += core == 1 && status & MTIA_DBG_OFF;
	}
	EXPECT_EQ(128, cores);
	EXPECT_EQ(128, spinning);
	free(text);
}

/* A job that ends badly by itself costs its queue nothing and leaves no dump. */
TEST_F(coredump, not_for_mistakes_that_cost_nothing)
{
	struct probe_args args = { .op = PROBE_EXIT, .value = 3 };
	char path[DUMP_PATH];
	struct cmds cmds;
	char *text;
	int i;

	/* First one of our own, so that those of others are out of the way. */
	text = dump_of_hole(_metadata, self);
	free(text);
	ASSERT_EQ(0, dump_dismiss());
	client_renew_queue(_metadata, &self->c);
	for (i = 0; i < 5; i++) {
		cmds_begin(&cmds);
		cmds_launch(&cmds, VA_PROGRAM, self->program.size, 1, 1, &args, sizeof(args));
		EXPECT_EQ(-EIO, client_run(_metadata, &self->c, &cmds));
	}
	nap_ms(100);
	EXPECT_FALSE(dump_path(path));
}

TEST_F(coredump, the_first_stays_until_it_is_dismissed)
{
	char first[DUMP_PATH], again[DUMP_PATH], *text, *later;
	struct cmds cmds;
	int i;

	text = dump_of_hole(_metadata, self);
	ASSERT_TRUE(dump_path(first));
	for (i = 0; i < 3; i++) {
		client_renew_queue(_metadata, &self->c);
		add_hole(&cmds);
		EXPECT_EQ(-EIO, client_run(_metadata, &self->c, &cmds));
	}
	nap_ms(100);
	ASSERT_TRUE(dump_path(again));
	EXPECT_STREQ(first, again);
	later = dump_read();
	ASSERT_NE(NULL, later);
	EXPECT_STREQ(text, later);
	free(later);
	free(text);

	ASSERT_EQ(0, dump_dismiss());
	EXPECT_FALSE(dump_path(again));
	client_renew_queue(_metadata, &self->c);
	text = dump_of_hole(_metadata, self);
	ASSERT_TRUE(dump_path(again));
	EXPECT_STRNE(first, again);
	free(text);
}

TEST_F(coredump, for_root_and_without_addresses_of_the_kernel)
{
	char path[DUMP_PATH], file[DUMP_PATH + 8], *text, *at;
	struct stat st;
	size_t digits;

	text = dump_of_probe(_metadata, self, PROBE_ILLEGAL, 8, 8, -EIO);
	for (at = text; (at = strstr(at, "ffff")); at += digits ?: 1) {
		digits = strspn(at, "0123456789abcdef");
		EXPECT_GT(16, digits) {
			TH_LOG("%.40s", at);
		}
	}
	EXPECT_GT(512 * 1024, strlen(text));
	free(text);
	ASSERT_TRUE(dump_path(path));
	snprintf(file, sizeof(file), "%s/data", path);
	ASSERT_EQ(0, stat(file, &st));
	EXPECT_EQ(0600, st.st_mode & 0777);
	EXPECT_EQ(0, st.st_uid);
}

TEST_HARNESS_MAIN
