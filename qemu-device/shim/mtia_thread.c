/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MTIA v1: the thread on which the chip model runs.
 *
 * The chip works beside the vCPUs, as a real one would: an MMIO handler puts
 * its value into the model and kicks this thread; it never waits for it.
 *
 * Locks. The thread calls the model with no lock held, so the DMA that the
 * model asks for may need the BQL (a target that is another device's MMIO)
 * without anyone waiting for us. Whoever wants the thread to stand still
 * (reset, vm_stop, unplug) holds the BQL and therefore waits on a condition
 * that gives the BQL up meanwhile. s->lock is a leaf: nothing is called with
 * it held.
 *
 * Time. The model counts core cycles of its own and does not know host time.
 * While it has work it runs as fast as it can. While it has none but a timer,
 * the thread sleeps as long as the timer would take at the nominal clock, so a
 * heartbeat does not burn a host core.
 */

#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "qemu/rcu.h"
#include "qemu/timer.h"
#include "mtia_shim.h"
#include "trace.h"

/* Cycles per call of step(); a kick or a hold ends one earlier. */
#define MTIA_STEP_BUDGET (1u << 20)

/* The next timer event, and when its time has come for the host. */
typedef struct MtiaAlarm {
    uint64_t cycle;
    int64_t due_ns;
} MtiaAlarm;

static int64_t mtia_cycles_to_ns(uint64_t cycles)
{
    return MIN(muldiv64(cycles, NANOSECONDS_PER_SECOND, MTIA_CLOCK_HZ),
               INT64_MAX / 2);
}

/* An alarm that was set before an interruption keeps its due time. */
static void mtia_alarm_set(MtiaAlarm *alarm, uint64_t cycle, uint64_t now)
{
    if (cycle != alarm->cycle) {
        uint64_t cycles = cycle > now ? cycle - now : 0;

        alarm->cycle = cycle;
        alarm->due_ns = qemu_clock_get_ns(QEMU_CLOCK_REALTIME) +
                        mtia_cycles_to_ns(MIN(cycles, INT64_MAX / 4));
    }
}

static void mtia_thread_park(MtiaState *s)
{
    /*
     * The waiter checks s->parked with the BQL held; signalling under the BQL
     * closes the window between its check and its wait.
     */
    qemu_mutex_unlock(&s->lock);
    bql_lock();
    qemu_mutex_lock(&s->lock);
    s->parked = s->holds > 0 || s->failed || s->quit;
    if (s->parked) {
        qemu_cond_broadcast(&s->parked_cond);
    }
    qemu_mutex_unlock(&s->lock);
    bql_unlock();
    qemu_mutex_lock(&s->lock);
}

/*
 * Sleep until a kick, a release, quit or the alarm. Returns false to quit.
 * *budget is what the next step() may use.
 */
static bool mtia_thread_wait(MtiaState *s, const MtiaAlarm *alarm, bool idle,
                             uint64_t now, uint64_t *budget)
{
    bool quit;

    *budget = MTIA_STEP_BUDGET;
    qemu_mutex_lock(&s->lock);
    for (;;) {
        if (s->quit) {
            break;
        }
        if (s->holds || s->failed) {
            if (!s->parked) {
                mtia_thread_park(s);
                continue;
            }
            qemu_cond_wait(&s->wake, &s->lock);
            continue;
        }
        s->parked = false;
        if (!idle || s->kicked) {
            break;
        }
        if (alarm->cycle == UINT64_MAX) {
            qemu_cond_wait(&s->wake, &s->lock);
        } else {
            int64_t ns = alarm->due_ns -
                         qemu_clock_get_ns(QEMU_CLOCK_REALTIME);

            if (ns <= 0) {
                *budget += alarm->cycle - MIN(now, alarm->cycle);
                break;
            }
            qemu_cond_timedwait(&s->wake, &s->lock,
                                MIN(DIV_ROUND_UP(ns, SCALE_MS), INT_MAX));
        }
    }
    s->kicked = false;
    quit = s->quit;
    qemu_mutex_unlock(&s->lock);
    return !quit;
}

static void *mtia_thread(void *opaque)
{
    MtiaState *s = opaque;
    struct mtia_model_step result;
    MtiaAlarm alarm = { .cycle = UINT64_MAX };
    bool idle = false;
    uint64_t now = 0, budget;

    rcu_register_thread();
    while (mtia_thread_wait(s, &alarm, idle, now, &budget)) {
        int ret;

        result = (struct mtia_model_step) { .size = sizeof(result) };
        ret = s->lib.step(s->model, budget, &result);
        if (ret < 0) {
            error_report("mtia: the chip model failed (%s); the device stands "
                         "still until it is reset", strerror(-ret));
            qemu_mutex_lock(&s->lock);
            s->failed = true;
            qemu_mutex_unlock(&s->lock);
            qemu_bh_schedule(s->failed_bh);
            continue;
        }
        now = result.now;
        idle = result.why == MTIA_STEP_IDLE;
        if (idle) {
            mtia_alarm_set(&alarm, result.next_event, now);
        }
        trace_mtia_step(now, result.cycles, result.why, result.next_event);
    }
    rcu_unregister_thread();
    return NULL;
}

void mtia_thread_kick(MtiaState *s)
{
    qemu_mutex_lock(&s->lock);
    s->kicked = true;
    qemu_cond_signal(&s->wake);
    qemu_mutex_unlock(&s->lock);
}

void mtia_thread_hold(MtiaState *s)
{
    bool parked;

    qemu_mutex_lock(&s->lock);
    s->holds++;
    parked = s->parked || !s->thread_started;
    qemu_cond_signal(&s->wake);
    qemu_mutex_unlock(&s->lock);
    if (!parked) {
        s->lib.stop(s->model);
    }
    while (!parked) {
        qemu_cond_wait_bql(&s->parked_cond);
        qemu_mutex_lock(&s->lock);
        /* A guest that changes its mind on another vCPU leaves no reason. */
        parked = s->parked || !s->holds;
        qemu_mutex_unlock(&s->lock);
    }
    trace_mtia_hold(s->holds);
}

void mtia_thread_release(MtiaState *s)
{
    qemu_mutex_lock(&s->lock);
    assert(s->holds > 0);
    s->holds--;
    /* What was written while the thread stood still is work. */
    s->kicked = true;
    qemu_cond_signal(&s->wake);
    qemu_mutex_unlock(&s->lock);
    trace_mtia_release(s->holds);
}

void mtia_thread_init(MtiaState *s)
{
    qemu_mutex_init(&s->lock);
    qemu_cond_init(&s->wake);
    qemu_cond_init(&s->parked_cond);
}

void mtia_thread_finalize(MtiaState *s)
{
    qemu_cond_destroy(&s->parked_cond);
    qemu_cond_destroy(&s->wake);
    qemu_mutex_destroy(&s->lock);
}

void mtia_thread_start(MtiaState *s)
{
    s->quit = false;
    s->parked = false;
    s->thread_started = true;
    qemu_thread_create(&s->thread, "mtia", mtia_thread, s,
                       QEMU_THREAD_JOINABLE);
}

void mtia_thread_finish(MtiaState *s)
{
    /* Parked first: after this the thread never asks for the BQL again. */
    mtia_thread_hold(s);
    qemu_mutex_lock(&s->lock);
    s->quit = true;
    qemu_cond_signal(&s->wake);
    qemu_mutex_unlock(&s->lock);
    qemu_thread_join(&s->thread);
    s->thread_started = false;
}
