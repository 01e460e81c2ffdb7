// SPDX-License-Identifier: GPL-2.0
/* See qtest.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "qtest.h"

#define ANSWER_MS 20000
#define WAIT_MS 5000
#define MAX_ARGS 64

/* A line-wise stream: qtest's or QMP's. */
struct stream {
	int fd;
	size_t used;
	char buf[1 << 16];
};

struct qtest {
	pid_t pid;
	char dir[64];
	struct stream test;
	struct stream qmp;
	char events[1 << 12]; /* those that came before an answer, newest kept */
	char answer[1 << 16];
};

static _Noreturn __attribute__((format(printf, 1, 2))) void die(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fputs("# qtest: ", stderr);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
	exit(1);
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ll + ts.tv_nsec / 1000000;
}

/* ---- Processes ---------------------------------------------------------------------------------- */

static const char *setting(const char *name)
{
	const char *value = getenv(name);

	if (!value || !*value)
		die("%s is not set; run this by tests/qtest/build.mk's command", name);
	return value;
}

static pid_t spawn(const char *const *args, const char *const *more, int output)
{
	const char *argv[MAX_ARGS] = { setting("QEMU"), "-L", setting("QEMU_DATA"), "-M", "q35",
				       "-accel", "qtest", "-display", "none", "-nodefaults", "-m",
				       "256M",
				       /* Hotplug by the root port itself, not by ACPI. */
				       "-global",
				       "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off" };
	size_t n = 14;
	pid_t parent = getpid();
	pid_t pid;

	for (; *args && n < MAX_ARGS - 1; args++)
		argv[n++] = *args;
	for (; *more && n < MAX_ARGS - 1; more++)
		argv[n++] = *more;
	argv[n] = NULL;

	pid = fork();
	if (pid < 0)
		die("fork: %s", strerror(errno));
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);

		dup2(null, 0);
		dup2(output >= 0 ? output : 2, 1);
		if (output >= 0)
			dup2(output, 2);
		/* QEMU must not outlive a test that failed. */
		signal(SIGPIPE, SIG_DFL);
		if (getppid() != parent)
			_exit(127);
		execv(argv[0], (char *const *)argv);
		_exit(127);
	}
	return pid;
}

static int listen_at(const char *dir, const char *name, struct sockaddr_un *addr)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	addr->sun_family = AF_UNIX;
	snprintf(addr->sun_path, sizeof(addr->sun_path), "%s/%s", dir, name);
	if (fd < 0 || bind(fd, (struct sockaddr *)addr, sizeof(*addr)) || listen(fd, 1))
		die("socket %s: %s", addr->sun_path, strerror(errno));
	return fd;
}

static int accept_from(struct qtest *q, int listener)
{
	int64_t end = now_ms() + ANSWER_MS;
	int fd;

	for (;;) {
		struct pollfd p = { .fd = listener, .events = POLLIN };

		if (poll(&p, 1, 100) == 1)
			break;
		if (waitpid(q->pid, NULL, WNOHANG) == q->pid)
			die("QEMU ended while starting");
		if (now_ms() > end)
			die("QEMU did not connect");
	}
	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		die("accept: %s", strerror(errno));
	close(listener);
	return fd;
}

/* ---- Lines -------------------------------------------------------------------------------------- */

static void send_line(struct stream *s, const char *line)
{
	size_t len = strlen(line);

	while (len) {
		ssize_t n = send(s->fd, line, len, MSG_NOSIGNAL);

		if (n <= 0)
			die("QEMU is gone (sending)");
		line += n;
		len -= (size_t)n;
	}
}

/* The next line into out; false if none came in time. */
static bool read_line(struct stream *s, char *out, size_t size, int ms)
{
	int64_t end = now_ms() + ms;

	for (;;) {
		char *eol = memchr(s->buf, '\n', s->used);
		struct pollfd p = { .fd = s->fd, .events = POLLIN };
		int64_t left = end - now_ms();
		ssize_t n;

		if (eol) {
			size_t len = (size_t)(eol - s->buf);

			snprintf(out, size, "%.*s", (int)len, s->buf);
			s->used -= len + 1;
			memmove(s->buf, eol + 1, s->used);
			return true;
		}
		if (s->used == sizeof(s->buf))
			die("a line of more than %zu bytes", sizeof(s->buf));
		if (left <= 0 || poll(&p, 1, (int)left) <= 0)
			return false;
		n = read(s->fd, s->buf + s->used, sizeof(s->buf) - s->used);
		if (n <= 0)
			die("QEMU is gone");
		s->used += (size_t)n;
	}
}

static __attribute__((format(printf, 2, 3))) const char *command(struct qtest *q, const char *fmt,
								 ...)
{
	char line[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	send_line(&q->test, line);
	do {
		if (!read_line(&q->test, q->answer, sizeof(q->answer), ANSWER_MS))
			die("no answer to %s", line);
	} while (!strncmp(q->answer, "IRQ", 3));
	if (strncmp(q->answer, "OK", 2))
		die("%s answers %s", line, q->answer);
	return q->answer + 2;
}

/* ---- Accesses ----------------------------------------------------------------------------------- */

static char letter(unsigned int size)
{
	return size == 1 ? 'b' : size == 2 ? 'w' : size == 4 ? 'l' : 'q';
}

uint64_t qtest_read(struct qtest *q, uint64_t addr, unsigned int size)
{
	return strtoull(command(q, "read%c 0x%" PRIx64 "\n", letter(size), addr), NULL, 0);
}

void qtest_write(struct qtest *q, uint64_t addr, uint64_t value, unsigned int size)
{
	command(q, "write%c 0x%" PRIx64 " 0x%" PRIx64 "\n", letter(size), addr, value);
}

void qtest_memwrite(struct qtest *q, uint64_t addr, const void *data, size_t len)
{
	const uint8_t *p = data;

	for (size_t i = 0; i < len; i++)
		qtest_write(q, addr + i, p[i], 1);
}

uint32_t qtest_in(struct qtest *q, uint16_t port, unsigned int size)
{
	return (uint32_t)strtoul(command(q, "in%c 0x%x\n", letter(size), port), NULL, 0);
}

void qtest_out(struct qtest *q, uint16_t port, uint32_t value, unsigned int size)
{
	command(q, "out%c 0x%x 0x%x\n", letter(size), port, value);
}

bool qtest_wait(struct qtest *q, uint64_t addr, unsigned int size, uint64_t mask, uint64_t want)
{
	int64_t end = now_ms() + WAIT_MS;

	do {
		if ((qtest_read(q, addr, size) & mask) == want)
			return true;
	} while (now_ms() < end);
	return false;
}

/* ---- QMP ---------------------------------------------------------------------------------------- */

const char *qtest_qmp(struct qtest *q, const char *json)
{
	send_line(&q->qmp, json);
	send_line(&q->qmp, "\n");
	for (;;) {
		if (!read_line(&q->qmp, q->answer, sizeof(q->answer), ANSWER_MS))
			die("no answer to %s", json);
		if (!strncmp(q->answer, "{\"return\"", 9) || !strncmp(q->answer, "{\"error\"", 8))
			return q->answer;
		if (strlen(q->events) + strlen(q->answer) >= sizeof(q->events))
			q->events[0] = 0;
		if (strlen(q->answer) < sizeof(q->events))
			strcat(q->events, q->answer);
	}
}

const char *qtest_hmp(struct qtest *q, const char *text)
{
	char json[512];

	snprintf(json, sizeof(json),
		 "{\"execute\":\"human-monitor-command\",\"arguments\":{\"command-line\":\"%s\"}}", text);
	return qtest_qmp(q, json);
}

bool qtest_event(struct qtest *q, const char *name)
{
	int64_t end = now_ms() + WAIT_MS;
	char want[64];

	snprintf(want, sizeof(want), "\"event\": \"%s\"", name);
	if (strstr(q->events, want)) {
		q->events[0] = 0;
		return true;
	}
	while (now_ms() < end)
		if (read_line(&q->qmp, q->answer, sizeof(q->answer), WAIT_MS) &&
		    strstr(q->answer, want))
			return true;
	return false;
}

/* ---- Life --------------------------------------------------------------------------------------- */

struct qtest *qtest_start(const char *const *args)
{
	struct qtest *q = calloc(1, sizeof(*q));
	struct sockaddr_un test, qmp;
	char test_arg[140], qmp_arg[140];
	int test_fd, qmp_fd;

	if (!q)
		die("out of memory");
	strcpy(q->dir, P_tmpdir "/mtia-qtest.XXXXXX");
	if (!mkdtemp(q->dir))
		die("%s: %s", q->dir, strerror(errno));
	test_fd = listen_at(q->dir, "test", &test);
	qmp_fd = listen_at(q->dir, "qmp", &qmp);
	snprintf(test_arg, sizeof(test_arg), "unix:%s", test.sun_path);
	snprintf(qmp_arg, sizeof(qmp_arg), "unix:%s", qmp.sun_path);
	q->pid = spawn(args,
		       (const char *const[]){ "-qtest", test_arg, "-qtest-log", "none", "-qmp",
					      qmp_arg, NULL },
		       -1);
	q->test.fd = accept_from(q, test_fd);
	q->qmp.fd = accept_from(q, qmp_fd);
	unlink(test.sun_path);
	unlink(qmp.sun_path);
	rmdir(q->dir);
	qtest_qmp(q, "{\"execute\":\"qmp_capabilities\"}");
	return q;
}

bool qtest_end(struct qtest *q)
{
	bool alive = waitpid(q->pid, NULL, WNOHANG) == 0;

	if (alive) {
		int64_t end = now_ms() + ANSWER_MS;

		/* An orderly end also tears the device down. */
		send_line(&q->qmp, "{\"execute\":\"quit\"}\n");
		while (waitpid(q->pid, NULL, WNOHANG) == 0) {
			if (now_ms() > end) {
				kill(q->pid, SIGKILL);
				waitpid(q->pid, NULL, 0);
				alive = false;
				break;
			}
			poll(NULL, 0, 5);
		}
	}
	close(q->test.fd);
	close(q->qmp.fd);
	free(q);
	return alive;
}

int qtest_refused(const char *const *args, char *said, size_t size)
{
	int64_t end = now_ms() + ANSWER_MS;
	int fds[2], status;
	size_t used = 0;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		die("pipe: %s", strerror(errno));
	pid = spawn(args, (const char *const[]){ NULL }, fds[1]);
	close(fds[1]);
	for (;;) {
		struct pollfd p = { .fd = fds[0], .events = POLLIN };
		int64_t left = end - now_ms();
		char buf[512];
		ssize_t n;

		if (left <= 0 || poll(&p, 1, (int)left) <= 0) {
			kill(pid, SIGKILL);
			waitpid(pid, NULL, 0);
			close(fds[0]);
			return -1;
		}
		n = read(fds[0], buf, sizeof(buf));
		if (n <= 0)
			break;
		if ((size_t)n > size - 1 - used)
			n = (ssize_t)(size - 1 - used);
		memcpy(said + used, buf, (size_t)n);
		used += (size_t)n;
	}
	said[used] = 0;
	close(fds[0]);
	waitpid(pid, &status, 0);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
