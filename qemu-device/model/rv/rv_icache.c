// SPDX-License-Identifier: MIT
/*
 * Decoded pages of code.
 *
 * A page is found by the memory it came from and is good for as long as that memory holds the bytes
 * it was decoded from; this is checked whenever a hart enters it into its table. When memory has
 * changed, harts that still refer to the old page keep it (they have not executed fence.i), and a
 * new one takes its place for the others. Pages that no hart refers to wait, least recently used
 * first, for the program to be launched again.
 */
#include <stdlib.h>
#include <string.h>

#include "rv_internal.h"

struct rv_icache *rv_icache_create(unsigned int max_pages)
{
	struct rv_icache *ic = calloc(1, sizeof(*ic));

	if (ic)
		ic->max_idle = max_pages;
	return ic;
}

void rv_icache_destroy(struct rv_icache *ic)
{
	unsigned int i;

	if (!ic)
		return;
	for (i = 0; i < RV_ICACHE_BUCKETS; i++) {
		while (ic->bucket[i]) {
			struct rv_page *page = ic->bucket[i];

			ic->bucket[i] = page->hash_next;
			free(page);
		}
	}
	free(ic);
}

void rv_icache_get_stats(const struct rv_icache *ic, struct rv_icache_stats *stats)
{
	*stats = ic->stats;
}

static struct rv_page **bucket_of(struct rv_icache *ic, uint64_t phys_key)
{
	uint64_t h = (phys_key >> 12) * UINT64_C(0x9e3779b97f4a7c15);

	return &ic->bucket[h >> 54 & (RV_ICACHE_BUCKETS - 1)];
}

static void unhash(struct rv_icache *ic, struct rv_page *page)
{
	struct rv_page **p = bucket_of(ic, page->phys_key);

	while (*p != page)
		p = &(*p)->hash_next;
	*p = page->hash_next;
}

static void idle_add(struct rv_icache *ic, struct rv_page *page)
{
	page->idle_next = NULL;
	page->idle_prev = ic->idle_last;
	if (ic->idle_last)
		ic->idle_last->idle_next = page;
	else
		ic->idle_first = page;
	ic->idle_last = page;
	ic->stats.pages_idle++;
}

static void idle_del(struct rv_icache *ic, struct rv_page *page)
{
	if (page->idle_prev)
		page->idle_prev->idle_next = page->idle_next;
	else
		ic->idle_first = page->idle_next;
	if (page->idle_next)
		page->idle_next->idle_prev = page->idle_prev;
	else
		ic->idle_last = page->idle_prev;
	ic->stats.pages_idle--;
}

static void page_free(struct rv_icache *ic, struct rv_page *page)
{
	ic->stats.pages--;
	free(page);
}

static struct rv_page *page_new(struct rv_icache *ic, uint64_t phys_key, const void *host,
				const void *const *labels)
{
	struct rv_page *page = malloc(sizeof(*page));
	struct rv_rec blank = { 0 };
	unsigned int i;

	if (!page)
		return NULL;
	page->phys_key = phys_key;
	page->refs = 0;
	page->stale = false;
	memcpy(page->bytes, host, RV_PAGE_SIZE);
	blank.label = rv_handler(labels, RV_OP_DECODE, 4);
	for (i = 0; i < RV_PAGE_SLOTS; i++)
		page->rec[i] = blank;
	blank.label = rv_handler(labels, RV_OP_PAGE_END, 4);
	page->rec[RV_PAGE_SLOTS] = blank;
	ic->stats.pages++;
	ic->stats.pages_made++;
	return page;
}

struct rv_page *rv_icache_get(struct rv_icache *ic, uint64_t phys_key, const void *host,
			      const void *const *labels)
{
	struct rv_page **head = bucket_of(ic, phys_key), *page;

	ic->stats.fetches++;
	for (page = *head; page; page = page->hash_next)
		if (page->phys_key == phys_key)
			break;
	if (page && memcmp(page->bytes, host, RV_PAGE_SIZE)) {
		unhash(ic, page);
		if (page->refs) {
			page->stale = true;
		} else {
			idle_del(ic, page);
			page_free(ic, page);
		}
		page = NULL;
	}
	if (!page) {
		page = page_new(ic, phys_key, host, labels);
		if (!page)
			return NULL;
		page->hash_next = *head;
		*head = page;
	} else if (!page->refs) {
		idle_del(ic, page);
	}
	page->refs++;
	return page;
}

void rv_icache_put(struct rv_icache *ic, struct rv_page *page)
{
	if (--page->refs)
		return;
	if (page->stale) {
		page_free(ic, page);
		return;
	}
	idle_add(ic, page);
	if (ic->stats.pages_idle > ic->max_idle) {
		page = ic->idle_first;
		idle_del(ic, page);
		unhash(ic, page);
		page_free(ic, page);
		ic->stats.evicted++;
	}
}
