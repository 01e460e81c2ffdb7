/* SPDX-License-Identifier: MIT */
/*
 * The frame of the mtia command: verbs, their options, exit codes, output.
 *
 * A verb is one entry of verbs[] (verbs.c). Its option table is the only description of its
 * options: parsing, help, completion and the manual's tables come from there. With --json, stdout
 * gets exactly one JSON document, also when the verb fails; everything else goes to stderr.
 */
#ifndef MTIA_CLI_H
#define MTIA_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "json.h"
#include "mtia/mtia.h"

#ifdef __clang_analyzer__ /* it sees one file at a time: a failure's code is never 0 */
#define mtia_error_set(code, ...) (mtia_error_set(code, __VA_ARGS__), code)
#endif

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* RETURN VALUE of mtia(1). */
enum exit_code {
	EXIT_OK = 0,
	EXIT_UNEXPECTED = 1,
	EXIT_USAGE = 2,
	EXIT_NO_DEVICE = 3,
	EXIT_PERMISSION = 4,
	EXIT_BUSY = 5,
	EXIT_TIMEOUT = 6,
	EXIT_FAULT = 7,
	EXIT_MISMATCH = 8,
	EXIT_UNSUPPORTED = 9,
	EXIT_BAD_FILE = 10,
	EXIT_NO_MEMORY = 11,
};
const char *exit_code_text(enum exit_code code);

/* ---- Options -------------------------------------------------------------------------------- */

enum option_kind {
	OPTION_FLAG,   /* bool; --no-NAME clears it */
	OPTION_NUMBER, /* uint64_t in min .. max; suffixes k, M, G are powers of 1024 */
	OPTION_TEXT,   /* const char * */
	OPTION_FILE,   /* const char *, completes file names */
	OPTION_CHOICE, /* unsigned int, index in choices */
};

struct option_spec {
	const char *name; /* "pooling"; NULL ends a table */
	char letter;	  /* -l, or 0 */
	enum option_kind kind;
	size_t offset; /* in the verb's options */
	const char *argument, *help;
	uint64_t min, max;
	const char *const *choices; /* NULL-terminated */
	bool required;
};

struct command;
struct verb {
	const char *name; /* "list", "run fc" */
	const char *summary;
	const struct option_spec *options; /* of its own, or NULL */
	const void *defaults;		   /* of its options */
	size_t options_size;
	bool device; /* takes -d */
	enum exit_code (*run)(struct command *command, const void *options);
	const char *about; /* paragraph of its help, or NULL */
};
extern const struct verb verbs[]; /* ended by a NULL name */
extern const struct option_spec common_options[], device_option[];

struct command {
	const struct verb *verb;
	const char *device; /* selector, or NULL */
	bool json, help;
	struct json out; /* of --json: the envelope is open */
	struct json warnings;
	struct json findings; /* of --json: members that the document of an error gets too */
};

/*
 * Parse what follows the verb. Fills `command` and `options` (verb->options_size bytes). Returns
 * EXIT_OK, or EXIT_USAGE with one sentence in `error`.
 */
enum exit_code options_parse(struct command *command, char **args, int count, void *options,
			     char *error, size_t error_size);
void print_help(const struct verb *verb);
void print_overview(void);
void print_completion(void);

/* ---- Output --------------------------------------------------------------------------------- */

/* Open the document: schema "mtia.VERB/1", tool, time, host. Call once, first, with --json only. */
void begin_json(struct command *command);
/* Something that did not work and does not matter: stderr, and the document's warnings. */
void warn(struct command *command, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * End with the library's newest error, whose code is `code`: message and hint on stderr, with
 * --json also as a document. Returns the exit code that belongs to it.
 */
enum exit_code fail_library(struct command *command, int code);
/* The same for an error of our own. `name` is for JSON. */
enum exit_code fail_with(struct command *command, enum exit_code code, const char *name,
			 const char *hint, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
enum exit_code exit_code_of(int library_code);

/* "1.5 GiB", "12.3 ms": `buf` has 32 bytes; returns it. */
const char *bytes_text(uint64_t bytes, char buf[32]);
const char *time_text(double ns, char buf[32]);

/* Deterministic random numbers (splitmix64). */
uint64_t random_next(uint64_t *state);

/* ---- Verbs ---------------------------------------------------------------------------------- */

enum exit_code verb_list(struct command *command, const void *options);
enum exit_code verb_info(struct command *command, const void *options);
enum exit_code verb_version(struct command *command, const void *options);
enum exit_code verb_doctor(struct command *command, const void *options);
enum exit_code verb_validate(struct command *command, const void *options);
enum exit_code verb_run_fc(struct command *command, const void *options);
enum exit_code verb_run_tbe(struct command *command, const void *options);
enum exit_code verb_run_dlrm(struct command *command, const void *options);
enum exit_code verb_completion(struct command *command, const void *options);

struct list_options {
	bool require;
};

struct fc_options {
	uint64_t m, k, n, seed, k_split, repeat, timeout_ms;
	unsigned int type; /* enum mtia_matmul */
	unsigned int out; /* enum mtia_fc_out */
	bool a_signed, per_tensor, asymmetric; /* INT8 */
	bool relu, check;
};
/* The words of those options. */
extern const char *const fc_types[], *const fc_outs[];

enum tbe_mode { TBE_SUM, TBE_MEAN, TBE_WEIGHTED, TBE_NONE };
enum tbe_index_bits { TBE_INDEX_32, TBE_INDEX_64 };
#define TBE_LAYOUT_MIXED 6 /* behind enum mtia_table_layout: all of them, in turn */
struct tbe_options {
	uint64_t tables, rows, dim, pooling, batch, seed, repeat, timeout_ms;
	uint64_t pruned; /* percent of the indices */
	uint64_t bad;	 /* indices outside their table, and offsets out of order */
	unsigned int layout; /* enum mtia_table_layout, TBE_LAYOUT_MIXED */
	unsigned int mode; /* enum tbe_mode */
	unsigned int out; /* enum mtia_tbe_out */
	unsigned int bounds; /* enum mtia_bounds */
	unsigned int index_bits; /* enum tbe_index_bits */
	bool mixed_dim, check;
};
/* The words of those options. */
extern const char *const tbe_layouts[], *const tbe_modes[], *const tbe_outs[], *const tbe_bounds[];

struct dlrm_options {
	const char *data, *model;
	uint64_t batch, limit;
};

struct validate_options {
	bool quick;
};

#endif /* MTIA_CLI_H */
