// SPDX-License-Identifier: MIT
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dlrm_files.h"

#define PATH_SIZE 4096
#define INSTALLED "/usr/share/mtia/"

/* A file of the build tree that this command lies in (at most three folders up), or installed. */
static bool find(const char *name, char *path)
{
	char folder[PATH_SIZE / 2];
	ssize_t length = readlink("/proc/self/exe", folder, sizeof(folder) - 1);

	folder[length > 0 ? length : 0] = 0;
	for (int up = 0; up < 3; up++) {
		char *slash = strrchr(folder, '/');

		if (!slash)
			break;
		*slash = 0;
		snprintf(path, PATH_SIZE, "%s/%s", folder, name);
		if (!access(path, R_OK))
			return true;
	}
	snprintf(path, PATH_SIZE, INSTALLED "%s", name);
	return !access(path, R_OK);
}

bool dlrm_default_data(char *path)
{
	return find("dlrm/insteval", path);
}

bool dlrm_default_model(const char *data, char *path)
{
	const char *slash;
	struct stat st;
	size_t folder;

	if (!stat(data, &st) && S_ISDIR(st.st_mode))
		folder = strlen(data);
	else
		folder = (slash = strrchr(data, '/')) ? (size_t)(slash - data) : 0;
	if (folder)
		snprintf(path, PATH_SIZE, "%.*s/model.dlrm", folder > 4000 ? 4000 : (int)folder,
			 data);
	else
		snprintf(path, PATH_SIZE, "model.dlrm");
	return !access(path, R_OK);
}

#define TABLE_SUFFIX ".inter" /* RecBole's atomic files: NAME.inter has the interactions */

static bool is_plain(const char *text)
{
	return !text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				  "-_./")];
}

void dlrm_training_hint(const char *data, char hint[256])
{
	DIR *folder = opendir(data);
	struct dirent *entry;

	/* A path that is long or needs quoting would make a command that is wrong. */
	if (strlen(data) >= 80 || !is_plain(data))
		data = "DIR";
	snprintf(hint, 256, "give them with --model");
	while (folder && (entry = readdir(folder))) {
		size_t length = strlen(entry->d_name), suffix = strlen(TABLE_SUFFIX);
		int name = (int)(length - suffix);

		if (length <= suffix || length > 64 || !is_plain(entry->d_name) ||
		    strcmp(entry->d_name + name, TABLE_SUFFIX))
			continue;
		snprintf(hint, 256,
			 "make dlrm-train NAME=%.*s DATA=%s, then --data build/dlrm/%.*s", name,
			 entry->d_name, data, name, entry->d_name);
		break;
	}
	if (folder)
		closedir(folder);
}
