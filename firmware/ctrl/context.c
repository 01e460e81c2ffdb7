// SPDX-License-Identifier: MIT
/* Address spaces: which ASIDs have a root, and who uses them. ASID 0 never has one. */
#include "fw.h"

int context_create(struct fw *fw, uint64_t asid, uint64_t root)
{
	if (!asid || asid >= MTIA_MAX_ASIDS || root % MTIA_PAGE_SIZE ||
	    !fw_lpddr_range_ok(fw, root, MTIA_PAGE_SIZE))
		return -FW_EINVAL;
	if (fw->contexts & FW_BIT(asid))
		return -FW_EEXIST;
	port_tlb_invalidate((uint32_t)asid, 0, 0);
	port_mmu_root((unsigned int)asid, root | MTIA_MMU_ROOT_ENABLE);
	fw->contexts |= FW_BIT(asid);
	return 0;
}

int context_destroy(struct fw *fw, uint64_t asid)
{
	if (!asid || asid >= MTIA_MAX_ASIDS)
		return -FW_EINVAL;
	if (!(fw->contexts & FW_BIT(asid)))
		return -FW_ENOENT;
	if (fw->context_users[asid])
		return -FW_EBUSY;
	port_mmu_root((unsigned int)asid, 0);
	port_tlb_invalidate((uint32_t)asid, 0, 0);
	fw->contexts &= ~FW_BIT(asid);
	return 0;
}

int context_tlb_invalidate(struct fw *fw, uint64_t asid, uint64_t va, uint64_t size)
{
	if (!asid || asid >= MTIA_MAX_ASIDS || size > MTIA_VA_USER_MAX ||
	    va > MTIA_VA_USER_MAX - size)
		return -FW_EINVAL;
	if (!(fw->contexts & FW_BIT(asid)))
		return -FW_ENOENT;
	port_tlb_invalidate((uint32_t)asid, va, size);
	return 0;
}
