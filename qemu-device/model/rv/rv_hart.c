// SPDX-License-Identifier: MIT
/* A hart's life: configuration, reset, trap entry. */
#include <errno.h>
#include <string.h>

#include "rv_internal.h"

int rv_set_windows(struct rv_hart *hart, const struct rv_window *windows, unsigned int nwindows)
{
	unsigned int i, j;

	if (nwindows > RV_MAX_WINDOWS)
		return -EINVAL;
	for (i = 0; i < nwindows; i++) {
		const struct rv_window *w = &windows[i];

		if (!w->size || !w->host || w->size - 1 > UINT64_MAX - w->base ||
		    (w->perms & ~(RV_R | RV_W | RV_X)))
			return -EINVAL;
		if ((w->perms & RV_X) && ((w->base | w->phys) & (RV_PAGE_SIZE - 1)))
			return -EINVAL;
		for (j = 0; j < i; j++)
			if (w->base - windows[j].base < windows[j].size ||
			    windows[j].base - w->base < w->size)
				return -EINVAL;
	}

	memset(hart->windows, 0, sizeof(hart->windows));
	memset(&hart->fast, 0, sizeof(hart->fast));
	hart->nwindows = nwindows;
	if (!nwindows)
		return 0;
	memcpy(hart->windows, windows, nwindows * sizeof(*windows));
	/* One limit for all sizes; the last bytes of the window take the slow path. */
	if (windows[0].size >= 8) {
		hart->fast.base = windows[0].base;
		hart->fast.host = windows[0].host;
		if (windows[0].perms & RV_R)
			hart->fast.rlim = windows[0].size - 7;
		if (windows[0].perms & RV_W)
			hart->fast.wlim = windows[0].size - 7;
	}
	return 0;
}

int rv_init(struct rv_hart *hart, const struct rv_config *cfg)
{
	const struct rv_bus *bus = cfg->bus;
	unsigned int i;

	if (!bus || !bus->load || !bus->store || !bus->amo || !bus->fetch || !bus->csr_read ||
	    !bus->csr_write || !bus->custom0 || !cfg->icache)
		return -EINVAL;
	memset(hart, 0, sizeof(*hart));
	if (rv_set_windows(hart, cfg->windows, cfg->nwindows))
		return -EINVAL;
	hart->bus = bus;
	hart->ctx = cfg->ctx;
	hart->icache = cfg->icache;
	hart->hartid = cfg->hartid;
	hart->mvendorid = cfg->mvendorid;
	hart->marchid = cfg->marchid;
	hart->mimpid = cfg->mimpid;
	hart->vector = cfg->vector;
	hart->s.vtype = RV_VTYPE_VILL;
	for (i = 0; i < RV_FETCH_SLOTS; i++)
		hart->fetch[i].vpage = UINT64_MAX;
	return 0;
}

void rv_fini(struct rv_hart *hart)
{
	rv_flush_icache(hart);
}

void rv_reset(struct rv_hart *hart, uint64_t pc)
{
	struct rv_state fresh = {
		.pc = pc & ~UINT64_C(1),
		.cycle = hart->s.cycle,
		.instret = hart->s.instret,
		.mip = hart->s.mip,
		.mstatus = RV_MSTATUS_FS_INITIAL | (hart->vector ? RV_MSTATUS_VS_INITIAL : 0),
		.vtype = RV_VTYPE_VILL,
	};

	hart->s = fresh;
	rv_flush_icache(hart);
}

static bool vector_state_valid(const struct rv_hart *hart, const struct rv_state *s)
{
	if (!hart->vector)
		return !(s->mstatus & RV_MSTATUS_VS) && s->vtype == RV_VTYPE_VILL && !s->vl &&
		       !s->vstart && !s->vfield && !s->vxrm && !s->vxsat;
	return s->vstart < RV_VLEN && s->vfield < 8 && s->vxrm <= 3 && s->vxsat <= 1 &&
	       (s->vtype == RV_VTYPE_VILL ? !s->vl :
		rv_vtype_valid(s->vtype) && s->vl <= rv_vtype_vlmax(s->vtype));
}

bool rv_state_valid(const struct rv_hart *hart, const struct rv_state *s)
{
	return vector_state_valid(hart, s) &&
	       !s->x[0] && !s->x[32] && !(s->pc & 1) && !(s->mepc & 1) && !(s->mtvec & 2) &&
	       (s->resv_size == 0 || s->resv_size == 4 || s->resv_size == 8) &&
	       !(s->mstatus & ~(RV_MSTATUS_MIE | RV_MSTATUS_MPIE | RV_MSTATUS_FS |
			      RV_MSTATUS_VS)) &&
	       s->fflags <= 0x1f && s->frm <= 7 && s->waiting <= 1 && s->halted <= 1;
}

void rv_flush_icache(struct rv_hart *hart)
{
	_Static_assert(RV_FETCH_SLOTS == 64, "fetch_used is one word");

	while (hart->fetch_used) {
		unsigned int i = __builtin_ctzll(hart->fetch_used);

		hart->fetch_used &= hart->fetch_used - 1;
		rv_icache_put(hart->icache, hart->fetch[i].page);
		hart->fetch[i].page = NULL;
		hart->fetch[i].vpage = UINT64_MAX;
	}
}

void rv_trap(struct rv_hart *h, uint64_t cause, uint64_t tval)
{
	struct rv_state *s = &h->s;
	uint64_t base = s->mtvec & ~UINT64_C(3);

	s->cycle += RV_COST_TRAP;
	s->resv_size = 0;
	s->waiting = 0;
	s->vfield = 0;
	if (!base) {
		s->halted = 1;
		s->halt_cause = cause;
		s->halt_pc = s->pc;
		s->halt_tval = tval;
		return;
	}
	s->mepc = s->pc;
	s->mcause = cause;
	s->mtval = tval;
	s->mstatus = (s->mstatus & ~(RV_MSTATUS_MIE | RV_MSTATUS_MPIE)) |
		     (s->mstatus & RV_MSTATUS_MIE ? RV_MSTATUS_MPIE : 0);
	s->pc = base;
	if ((cause & RV_CAUSE_INTERRUPT) && (s->mtvec & 1))
		s->pc += 4 * (cause & ~RV_CAUSE_INTERRUPT);
}
