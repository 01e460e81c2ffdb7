// SPDX-License-Identifier: MIT
/*
 * The firmware's log: lines are formatted into a ring in device memory and carried to the host's
 * ring by the outbox when it has nothing better to do. A line that finds no room is counted, never
 * waited for.
 */
#include "fw.h"

#include <stdarg.h>

#define LINE_MAX_CHARS 160

struct line {
	char text[LINE_MAX_CHARS];
	unsigned int length;
};

static void put(struct line *line, char c)
{
	if (line->length < sizeof(line->text) - 1)
		line->text[line->length++] = c;
}

static void put_number(struct line *line, uint64_t value, unsigned int base)
{
	char digits[20];
	unsigned int n = 0;

	do {
		digits[n++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	while (n)
		put(line, digits[--n]);
}

/* %s, %u, %x, %llu, %llx, %d: all that this firmware says. */
static void format_line(struct line *line, const char *format, va_list args)
{
	for (; *format; format++) {
		bool wide = false;

		if (*format != '%') {
			put(line, *format);
			continue;
		}
		format++;
		if (format[0] == 'l' && format[1] == 'l') {
			wide = true;
			format += 2;
		}
		if (*format == 's') {
			for (const char *s = va_arg(args, const char *); *s; s++)
				put(line, *s);
		} else if (*format == 'd') {
			int value = va_arg(args, int);

			if (value < 0)
				put(line, '-');
			put_number(line, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 10);
		} else if (*format == 'u' || *format == 'x') {
			uint64_t value = wide ? va_arg(args, unsigned long long) :
						va_arg(args, unsigned int);

			put_number(line, value, *format == 'x' ? 16 : 10);
		} else {
			return;
		}
	}
}

static void store(struct fw *fw, const struct line *line)
{
	uint64_t room = FW_LOG_SIZE - (fw->log_written - fw->log_sent);

	if (line->length > room) {
		fw->log_lost++;
		return;
	}
	for (unsigned int i = 0; i < line->length; i++)
		fw->log_text[fw->log_written++ % FW_LOG_SIZE] = line->text[i];
}

static void start_line(struct line *line, unsigned int level)
{
	line->length = 0;
	put(line, '[');
	put_number(line, port_time(), 10);
	put(line, ']');
	put(line, ' ');
	put(line, "EWID"[level & 3]);
	put(line, ' ');
}

void fw_log(struct fw *fw, unsigned int level, const char *format, ...)
{
	struct line line;
	va_list args;

	if (level > fw->log_level || !fw->boot.log_addr)
		return;
	if (fw->log_lost && FW_LOG_SIZE - (fw->log_written - fw->log_sent) > 2 * sizeof(line.text)) {
		start_line(&line, FW_LOG_WARN);
		put_number(&line, fw->log_lost, 10);
		for (const char *s = " lines lost\n"; *s; s++)
			put(&line, *s);
		fw->log_lost = 0;
		store(fw, &line);
	}
	start_line(&line, level);
	va_start(args, format);
	format_line(&line, format, args);
	va_end(args);
	line.text[line.length++] = '\n'; /* put() always leaves one character */
	store(fw, &line);
	outbox_kick(fw);
}
