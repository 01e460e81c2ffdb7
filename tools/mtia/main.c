// SPDX-License-Identifier: MIT
/* mtia: from the command line to a verb, and from an error to an exit code. */
#include <errno.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"

const char *exit_code_text(enum exit_code code)
{
	static const char *const text[] = {
		[EXIT_OK] = "ok",
		[EXIT_UNEXPECTED] = "unexpected failure",
		[EXIT_USAGE] = "wrong usage",
		[EXIT_NO_DEVICE] = "no matching device",
		[EXIT_PERMISSION] = "permission",
		[EXIT_BUSY] = "busy or in use",
		[EXIT_TIMEOUT] = "time limit, hang",
		[EXIT_FAULT] = "fault of device, firmware or job",
		[EXIT_MISMATCH] = "a result differs from the reference",
		[EXIT_UNSUPPORTED] = "unsupported, or versions do not fit",
		[EXIT_BAD_FILE] = "bad input file",
		[EXIT_NO_MEMORY] = "out of memory, of host or device",
	};

	return text[code];
}

/* ---- Errors --------------------------------------------------------------------------------- */

static enum exit_code exit_code_of_job(void)
{
	struct mtia_error e = { .size = sizeof(e) };

	mtia_error_last(&e);
	return e.status == MTIA_JOB_TIMEOUT || e.status == MTIA_JOB_DEADLOCK ? EXIT_TIMEOUT :
									      EXIT_FAULT;
}

enum exit_code exit_code_of(int code)
{
	switch (code) {
	case 0:
		return EXIT_OK;
	case -ENODEV:
	case MTIA_ENODRIVER:
		return EXIT_NO_DEVICE;
	case -EACCES:
	case -EPERM:
		return EXIT_PERMISSION;
	case -EBUSY:
		return EXIT_BUSY;
	case -ETIME:
		return EXIT_TIMEOUT;
	case MTIA_EJOB:
		return exit_code_of_job();
	case MTIA_EFIRMWARE:
	case MTIA_ELOST:
	case MTIA_EMODEL:
	case MTIA_EBANNED:
		return EXIT_FAULT;
	case MTIA_EVERIFY:
		return EXIT_MISMATCH;
	case MTIA_EVERSION:
	case -EOPNOTSUPP:
		return EXIT_UNSUPPORTED;
	case MTIA_EPROGRAM:
	case -ENOENT:
		return EXIT_BAD_FILE;
	case -ENOMEM:
	case -ENOSPC:
		return EXIT_NO_MEMORY;
	default:
		return EXIT_UNEXPECTED;
	}
}

static void envelope(struct json *j, const char *schema)
{
	uint32_t version = mtia_version();
	char text[40], host[65] = "";
	time_t now = time(NULL);
	struct tm utc;

	json_object(j, NULL);
	json_string(j, "schema", schema);
	snprintf(text, sizeof(text), "%u.%u.%u", version >> 16, version >> 8 & 0xff,
		 version & 0xff);
	json_string(j, "tool", text);
	gmtime_r(&now, &utc);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc);
	json_string(j, "time", text);
	gethostname(host, sizeof(host) - 1);
	json_string(j, "host", host);
}

void begin_json(struct command *command)
{
	char schema[64] = "mtia.";
	size_t at = strlen(schema);

	for (const char *c = command->verb->name; *c; c++)
		schema[at++] = *c == ' ' ? '.' : *c;
	strcpy(schema + at, "/1");
	envelope(&command->out, schema);
}

/* All output goes out here, at the end; a full disk is a failure. */
static enum exit_code write_out(struct json *j, enum exit_code code)
{
	size_t length;
	char *text = json_take(j, &length);
	bool written = text && fwrite(text, 1, length, stdout) == length;

	free(text);
	if (written)
		return code;
	fprintf(stderr, "mtia: cannot write the result: %s\n",
		text ? strerror(errno) : "out of memory");
	return code ? code : EXIT_UNEXPECTED;
}

/* Finished values, if there are any, into an open object or array; `from` is empty afterwards. */
static void move_json(struct json *j, struct json *from)
{
	size_t length;
	char *text = from->text ? json_take(from, &length) : NULL;

	if (text) {
		text[length - 1] = 0;
		json_raw(j, text);
	}
	free(text);
}

static void end_warnings(struct json *j, struct command *command)
{
	json_array(j, "warnings");
	move_json(j, &command->warnings);
	json_end_array(j);
}

static enum exit_code report(struct command *command, enum exit_code code, const char *name,
			     const struct mtia_error *e)
{
	struct json j = { 0 };

	fprintf(stderr, "mtia: %s\n", e->message);
	if (e->hint[0])
		fprintf(stderr, "mtia: try: %s\n", e->hint);
	if (!command->json)
		return code;
	json_drop(&command->out);
	envelope(&j, "mtia.error/1");
	json_object(&j, "error");
	json_u64(&j, "code", code);
	json_string(&j, "name", name);
	if (e->sys_errno)
		json_i64(&j, "errno", e->sys_errno);
	else
		json_null(&j, "errno");
	json_string(&j, "message", e->message);
	json_string(&j, "hint", e->hint[0] ? e->hint : NULL);
	json_string(&j, "verb", command->verb ? command->verb->name : NULL);
	json_string(&j, "operation", e->operation[0] ? e->operation : NULL);
	json_string(&j, "device", e->device[0] ? e->device : NULL);
	if (e->seq) {
		json_object(&j, "job");
		json_u64(&j, "queue", e->queue_id);
		json_u64(&j, "seq", e->seq);
		json_string(&j, "status", mtia_job_status_name(e->status));
		if (e->pe_row >= 0) {
			json_i64(&j, "pe_row", e->pe_row);
			json_i64(&j, "pe_col", e->pe_col);
		}
		json_end_object(&j);
	}
	json_end_object(&j);
	move_json(&j, &command->findings);
	end_warnings(&j, command);
	json_end_object(&j);
	return write_out(&j, code);
}

enum exit_code fail_library(struct command *command, int code)
{
	struct mtia_error e = { .size = sizeof(e) };
	enum exit_code exit_code = exit_code_of(code);

	mtia_error_last(&e);
	if (!strcmp(e.operation, "MTIA_BACKEND"))
		exit_code = EXIT_USAGE;
	return report(command, exit_code, mtia_errname(code), &e);
}

enum exit_code fail_with(struct command *command, enum exit_code code, const char *name,
			 const char *hint, const char *format, ...)
{
	struct mtia_error e = { .size = sizeof(e) };
	va_list args;

	va_start(args, format);
	vsnprintf(e.message, sizeof(e.message), format, args);
	va_end(args);
	if (hint)
		snprintf(e.hint, sizeof(e.hint), "%s", hint);
	return report(command, code, name, &e);
}

void warn(struct command *command, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fprintf(stderr, "mtia: warning: %s\n", text);
	if (!command->json)
		return;
	json_string(&command->warnings, NULL, text);
}

/* ---- Dispatch ------------------------------------------------------------------------------- */

/* How many words of args name a verb; 0 = none does. */
static int find_verb(char **args, int count, const struct verb **verb)
{
	for (const struct verb *v = verbs; v->name && count; v++) {
		const char *space = strchr(v->name, ' ');
		size_t first = space ? (size_t)(space - v->name) : strlen(v->name);

		if (strlen(args[0]) != first || strncmp(args[0], v->name, first))
			continue;
		if (!space) {
			*verb = v;
			return 1;
		}
		if (count > 1 && !strcmp(args[1], space + 1)) {
			*verb = v;
			return 2;
		}
	}
	return 0;
}

static enum exit_code usage(struct command *command, const char *message)
{
	struct mtia_error e = { .size = sizeof(e) };
	char line[256];

	/* One line: the hint is part of it. */
	snprintf(line, sizeof(line), "see 'mtia help%s%s'", command->verb ? " " : "",
		 command->verb ? command->verb->name : "");
	snprintf(e.message, sizeof(e.message), "%.150s; %.90s", message, line);
	return report(command, EXIT_USAGE, "EUSAGE", &e);
}

static enum exit_code help(struct command *command, char **args, int count)
{
	if (!count) {
		print_overview();
		return EXIT_OK;
	}
	if (find_verb(args, count, &command->verb) != count)
		return usage(command, "no such verb");
	print_help(command->verb);
	return EXIT_OK;
}

static enum exit_code run(struct command *command, char **args, int count)
{
	/* NOLINTNEXTLINE: main() has found the verb */
	void *options = calloc(1, command->verb->options_size + 1);
	enum exit_code code;
	char error[160];

	if (!options)
		return fail_with(command, EXIT_NO_MEMORY, "ENOMEM", NULL, "out of memory");
	if (command->verb->defaults)
		memcpy(options, command->verb->defaults, command->verb->options_size);
	code = options_parse(command, args, count, options, error, sizeof(error));
	if (code) {
		code = usage(command, error);
	} else if (command->help) {
		print_help(command->verb);
	} else {
		code = command->verb->run(command, options);
		if (command->json && command->out.depth) {
			end_warnings(&command->out, command);
			json_end_object(&command->out);
			code = write_out(&command->out, code);
		}
	}
	free(options);
	json_drop(&command->out);
	json_drop(&command->warnings);
	json_drop(&command->findings);
	return code;
}

int main(int argc, char **argv)
{
	struct command command = { 0 };
	enum exit_code code;
	char text[160];
	int words;

	setlocale(LC_CTYPE, "");
	/* Known before anything can go wrong, so that errors of usage are JSON too. */
	for (int i = 1; i < argc; i++)
		command.json |= !strcmp(argv[i], "--json");
	argv++;
	argc--;
	if (argc && !strcmp(*argv, "--json")) {
		argv++;
		argc--;
	}
	words = find_verb(argv, argc, &command.verb);
	if (!argc) {
		code = usage(&command, "a verb is missing");
	} else if (!strcmp(argv[0], "help") || !strcmp(argv[0], "--help") ||
		   !strcmp(argv[0], "-h")) {
		code = help(&command, argv + 1, argc - 1);
	} else if (!strcmp(argv[0], "--version")) {
		find_verb((char *[]){ "version" }, 1, &command.verb);
		code = run(&command, argv + 1, argc - 1);
	} else if (!words) {
		snprintf(text, sizeof(text), "no verb '%.60s%s%.60s'", argv[0],
			 !strcmp(argv[0], "run") && argc > 1 ? " " : "",
			 !strcmp(argv[0], "run") && argc > 1 ? argv[1] : "");
		code = usage(&command, text);
	} else {
		code = run(&command, argv + words, argc - words);
	}
	if ((fflush(stdout) || ferror(stdout)) && !code) {
		fprintf(stderr, "mtia: cannot write the result: %s\n", strerror(errno));
		code = EXIT_UNEXPECTED;
	}
	return code;
}
