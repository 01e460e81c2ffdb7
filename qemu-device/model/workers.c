// SPDX-License-Identifier: MIT
/*
 * Worker threads that advance PEs within a quantum.
 *
 * A PE belongs to one worker for good (harts that share decoded code must), the caller of step()
 * being worker 0. Quanta are short, so workers look for the next turn for a moment before they
 * sleep; and if a quantum has little to do, the caller does all of it and wakes nobody. Who runs a
 * PE makes no difference to what it does.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include "soc.h"

#define WORKER_ICACHE_PAGES 64
/* Fewer PEs than this a worker aren't worth waking one. */
#define WORKER_MIN_PES 2
#define WORKER_SPINS 4000

struct worker {
	struct mtia_model *m;
	unsigned int index;
	pthread_t thread;
};

static inline void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#else
	__asm__ volatile("" ::: "memory");
#endif
}

unsigned int workers_of(const struct mtia_model *m, unsigned int pe)
{
	return pe % m->workers.count;
}

static void advance(struct mtia_model *m, uint64_t pes, uint64_t until)
{
	for (; pes; pes &= pes - 1)
		pe_advance(m->pe[__builtin_ctzll(pes)].pe, until);
}

static uint64_t share_of(const struct mtia_model *m, unsigned int worker)
{
	uint64_t mine = 0;

	for (uint64_t left = m->workers.pes; left; left &= left - 1) {
		unsigned int i = __builtin_ctzll(left);

		if (workers_of(m, i) == worker)
			mine |= UINT64_C(1) << i;
	}
	return mine;
}

static void *worker_main(void *arg)
{
	struct worker *self = arg;
	struct workers *w = &self->m->workers;
	uint32_t seen = 0;

	for (;;) {
		bool quit;

		for (unsigned int i = 0; i < WORKER_SPINS && atomic_load(&w->turn) == seen; i++)
			relax();
		pthread_mutex_lock(&w->lock);
		while (atomic_load(&w->turn) == seen)
			pthread_cond_wait(&w->go, &w->lock);
		seen = atomic_load(&w->turn);
		quit = w->quit;
		pthread_mutex_unlock(&w->lock);
		if (quit)
			return NULL;
		advance(self->m, share_of(self->m, self->index), w->until);
		if (atomic_fetch_sub(&w->busy, 1) == 1) {
			pthread_mutex_lock(&w->lock);
			pthread_cond_signal(&w->idle);
			pthread_mutex_unlock(&w->lock);
		}
	}
}

static void take_turn(struct workers *w)
{
	pthread_mutex_lock(&w->lock);
	atomic_store(&w->busy, w->nthreads);
	atomic_fetch_add(&w->turn, 1);
	pthread_cond_broadcast(&w->go);
	pthread_mutex_unlock(&w->lock);
}

void workers_run(struct mtia_model *m, uint64_t pes, uint64_t until)
{
	struct workers *w = &m->workers;

	if (!w->nthreads || (unsigned int)__builtin_popcountll(pes) < WORKER_MIN_PES * w->count) {
		advance(m, pes, until);
		return;
	}
	w->pes = pes;
	w->until = until;
	take_turn(w);
	advance(m, share_of(m, 0), until);
	for (unsigned int i = 0; i < WORKER_SPINS && atomic_load(&w->busy); i++)
		relax();
	pthread_mutex_lock(&w->lock);
	while (atomic_load(&w->busy))
		pthread_cond_wait(&w->idle, &w->lock);
	pthread_mutex_unlock(&w->lock);
}

/* The host's signals are for its own threads. */
static int start_thread(struct worker *worker)
{
	sigset_t all, old;
	int ret;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	ret = pthread_create(&worker->thread, NULL, worker_main, worker);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return -ret;
}

int workers_init(struct mtia_model *m, unsigned int count)
{
	struct workers *w = &m->workers;
	int ret;

	ret = -pthread_mutex_init(&w->lock, NULL);
	if (ret)
		return ret;
	ret = -pthread_cond_init(&w->go, NULL);
	if (ret)
		goto destroy_lock;
	ret = -pthread_cond_init(&w->idle, NULL);
	if (ret)
		goto destroy_go;
	w->count = count;
	w->worker = calloc(count, sizeof(*w->worker));
	w->icache = calloc(count, sizeof(struct rv_icache *));
	ret = -ENOMEM;
	if (!w->worker || !w->icache)
		goto fini;
	for (unsigned int i = 0; i < count; i++) {
		w->icache[i] = rv_icache_create(WORKER_ICACHE_PAGES);
		if (!w->icache[i])
			goto fini;
	}
	for (unsigned int i = 1; i < count; i++) {
		w->worker[i].m = m;
		w->worker[i].index = i;
		ret = start_thread(&w->worker[i]);
		if (ret)
			goto fini;
		w->nthreads++;
	}
	return 0;

destroy_go:
	pthread_cond_destroy(&w->go);
destroy_lock:
	pthread_mutex_destroy(&w->lock);
	return ret;
fini:
	workers_fini(m);
	return ret;
}

void workers_fini(struct mtia_model *m)
{
	struct workers *w = &m->workers;

	if (w->nthreads) {
		w->quit = true;
		take_turn(w);
		for (unsigned int i = 1; i <= w->nthreads; i++)
			pthread_join(w->worker[i].thread, NULL);
	}
	for (unsigned int i = 0; w->icache && i < w->count; i++)
		rv_icache_destroy(w->icache[i]);
	free(w->icache);
	free(w->worker);
	pthread_cond_destroy(&w->idle);
	pthread_cond_destroy(&w->go);
	pthread_mutex_destroy(&w->lock);
}
