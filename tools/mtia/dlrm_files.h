/* SPDX-License-Identifier: MIT */
/* Where the recommender's files are when nobody says: beside the command, or installed. */
#ifndef MTIA_CLI_DLRM_FILES_H
#define MTIA_CLI_DLRM_FILES_H

#include <stdbool.h>

/* False: no such file; then `path` (4096 bytes) has the last place that was looked at. */
bool dlrm_default_data(char *path);
/* The weights trained on this data set: model.dlrm beside or in it. */
bool dlrm_default_model(const char *data, char *path);
/* How to get weights for it: the command that trains on its published tables, if it has any. */
void dlrm_training_hint(const char *data, char hint[256]);

#endif /* MTIA_CLI_DLRM_FILES_H */
