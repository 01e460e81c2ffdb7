// SPDX-License-Identifier: MIT
/* Device and system memory: lazily committed mappings and a first-fit allocator over each. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "simhost_internal.h"

int arena_init(struct arena *arena, uint64_t bytes, uint64_t base, uint64_t reserved)
{
	void *cpu = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (cpu == MAP_FAILED)
		return -ENOMEM;
	/* Embedding rows lie all over it: most of a look-up is the host's TLB miss. A wish, no more. */
	madvise(cpu, bytes, MADV_HUGEPAGE);
	arena->cpu = cpu;
	arena->base = base;
	arena->bytes = bytes;
	arena->free = malloc(sizeof(*arena->free));
	if (!arena->free)
		return -ENOMEM;
	*arena->free = (struct range){ .start = base + reserved, .size = bytes - reserved };
	arena->free_bytes = bytes - reserved;
	return 0;
}

void arena_destroy(struct arena *arena)
{
	while (arena->free) {
		struct range *next = arena->free->next;

		free(arena->free);
		arena->free = next;
	}
	if (arena->cpu)
		munmap(arena->cpu, arena->bytes);
	arena->cpu = NULL;
}

void *arena_cpu(const struct arena *arena, uint64_t offset)
{
	return arena->cpu + (offset - arena->base);
}

/* Take [start, start + size), which lies in the free range at *link. */
static int carve(struct range **link, uint64_t start, uint64_t size)
{
	struct range *r = *link;
	uint64_t before = start - r->start, after = r->start + r->size - (start + size);

	if (before && after) {
		struct range *tail = malloc(sizeof(*tail));

		if (!tail)
			return -ENOMEM;
		*tail = (struct range){ .start = start + size, .size = after, .next = r->next };
		r->size = before;
		r->next = tail;
	} else if (before) {
		r->size = before;
	} else if (after) {
		r->start = start + size;
		r->size = after;
	} else {
		*link = r->next;
		free(r);
	}
	return 0;
}

int arena_alloc(struct arena *arena, uint64_t size, uint64_t align, uint64_t *offset)
{
	for (struct range **link = &arena->free; *link; link = &(*link)->next) {
		struct range *r = *link;
		uint64_t start = (r->start + align - 1) & ~(align - 1);
		int err;

		if (start - r->start > r->size || r->size - (start - r->start) < size)
			continue;
		err = carve(link, start, size);
		if (err)
			return err;
		arena->free_bytes -= size;
		*offset = start;
		return 0;
	}
	return -ENOSPC;
}

int arena_free(struct arena *arena, uint64_t offset, uint64_t size)
{
	struct range **link = &arena->free, *prev = NULL, *next, *r;

	while (*link && (*link)->start < offset) {
		prev = *link;
		link = &(*link)->next;
	}
	next = *link;
	/* Gives the pages back, and the next owner finds zeroes. */
	if (madvise(arena_cpu(arena, offset), size, MADV_DONTNEED))
		memset(arena_cpu(arena, offset), 0, size);
	arena->free_bytes += size;
	if (prev && prev->start + prev->size == offset) {
		prev->size += size;
		if (next && prev->start + prev->size == next->start) {
			prev->size += next->size;
			prev->next = next->next;
			free(next);
		}
		return 0;
	}
	if (next && offset + size == next->start) {
		next->start = offset;
		next->size += size;
		return 0;
	}
	r = malloc(sizeof(*r));
	if (!r) {
		/* The range stays unused; the account says so. */
		arena->free_bytes -= size;
		return -ENOMEM;
	}
	*r = (struct range){ .start = offset, .size = size, .next = next };
	*link = r;
	return 0;
}

static uint64_t rounded(uint64_t size)
{
	return (size + MTIA_PAGE_SIZE - 1) & ~(uint64_t)(MTIA_PAGE_SIZE - 1);
}

int simhost_buffer_alloc(struct simhost *sh, enum simhost_mem mem, uint64_t size,
			 struct simhost_buffer *out)
{
	uint64_t align = size >= 1ull << MTIA_HUGE_SHIFT ? 1ull << MTIA_HUGE_SHIFT : MTIA_PAGE_SIZE;
	uint64_t offset;
	int err;

	if (!size || size > 1ull << 40 || (unsigned int)mem > SIMHOST_MEM_HOST)
		return simhost_fail(sh, -EINVAL, "buffer of %llu bytes in memory %d",
				    (unsigned long long)size, mem);
	err = arena_alloc(&sh->arenas[mem], rounded(size), align, &offset);
	if (err)
		return simhost_fail(sh, err, "no room for a buffer of %llu bytes",
				    (unsigned long long)size);
	*out = (struct simhost_buffer){
		.mem = mem,
		.offset = offset,
		.size = size,
		.cpu = arena_cpu(&sh->arenas[mem], offset),
	};
	return 0;
}

int simhost_buffer_free(struct simhost *sh, struct simhost_buffer *buffer)
{
	int err = 0;

	if (!buffer->cpu)
		return 0;
	if (buffer->mappings)
		return simhost_fail(sh, -EBUSY, "%u pages of the buffer are mapped",
				    buffer->mappings);
	err = arena_free(&sh->arenas[buffer->mem], buffer->offset, rounded(buffer->size));
	memset(buffer, 0, sizeof(*buffer));
	return err;
}

uint64_t simhost_mem_free_bytes(const struct simhost *sh, enum simhost_mem mem)
{
	return (unsigned int)mem > SIMHOST_MEM_HOST ? 0 : sh->arenas[mem].free_bytes;
}
