/* SPDX-License-Identifier: GPL-2.0 */
/*
 * QEMU without a guest: the test plays the CPU. A client for the two protocols QEMU documents for
 * that: qtest (memory and port accesses, a line each) and QMP.
 *
 * Every call ends the test program with a sentence on stderr when QEMU dies or does not answer
 * within 20 s, so no test can pass over a dead device.
 */
#ifndef MTIA_TESTS_QTEST_H
#define MTIA_TESTS_QTEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct qtest;

/* Starts QEMU (q35, no CPU work) with further arguments, NULL at the end of the list. */
struct qtest *qtest_start(const char *const *args);
/* Ends it; true if it had not died by itself. */
bool qtest_end(struct qtest *q);
/*
 * Starts QEMU with arguments that it should refuse. Returns its exit status (128 + n for signal n,
 * -1 if it ran on for 20 s) and the first `size` bytes of what it said.
 */
int qtest_refused(const char *const *args, char *said, size_t size);

uint64_t qtest_read(struct qtest *q, uint64_t addr, unsigned int size);
void qtest_write(struct qtest *q, uint64_t addr, uint64_t value, unsigned int size);
void qtest_memwrite(struct qtest *q, uint64_t addr, const void *data, size_t len);
uint32_t qtest_in(struct qtest *q, uint16_t port, unsigned int size);
void qtest_out(struct qtest *q, uint16_t port, uint32_t value, unsigned int size);

/* Reads until (value & mask) == want, at most 5 s; false if that never came. */
bool qtest_wait(struct qtest *q, uint64_t addr, unsigned int size, uint64_t mask, uint64_t want);

/* One QMP command as JSON; returns the answer, valid until the next call. */
const char *qtest_qmp(struct qtest *q, const char *json);
/* One command of the human monitor; returns QMP's answer. */
const char *qtest_hmp(struct qtest *q, const char *command);
/* Reads QMP events until one with this name, at most 5 s. */
bool qtest_event(struct qtest *q, const char *name);

#endif /* MTIA_TESTS_QTEST_H */
