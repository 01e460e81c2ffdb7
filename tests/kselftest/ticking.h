/* SPDX-License-Identifier: GPL-2.0 */
/* Signals all the time, for tests of calls that they interrupt. */
#ifndef MTIA_TESTS_TICKING_H
#define MTIA_TESTS_TICKING_H

#include <signal.h>
#include <sys/time.h>

#include "mtia_test.h"

static volatile sig_atomic_t ticks;

static void tick(int signal)
{
	(void)signal;
	ticks++;
}

/* Without SA_RESTART: every interruption shows. */
static inline void start_ticking(struct __test_metadata *_metadata, unsigned int us)
{
	const struct itimerval every = { { 0, us }, { 0, us } };
	const struct sigaction action = { .sa_handler = tick };

	ASSERT_EQ(0, sigaction(SIGALRM, &action, NULL));
	ASSERT_EQ(0, setitimer(ITIMER_REAL, &every, NULL));
}

static inline void stop_ticking(void)
{
	const struct itimerval never = {};

	setitimer(ITIMER_REAL, &never, NULL);
}

#endif /* MTIA_TESTS_TICKING_H */
