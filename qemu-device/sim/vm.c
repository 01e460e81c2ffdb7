// SPDX-License-Identifier: MIT
/* Address spaces: page tables in LPDDR, written in place (the walker reads LPDDR only). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "simhost_internal.h"

#define PAGE	  ((uint64_t)MTIA_PAGE_SIZE)
#define HUGE_PAGE (1ull << MTIA_HUGE_SHIFT)
#define LEAF_HUGE 2
#define LEAF_PAGE 3

static uint64_t *table_at(const struct simhost *sh, uint64_t offset)
{
	return arena_cpu(&sh->arenas[SIMHOST_MEM_LPDDR], offset);
}

static int table_new(struct simhost_vm *vm, uint64_t *offset)
{
	struct table_page *page = malloc(sizeof(*page));
	int err;

	if (!page)
		return simhost_fail(vm->sh, -ENOMEM, "out of memory");
	err = arena_alloc(&vm->sh->arenas[SIMHOST_MEM_LPDDR], PAGE, PAGE, &page->offset);
	if (err) {
		free(page);
		return simhost_fail(vm->sh, -ENOMEM, "no LPDDR left for page tables");
	}
	page->next = vm->tables;
	vm->tables = page;
	*offset = page->offset;
	return 0;
}

/*
 * The entry for va at `level`, with missing tables made if `make`. NULL and *err = 0: there is no
 * table that far down; *at tells the level of the entry that ended the walk, *stop that entry.
 */
static uint64_t *walk(struct simhost_vm *vm, uint64_t va, unsigned int level, bool make, int *err,
		      unsigned int *at, uint64_t **stop)
{
	uint64_t offset = vm->root;

	*err = 0;
	for (unsigned int l = 0;; l++) {
		uint64_t *entry = &table_at(vm->sh, offset)[MTIA_PT_INDEX(va, l)];

		*at = l;
		*stop = entry;
		if (l == level)
			return entry;
		if (*entry & MTIA_PTE_LEAF)
			return NULL;
		if (!(*entry & MTIA_PTE_VALID)) {
			if (!make)
				return NULL;
			*err = table_new(vm, &offset);
			if (*err)
				return NULL;
			__atomic_store_n(entry, offset | MTIA_PTE_VALID, __ATOMIC_RELEASE);
		}
		offset = *entry & MTIA_PTE_ADDR_MASK;
	}
}

int vm_attach(struct simhost_vm *vm)
{
	uint64_t arg[7] = { vm->asid, vm->root };

	return simhost_call(vm->sh, MTIA_H2D_CTX_CREATE, arg, NULL);
}

int simhost_vm_create(struct simhost *sh, struct simhost_vm **out)
{
	struct simhost_vm *vm;
	int err;

	if (!~sh->asids)
		return simhost_fail(sh, -ENOSPC, "all address spaces are in use");
	vm = calloc(1, sizeof(*vm));
	if (!vm)
		return simhost_fail(sh, -ENOMEM, "out of memory");
	vm->sh = sh;
	vm->asid = (unsigned int)__builtin_ctzll(~sh->asids);
	err = table_new(vm, &vm->root);
	if (!err)
		err = vm_attach(vm);
	if (err) {
		vm_free(vm);
		return err;
	}
	sh->asids |= 1ull << vm->asid;
	vm->next = sh->vms;
	sh->vms = vm;
	*out = vm;
	return 0;
}

void vm_free(struct simhost_vm *vm)
{
	while (vm->mappings) {
		struct mapping *next = vm->mappings->next;

		vm->mappings->buffer->mappings -= (uint32_t)(vm->mappings->size / PAGE);
		free(vm->mappings);
		vm->mappings = next;
	}
	while (vm->tables) {
		struct table_page *next = vm->tables->next;

		arena_free(&vm->sh->arenas[SIMHOST_MEM_LPDDR], vm->tables->offset, PAGE);
		free(vm->tables);
		vm->tables = next;
	}
	free(vm);
}

int simhost_vm_destroy(struct simhost_vm *vm)
{
	struct simhost *sh = vm->sh;
	uint64_t arg[7] = { vm->asid };
	int err;

	if (vm->queues)
		return simhost_fail(sh, -EBUSY, "%u queues use the address space", vm->queues);
	/* A device that cannot answer cannot use the tables for long either: restart resets it. */
	err = sh->state == SIMHOST_READY ? simhost_call(sh, MTIA_H2D_CTX_DESTROY, arg, NULL) : 0;
	if (err)
		return err;
	for (struct simhost_vm **link = &sh->vms; *link; link = &(*link)->next) {
		if (*link == vm) {
			*link = vm->next;
			break;
		}
	}
	sh->asids &= ~(1ull << vm->asid);
	vm_free(vm);
	return 0;
}

static bool range_ok(uint64_t va, uint64_t size)
{
	return va % PAGE == 0 && size && size <= MTIA_VA_USER_MAX && va >= MTIA_VA_USER_MIN &&
	       va <= MTIA_VA_USER_MAX - size;
}

/* Bytes to map with one leaf at va; *level its level. -EEXIST, -ENOMEM. */
static int next_leaf(struct simhost_vm *vm, uint64_t va, uint64_t phys, uint64_t left,
		     unsigned int *level, uint64_t **entry)
{
	unsigned int at;
	uint64_t *stop;
	int err;

	if (left >= HUGE_PAGE && va % HUGE_PAGE == 0 && phys % HUGE_PAGE == 0) {
		*entry = walk(vm, va, LEAF_HUGE, true, &err, &at, &stop);
		if (err)
			return err;
		if (*entry && !(**entry & MTIA_PTE_VALID)) {
			*level = LEAF_HUGE;
			return 0;
		}
	}
	*entry = walk(vm, va, LEAF_PAGE, true, &err, &at, &stop);
	if (err)
		return err;
	if (!*entry || **entry & MTIA_PTE_VALID)
		return simhost_fail(vm->sh, -EEXIST, "VA 0x%llx is mapped already",
				    (unsigned long long)va);
	*level = LEAF_PAGE;
	return 0;
}

int simhost_vm_map(struct simhost_vm *vm, uint64_t va, struct simhost_buffer *buffer,
		   uint64_t offset, uint64_t size, unsigned int perms)
{
	uint64_t whole = (size + PAGE - 1) & ~(PAGE - 1);
	uint64_t flags = MTIA_PTE_VALID | MTIA_PTE_LEAF |
			 (uint64_t)buffer->mem << MTIA_PTE_TARGET_SHIFT;
	struct mapping *record;

	if (!size || offset % PAGE || offset > buffer->size || size > buffer->size - offset ||
	    (size % PAGE && offset + size != buffer->size) || !range_ok(va, whole) || !perms ||
	    perms & ~(SIMHOST_READ | SIMHOST_WRITE | SIMHOST_EXEC))
		return simhost_fail(vm->sh, -EINVAL,
				    "cannot map %llu bytes at offset %llu to VA 0x%llx",
				    (unsigned long long)size, (unsigned long long)offset,
				    (unsigned long long)va);
	flags |= (perms & SIMHOST_READ ? MTIA_PTE_READ : 0) |
		 (perms & SIMHOST_WRITE ? MTIA_PTE_WRITE : 0) |
		 (perms & SIMHOST_EXEC ? MTIA_PTE_EXEC : 0);
	record = malloc(sizeof(*record));
	if (!record)
		return simhost_fail(vm->sh, -ENOMEM, "out of memory");

	/* First everything that can fail, then the leaves. */
	for (unsigned int pass = 0; pass < 2; pass++) {
		for (uint64_t done = 0; done < whole;) {
			uint64_t phys = buffer->offset + offset + done;
			unsigned int level = LEAF_PAGE;
			uint64_t *entry;
			int err = next_leaf(vm, va + done, phys, whole - done, &level, &entry);

			if (err) {
				free(record);
				return err;
			}
			if (pass)
				__atomic_store_n(entry, phys | flags, __ATOMIC_RELEASE);
			done += level == LEAF_HUGE ? HUGE_PAGE : PAGE;
		}
	}
	*record = (struct mapping){
		.va = va, .size = whole, .buffer = buffer, .offset = offset, .next = vm->mappings
	};
	vm->mappings = record;
	buffer->mappings += (uint32_t)(whole / PAGE);
	return 0;
}

/* If va lies inside a large leaf (not at its start), make it 512 small ones. */
static int split_at(struct simhost_vm *vm, uint64_t va)
{
	unsigned int at;
	uint64_t *stop, table = 0, leaf;
	int err;

	if (va % HUGE_PAGE == 0 || va >= MTIA_VA_USER_MAX)
		return 0;
	walk(vm, va, LEAF_PAGE, false, &err, &at, &stop);
	if (at != LEAF_HUGE || !(*stop & MTIA_PTE_LEAF))
		return 0;
	err = table_new(vm, &table);
	if (err)
		return err;
	leaf = *stop;
	for (unsigned int i = 0; i < MTIA_PT_ENTRIES; i++)
		table_at(vm->sh, table)[i] = leaf + i * PAGE;
	__atomic_store_n(stop, table | MTIA_PTE_VALID, __ATOMIC_RELEASE);
	return 0;
}

/* Take [va, end) out of the mapping records; `spare` becomes the tail of one that is cut in two. */
static void forget(struct simhost_vm *vm, uint64_t va, uint64_t end, struct mapping *spare)
{
	struct mapping **link = &vm->mappings;

	while (*link) {
		struct mapping *m = *link;
		uint64_t from = m->va > va ? m->va : va;
		uint64_t to = m->va + m->size < end ? m->va + m->size : end;

		if (from >= to) {
			link = &m->next;
			continue;
		}
		m->buffer->mappings -= (uint32_t)((to - from) / PAGE);
		if (to < m->va + m->size && from > m->va) {
			*spare = *m;
			spare->va = to;
			spare->size = m->va + m->size - to;
			spare->offset += to - m->va;
			m->next = spare;
			spare = NULL;
			m->size = from - m->va;
			break; /* the range lay inside this one */
		} else if (from > m->va) {
			m->size = from - m->va;
			link = &m->next;
		} else if (to < m->va + m->size) {
			m->offset += to - m->va;
			m->size -= to - m->va;
			m->va = to;
			link = &m->next;
		} else {
			*link = m->next;
			free(m);
		}
	}
	free(spare);
}

int simhost_vm_unmap(struct simhost_vm *vm, uint64_t va, uint64_t size)
{
	uint64_t arg[7] = { vm->asid, va, size };
	struct mapping *spare;
	int err;

	if (size % PAGE || !range_ok(va, size))
		return simhost_fail(vm->sh, -EINVAL, "cannot unmap %llu bytes at VA 0x%llx",
				    (unsigned long long)size, (unsigned long long)va);
	err = split_at(vm, va);
	if (!err)
		err = split_at(vm, va + size);
	if (err)
		return err;
	spare = malloc(sizeof(*spare));
	if (!spare)
		return simhost_fail(vm->sh, -ENOMEM, "out of memory");
	for (uint64_t at_va = va; at_va < va + size;) {
		unsigned int level;
		uint64_t *stop, span;

		walk(vm, at_va, LEAF_PAGE, false, &err, &level, &stop);
		span = 1ull << (39 - 9 * level);
		if (*stop & MTIA_PTE_LEAF)
			__atomic_store_n(stop, 0, __ATOMIC_RELEASE);
		at_va = (at_va | (span - 1)) + 1;
	}
	forget(vm, va, va + size, spare);
	if (vm->sh->state != SIMHOST_READY)
		return 0; /* restart invalidates everything */
	return simhost_call(vm->sh, MTIA_H2D_TLB_INV, arg, NULL);
}

void *simhost_vm_lookup(struct simhost_vm *vm, uint64_t va, uint64_t *left)
{
	unsigned int level;
	uint64_t *stop, span, address;
	const struct arena *arena;
	int err;

	if (va >= MTIA_VA_USER_MAX)
		return NULL;
	walk(vm, va, LEAF_PAGE, false, &err, &level, &stop);
	if (!(*stop & MTIA_PTE_LEAF))
		return NULL;
	span = 1ull << (39 - 9 * level);
	address = (*stop & MTIA_PTE_ADDR_MASK) + (va & (span - 1));
	arena = &vm->sh->arenas[(*stop & MTIA_PTE_TARGET_MASK) >> MTIA_PTE_TARGET_SHIFT];
	if (left)
		*left = span - (va & (span - 1));
	return arena_cpu(arena, address);
}

unsigned int simhost_vm_asid(const struct simhost_vm *vm)
{
	return vm->asid;
}
