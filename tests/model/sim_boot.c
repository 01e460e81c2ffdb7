// SPDX-License-Identifier: GPL-2.0
/* Firmware on the model: boot, refusal of damaged images, mailbox, crash, hang, restart. */
#include <errno.h>

#include "sim_fixture.h"

static uint8_t *image;
static size_t image_size;

static int open_with(const void *bytes, size_t size, char *err, size_t err_size)
{
	struct simhost_config config = {
		.size = sizeof(config), .model = &model_ops, .firmware = bytes,
		.firmware_size = size, .lpddr_size = 64ull << 20, .host_size = 16ull << 20,
		.call_cycles = 80000000,
	};
	struct simhost *sh = NULL;
	int ret = simhost_open(&config, &sh, err, err_size);

	simhost_close(sh);
	return ret;
}

static void check_images(void)
{
	char err[256] = "";
	uint8_t *copy = malloc(image_size);
	struct simhost_config config = { .size = sizeof(config), .model = &model_ops,
					 .firmware_path = "/nonexistent" };
	struct simhost *sh;

	tap_ok(open_with(image, 100, err, sizeof(err)) == -ENOEXEC && strstr(err, "truncated"),
	       "image cut in its header: %s", err);
	tap_ok(open_with(image, image_size / 2, err, sizeof(err)) == -ENOEXEC &&
		       strstr(err, "truncated"),
	       "image cut in half: %s", err);
	memcpy(copy, image, image_size);
	copy[0] ^= 1;
	tap_ok(open_with(copy, image_size, err, sizeof(err)) == -ENOEXEC && strstr(err, "magic"),
	       "magic: %s", err);
	memcpy(copy, image, image_size);
	copy[60] ^= 1;
	tap_ok(open_with(copy, image_size, err, sizeof(err)) == -ENOEXEC && strstr(err, "header"),
	       "bit flip in the header: %s", err);
	memcpy(copy, image, image_size);
	copy[image_size - 1] ^= 1;
	tap_ok(open_with(copy, image_size, err, sizeof(err)) == -ENOEXEC && strstr(err, "payload"),
	       "bit flip in the code: %s", err);
	tap_ok(simhost_open(&config, &sh, err, sizeof(err)) == -ENOENT, "no such file: %s", err);
	config.firmware_path = firmware_path;
	config.lpddr_size = 12345;
	tap_ok(simhost_open(&config, &sh, err, sizeof(err)) == -EINVAL, "odd LPDDR size: %s", err);
	free(copy);
}

static void check_boot(void)
{
	struct simhost *sh = device_open();
	struct mtia_d2h_msg reply;
	uint64_t before, arg[7] = { 0 };
	char log[4096];
	size_t n;

	tap_ok(simhost_state(sh) == SIMHOST_READY, "firmware is ready");
	tap_ok(!strncmp(simhost_firmware_version(sh), "mtia-ctrl ", 10), "version '%s'",
	       simhost_firmware_version(sh));
	tap_ok(simhost_grid_rows(sh) == 8 && simhost_grid_cols(sh) == 8, "grid");
	before = simhost_now(sh);
	tap_ok(!simhost_call(sh, MTIA_H2D_PING, arg, &reply) && reply.arg[0] >= before &&
		       reply.arg[0] <= simhost_now(sh),
	       "PING answers with the clock");
	tap_ok(simhost_call(sh, 99, arg, NULL) == -EINVAL, "unknown request");
	tap_ok(simhost_call(sh, MTIA_H2D_CTX_DESTROY, arg, NULL) == -EINVAL, "ASID 0");
	simhost_run(sh, 800000, NULL);
	n = simhost_log_read(sh, log, sizeof(log) - 1);
	log[n] = 0;
	tap_ok(strstr(log, "mtia-ctrl ready") && log[n - 1] == '\n', "log arrives");

	before = simhost_model_table(sh)->mmio_read(simhost_model(sh), MTIA_REG_HEARTBEAT, 4);
	simhost_run(sh, 10 * 80000000ull, NULL);
	n = simhost_model_table(sh)->mmio_read(simhost_model(sh), MTIA_REG_HEARTBEAT, 4) - before;
	tap_ok(n >= 9 && n <= 11, "%zu heartbeats in a second", n);
	before = simhost_counter(sh, MTIA_CNT_CTRL_INSTRS);
	simhost_run(sh, 800000000ull, NULL);
	before = simhost_counter(sh, MTIA_CNT_CTRL_INSTRS) - before;
	tap_ok(before < 20000, "an idle second costs %llu instructions",
	       (unsigned long long)before);
	simhost_close(sh);
}

static void check_hang_and_restart(void)
{
	struct simhost_queue_config qc = { .size = sizeof(qc) };
	struct simhost *sh = device_open();
	struct simhost_queue *fresh;
	uint64_t arg[7] = { 0 }, seqno, out;
	struct client c;

	client_open(&c, sh, 0, 0);
	begin(&c);
	wait_word(&c, DATA_VA, 1); /* never */
	seqno = submit(&c);
	tap_ok(simhost_wait(c.queue, seqno, 1000000, NULL) == -ETIME, "a job waits");
	simhost_model_table(sh)->inject(simhost_model(sh), MTIA_INJECT_HANG_CONTROL, 1, 0);
	tap_ok(simhost_call(sh, MTIA_H2D_PING, arg, NULL) == -ETIME &&
		       simhost_state(sh) == SIMHOST_FW_HUNG,
	       "a hung control core is noticed: %s", simhost_error(sh));
	tap_ok(simhost_submit(c.queue, COMMANDS_VA, 64, &seqno) == -EIO, "no submits meanwhile");
	tap_ok(!simhost_restart(sh) && simhost_state(sh) == SIMHOST_READY, "restart: %s",
	       simhost_error(sh));
	simhost_model_table(sh)->inject(simhost_model(sh), MTIA_INJECT_PANIC_CONTROL, 0, 0);
	tap_ok(simhost_call(sh, MTIA_H2D_PING, arg, NULL) == -EIO &&
		       simhost_state(sh) == SIMHOST_FW_PANIC,
	       "a panic is told: %s", simhost_error(sh));
	memset(c.data.cpu, 0x77, 64);
	tap_ok(!simhost_restart(sh) && simhost_state(sh) == SIMHOST_READY, "restart: %s",
	       simhost_error(sh));
	expect(&c, 1, MTIA_JOB_KILLED, "the job that was running");
	tap_ok(simhost_submit(c.queue, COMMANDS_VA, 64, &seqno) == -ECANCELED,
	       "old queues take no jobs");
	tap_ok(!simhost_queue_destroy(c.queue) && !simhost_queue_create(c.vm, &qc, &fresh),
	       "a new queue in the old address space");
	c.queue = fresh;
	begin(&c);
	copy(&c, DATA_VA + 4096, DATA_VA, 64);
	expect(&c, submit(&c), MTIA_JOB_OK, "page tables survived");
	memcpy(&out, (uint8_t *)c.data.cpu + 4096, 8);
	tap_u64(out, 0x7777777777777777ull, "memory survived");
	client_close(&c);
	simhost_close(sh);
}

/* Make the firmware trust an address that does not exist: its next look there traps. */
static bool sabotage(struct simhost *sh, uint64_t value)
{
	uint8_t *lpddr = simhost_lpddr(sh);
	const uint64_t nowhere = 1ull << 60;
	bool found = false;

	for (uint64_t at = 0; at < MTIA_FW_IMAGE_LIMIT; at += 8) {
		if (!memcmp(lpddr + at, &value, 8)) {
			memcpy(lpddr + at, &nowhere, 8);
			found = true;
		}
	}
	return found;
}

static void check_crash(void)
{
	struct simhost *sh = device_open();
	struct simhost_buffer ring;
	struct simhost_vm *vm;
	char log[8192];
	size_t n;

	simhost_vm_create(sh, &vm);
	simhost_buffer_alloc(sh, SIMHOST_MEM_LPDDR, 64 << 10, &ring);
	uint64_t queue[7] = { 40, simhost_vm_asid(vm), ring.offset + 0x5540, 16, 0,
			      8 << 8 | 8 << 16 };

	tap_ok(!simhost_call(sh, MTIA_H2D_QUEUE_CREATE, queue, NULL) && sabotage(sh, queue[2]),
	       "a queue whose ring pointer is then broken");
	simhost_model_table(sh)->mmio_write(simhost_model(sh), MTIA_DOORBELL(40), 1, 4);
	tap_ok(simhost_run(sh, BUDGET, NULL) == -EIO && simhost_state(sh) == SIMHOST_FW_PANIC,
	       "the host hears of it: %s", simhost_error(sh));
	n = simhost_log_read(sh, log, sizeof(log) - 1);
	log[n] = 0;
	tap_ok(strstr(log, "panic: mcause 5 ") && strstr(log, "x28.. "),
	       "the log has cause and registers");
	tap_ok(simhost_model_table(sh)->mmio_read(simhost_model(sh), MTIA_REG_FW_STATUS, 4) ==
		       MTIA_FW_PANIC,
	       "so has the status register");
	tap_ok(!simhost_restart(sh) && !simhost_call(sh, MTIA_H2D_PING, (uint64_t[7]){ 0 }, NULL),
	       "a restart brings it back");
	simhost_close(sh);
}

int main(int argc, char **argv)
{
	FILE *file;

	fixture_init(argc, argv);
	file = fopen(firmware_path, "rb");
	image = malloc(MTIA_FW_MAX_SIZE);
	image_size = file ? fread(image, 1, MTIA_FW_MAX_SIZE, file) : 0;
	if (file)
		fclose(file);
	check_boot();
	check_images();
	check_hang_and_restart();
	check_crash();
	free(image);
	return tap_done();
}
