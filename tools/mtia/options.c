// SPDX-License-Identifier: MIT
/* Reading, explaining and completing options, all from the tables in verbs.c. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

/* The tables that hold for a verb: common ones, -d, its own. */
static size_t tables_of(const struct verb *verb, const struct option_spec *tables[3])
{
	size_t count = 0;

	tables[count++] = common_options;
	if (verb->device)
		tables[count++] = device_option;
	if (verb->options)
		tables[count++] = verb->options;
	return count;
}

static const struct option_spec *find_long(const struct verb *verb, const char *name, size_t length,
					   bool *negated)
{
	const struct option_spec *tables[3];
	size_t count = tables_of(verb, tables);

	for (size_t t = 0; t < count; t++)
		for (const struct option_spec *o = tables[t]; o->name; o++) {
			*negated = false;
			if (strlen(o->name) == length && !strncmp(o->name, name, length))
				return o;
			*negated = true;
			if (o->kind == OPTION_FLAG && length > 3 && !strncmp(name, "no-", 3) &&
			    strlen(o->name) == length - 3 &&
			    !strncmp(o->name, name + 3, length - 3))
				return o;
		}
	return NULL;
}

static const struct option_spec *find_letter(const struct verb *verb, char letter)
{
	const struct option_spec *tables[3];
	size_t count = tables_of(verb, tables);

	for (size_t t = 0; t < count; t++)
		for (const struct option_spec *o = tables[t]; o->name; o++)
			if (o->letter == letter)
				return o;
	return NULL;
}

static bool is_own(const struct verb *verb, const struct option_spec *option)
{
	for (const struct option_spec *o = verb->options; o && o->name; o++)
		if (o == option)
			return true;
	return false;
}

static bool read_number(const char *text, uint64_t *value)
{
	unsigned long long number;
	unsigned int shift = 0;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	number = strtoull(text, &end, 0);
	if (errno)
		return false;
	if (*end == 'k' || *end == 'K')
		shift = 10;
	else if (*end == 'M')
		shift = 20;
	else if (*end == 'G')
		shift = 30;
	if (end[shift ? 1 : 0] || (shift && number >> (64 - shift)))
		return false;
	*value = number << shift;
	return true;
}

static enum exit_code store(const struct option_spec *o, void *base, const char *text, bool negated,
			    char *error, size_t error_size)
{
	void *to = (char *)base + o->offset;
	uint64_t number;
	size_t used;

	switch (o->kind) {
	case OPTION_FLAG:
		*(bool *)to = !negated;
		return EXIT_OK;
	case OPTION_TEXT:
	case OPTION_FILE:
		*(const char **)to = text;
		return EXIT_OK;
	case OPTION_NUMBER:
		if (read_number(text, &number) && number >= o->min && number <= o->max) {
			*(uint64_t *)to = number;
			return EXIT_OK;
		}
		snprintf(error, error_size, "--%s: '%.60s' is not a number in %llu .. %llu",
			 o->name, text, (unsigned long long)o->min, (unsigned long long)o->max);
		return EXIT_USAGE;
	case OPTION_CHOICE:
		for (unsigned int i = 0; o->choices[i]; i++)
			if (!strcmp(o->choices[i], text)) {
				*(unsigned int *)to = i;
				return EXIT_OK;
			}
		used = snprintf(error, error_size, "--%s: '%.60s' is not one of", o->name, text);
		for (unsigned int i = 0; o->choices[i] && used < error_size; i++)
			used += snprintf(error + used, error_size - used, " %s", o->choices[i]);
		return EXIT_USAGE;
	}
	return EXIT_USAGE;
}

enum exit_code options_parse(struct command *command, char **args, int count, void *options,
			     char *error, size_t error_size)
{
	const struct verb *verb = command->verb;
	uint64_t seen = 0;

	for (int i = 0; i < count; i++) {
		const struct option_spec *o = NULL;
		const char *arg = args[i], *value = NULL;
		enum exit_code ret;
		bool negated = false;
		size_t length;

		if (!strncmp(arg, "--", 2) && arg[2]) {
			value = strchr(arg, '=');
			length = value ? (size_t)(value - arg) - 2 : strlen(arg + 2);
			value = value ? value + 1 : NULL;
			o = find_long(verb, arg + 2, length, &negated);
		} else if (arg[0] == '-' && arg[1] && arg[1] != '-') {
			o = find_letter(verb, arg[1]);
			value = arg[2] ? arg + 2 : NULL;
		} else {
			snprintf(error, error_size, "unexpected argument '%.80s'", arg);
			return EXIT_USAGE;
		}
		if (!o) {
			snprintf(error, error_size, "unknown option '%.80s'", arg);
			return EXIT_USAGE;
		}
		if (o->kind == OPTION_FLAG && value) {
			snprintf(error, error_size, "--%s takes no argument", o->name);
			return EXIT_USAGE;
		}
		if (o->kind != OPTION_FLAG && !value) {
			if (i + 1 == count) {
				snprintf(error, error_size, "--%s needs an argument", o->name);
				return EXIT_USAGE;
			}
			value = args[++i];
		}
		ret = store(o, is_own(verb, o) ? options : (void *)command, value, negated, error,
			    error_size);
		if (ret)
			return ret;
		if (is_own(verb, o))
			seen |= 1ull << (o - verb->options);
	}
	for (const struct option_spec *o = verb->options; o && o->name && !command->help; o++)
		if (o->required && !(seen >> (o - verb->options) & 1)) {
			snprintf(error, error_size, "--%s is required", o->name);
			return EXIT_USAGE;
		}
	return EXIT_OK;
}

/* ---- Help ----------------------------------------------------------------------------------- */

static void print_default(const struct option_spec *o, const void *defaults)
{
	const void *from = (const char *)defaults + o->offset;

	if (!defaults || o->required)
		return;
	if (o->kind == OPTION_NUMBER && *(const uint64_t *)from)
		printf(" [%llu]", (unsigned long long)*(const uint64_t *)from);
	else if (o->kind == OPTION_CHOICE)
		printf(" [%s]", o->choices[*(const unsigned int *)from]);
	else if (o->kind == OPTION_FLAG && *(const bool *)from)
		printf(" [yes; --no-%s]", o->name);
}

static void print_options(const struct option_spec *table, const void *defaults)
{
	for (const struct option_spec *o = table; o && o->name; o++) {
		char left[64];
		size_t used;

		used = snprintf(left, sizeof(left), "  %c%c%c --%s", o->letter ? '-' : ' ',
				o->letter ? o->letter : ' ', o->letter ? ',' : ' ', o->name);
		if (o->kind == OPTION_CHOICE)
			for (unsigned int i = 0; o->choices[i] && used < sizeof(left); i++)
				used += snprintf(left + used, sizeof(left) - used, "%c%s",
						 i ? '|' : ' ', o->choices[i]);
		else if (o->kind != OPTION_FLAG)
			snprintf(left + used, sizeof(left) - used, " %s", o->argument);
		printf("%-32s %s", left, o->help);
		if (o->required)
			printf(" (required)");
		print_default(o, defaults);
		putchar('\n');
	}
}

void print_help(const struct verb *verb)
{
	printf("usage: mtia %s [options]\n\n%s.\n", verb->name, verb->summary);
	if (verb->about)
		printf("\n%s\n", verb->about);
	printf("\nOptions:\n");
	print_options(verb->options, verb->defaults);
	if (verb->device)
		print_options(device_option, NULL);
	print_options(common_options, NULL);
}

void print_overview(void)
{
	printf("usage: mtia VERB [options]\n\nVerbs:\n");
	for (const struct verb *v = verbs; v->name; v++)
		printf("  %-16s %s\n", v->name, v->summary);
	printf("\n'mtia help VERB' or 'mtia VERB --help' explains one. Exit codes:\n");
	for (int code = EXIT_OK; code <= EXIT_NO_MEMORY; code++)
		printf("  %2d  %s\n", code, exit_code_text(code));
	printf("\nMTIA_BACKEND=sim in the environment: the chip model in this process instead of a\n"
	       "device. Manual: mtia(1), libmtia-user(7).\n");
}

/* ---- Completion of bash --------------------------------------------------------------------- */

static void completion_words(const struct option_spec *table)
{
	for (const struct option_spec *o = table; o && o->name; o++)
		printf(" --%s", o->name);
}

static void completion_values(const struct verb *verb)
{
	for (const struct option_spec *o = verb->options; o && o->name; o++) {
		if (o->kind == OPTION_FILE)
			printf("\t'%s:--%s') COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n",
			       verb->name, o->name);
		if (o->kind != OPTION_CHOICE)
			continue;
		printf("\t'%s:--%s') COMPREPLY=($(compgen -W '", verb->name, o->name);
		for (unsigned int i = 0; o->choices[i]; i++)
			printf("%s%s", i ? " " : "", o->choices[i]);
		printf("' -- \"$cur\")); return ;;\n");
	}
}

void print_completion(void)
{
	printf("# bash completion of mtia; to use it: source <(mtia completion)\n"
	       "_mtia()\n{\n"
	       "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
	       "\tlocal verb=${COMP_WORDS[1]} words=\n"
	       "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n\t\twords='help");
	for (const struct verb *v = verbs; v->name; v++)
		if (!strchr(v->name, ' '))
			printf(" %s", v->name);
	printf(" run'\n"
	       "\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\")); return\n"
	       "\tfi\n"
	       "\tif [ \"$verb\" = run ] && [ \"$COMP_CWORD\" -eq 2 ]; then\n\t\twords='");
	for (const struct verb *v = verbs; v->name; v++)
		if (!strncmp(v->name, "run ", 4))
			printf("%s ", v->name + 4);
	printf("'\n"
	       "\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\")); return\n"
	       "\tfi\n"
	       "\t[ \"$verb\" = run ] && verb=\"run ${COMP_WORDS[2]}\"\n"
	       "\tcase \"$verb:$prev\" in\n");
	for (const struct verb *v = verbs; v->name; v++)
		completion_values(v);
	printf("\tesac\n\tcase \"$verb\" in\n");
	for (const struct verb *v = verbs; v->name; v++) {
		printf("\t'%s') words='", v->name);
		completion_words(v->options);
		if (v->device)
			completion_words(device_option);
		completion_words(common_options);
		printf("' ;;\n");
	}
	printf("\tesac\n"
	       "\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
	       "}\ncomplete -F _mtia mtia\n");
}
