// SPDX-License-Identifier: MIT
/*
 * mkimage: turn the linked control firmware (ELF64, RISC-V) into the image that drivers load.
 *
 *	mkimage VERSION firmware.elf firmware.bin
 *
 * The same ELF gives the same image, byte for byte: nothing of time, host or path goes in. The
 * build id is the linker's. The result is put through the loader's own check before it is written.
 */
#include <elf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fwimage.h"
#include "mtia/regs.h"

static int fail(const char *what, const char *path)
{
	fprintf(stderr, "mkimage: %s: %s\n", path, what);
	return 1;
}

static uint8_t *read_whole(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	uint8_t *bytes = NULL;
	long length;

	if (!file)
		return NULL;
	if (fseek(file, 0, SEEK_END) == 0 && (length = ftell(file)) > 0 &&
	    fseek(file, 0, SEEK_SET) == 0 && (bytes = malloc((size_t)length)) != NULL) {
		*size = (size_t)length;
		if (fread(bytes, 1, *size, file) != *size) {
			free(bytes);
			bytes = NULL;
		}
	}
	fclose(file);
	return bytes;
}

static bool inside(uint64_t offset, uint64_t length, size_t size)
{
	return length <= size && offset <= size - length;
}

/* NULL, or what is wrong. */
static const char *add_section(struct mtia_fw_header *header, uint8_t *image, const uint8_t *elf,
			       size_t elf_size, const Elf64_Phdr *ph)
{
	struct mtia_fw_section *s;
	uint32_t at = (header->image_size + 7) & ~7u;

	if (header->section_count == MTIA_FW_MAX_SECTIONS)
		return "more segments than the image format has sections";
	if (!inside(ph->p_offset, ph->p_filesz, elf_size) || ph->p_filesz > ph->p_memsz)
		return "a segment leaves the file";
	if (ph->p_paddr < MTIA_PA_LPDDR || ph->p_paddr - MTIA_PA_LPDDR >= MTIA_FW_IMAGE_LIMIT ||
	    ph->p_memsz > MTIA_FW_IMAGE_LIMIT)
		return "a segment is linked outside the firmware region";
	if (!inside(at, ph->p_filesz, MTIA_FW_MAX_SIZE))
		return "the image would be too large";
	s = &header->sections[header->section_count++];
	s->load_offset = (uint32_t)(ph->p_paddr - MTIA_PA_LPDDR);
	s->mem_size = (uint32_t)ph->p_memsz;
	s->file_size = (uint32_t)ph->p_filesz;
	if (!s->file_size)
		return NULL;
	s->file_offset = at;
	memcpy(image + at, elf + ph->p_offset, ph->p_filesz);
	header->image_size = at + s->file_size;
	return NULL;
}

static void take_build_id(struct mtia_fw_header *header, const uint8_t *elf, size_t elf_size,
			  const Elf64_Phdr *ph)
{
	Elf64_Nhdr note;

	if (ph->p_filesz < sizeof(note) + 4 + sizeof(header->build_id) ||
	    !inside(ph->p_offset, ph->p_filesz, elf_size))
		return;
	memcpy(&note, elf + ph->p_offset, sizeof(note));
	if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
	    note.n_descsz == sizeof(header->build_id))
		memcpy(header->build_id, elf + ph->p_offset + sizeof(note) + 4,
		       sizeof(header->build_id));
}

static const char *convert(const uint8_t *elf, size_t elf_size, struct mtia_fw_header *header,
			   uint8_t *image)
{
	Elf64_Ehdr eh;

	if (elf_size < sizeof(eh))
		return "not an ELF file";
	memcpy(&eh, elf, sizeof(eh));
	if (memcmp(eh.e_ident, ELFMAG, SELFMAG) || eh.e_ident[EI_CLASS] != ELFCLASS64 ||
	    eh.e_machine != EM_RISCV || eh.e_type != ET_EXEC)
		return "not a linked 64-bit RISC-V ELF file";
	if (eh.e_phentsize != sizeof(Elf64_Phdr) ||
	    !inside(eh.e_phoff, (uint64_t)eh.e_phnum * sizeof(Elf64_Phdr), elf_size))
		return "damaged program headers";
	for (unsigned int i = 0; i < eh.e_phnum; i++) {
		Elf64_Phdr ph;
		const char *wrong = NULL;

		memcpy(&ph, elf + eh.e_phoff + i * sizeof(ph), sizeof(ph));
		if (ph.p_type == PT_LOAD && ph.p_memsz)
			wrong = add_section(header, image, elf, elf_size, &ph);
		else if (ph.p_type == PT_NOTE)
			take_build_id(header, elf, elf_size, &ph);
		if (wrong)
			return wrong;
	}
	if (eh.e_entry < MTIA_PA_LPDDR || eh.e_entry - MTIA_PA_LPDDR >= MTIA_FW_IMAGE_LIMIT)
		return "entry point outside the firmware region";
	header->entry_offset = (uint32_t)(eh.e_entry - MTIA_PA_LPDDR);
	return NULL;
}

int main(int argc, char **argv)
{
	struct mtia_fw_header header = {
		.magic = MTIA_FW_MAGIC,
		.header_size = sizeof(header),
		.image_size = sizeof(header),
		.abi_major = MTIA_FW_ABI_MAJOR,
		.abi_minor = MTIA_FW_ABI_MINOR,
		.features = MTIA_FW_FEAT_REDUCTION,
	};
	enum fwimage_defect defect;
	const char *wrong;
	size_t elf_size;
	uint8_t *elf, *image;
	FILE *out;

	if (argc != 4 || strlen(argv[1]) >= sizeof(header.version)) {
		fprintf(stderr, "usage: mkimage VERSION firmware.elf firmware.bin\n");
		return 2;
	}
	memcpy(header.version, argv[1], strlen(argv[1]));
	elf = read_whole(argv[2], &elf_size);
	image = calloc(1, MTIA_FW_MAX_SIZE);
	if (!elf || !image)
		return fail(strerror(errno), argv[2]); /* NOLINT: the program ends */
	wrong = convert(elf, elf_size, &header, image);
	if (wrong)
		return fail(wrong, argv[2]);
	header.payload_crc = fwimage_crc32c(0, image + sizeof(header),
					    header.image_size - sizeof(header));
	header.header_crc = fwimage_header_crc(&header);
	memcpy(image, &header, sizeof(header));
	defect = fwimage_check(image, header.image_size, NULL);
	if (defect != FWIMAGE_OK)
		return fail(fwimage_defect_text(defect), argv[2]);

	out = fopen(argv[3], "wb");
	if (!out)
		return fail(strerror(errno), argv[3]);
	if (fwrite(image, 1, header.image_size, out) != header.image_size) {
		fclose(out);
		return fail("write failed", argv[3]);
	}
	if (fclose(out))
		return fail(strerror(errno), argv[3]);
	free(image);
	free(elf);
	return 0;
}
