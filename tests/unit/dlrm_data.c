// SPDX-License-Identifier: GPL-2.0
/* Published tables to a data set: a small made-up one, checked against the definitions. */
#include <math.h>

#include "dataset.h"
#include "dlrm_files.h"
#include "schema.h"

#define ROWS  200
#define USERS 7
#define ITEMS 11

static const char schema[] = "rows r.inter\n"
			     "join i.item item\n"
			     "label rating >= 4 # of 5\n"
			     "baseline item\n"
			     "history item by user before time limit 3\n"
			     "set tags\n"
			     "id user\n"
			     "history item by user\n"
			     "id item\n"
			     "count user\n"
			     "dense year\n";

/* The rows, as the test knows them. */
static struct {
	int user, item, rating, time;
} rows[ROWS];

static const char *const tags[ITEMS] = {"a b", "b", "",	 "c a", "a", "b c d",
					"d",   "d", "a", "e",	""};
static const char *const years[ITEMS] = { "1990", "1995", "", "2000", "unknown", "1980",
					  "1999", "1993", "1994", "1991", "1985" };

static void write_tables(void)
{
	FILE *file = fopen(scratch_path("r.inter"), "w");
	uint32_t state = 1;

	fprintf(file, "user:token\titem:token\trating:float\ttime:float\r\n");
	for (int r = 0; r < ROWS; r++) {
		uint32_t random = (state = state * 1664525 + 1013904223) >> 8;

		rows[r].user = (int)(random % USERS);
		rows[r].item = (int)(random / 7 % (ITEMS - 1)); /* the last item only has a fact */
		rows[r].rating = (int)(random / 99 % 5) + 1;
		rows[r].time = (int)(random / 777 % 60); /* with ties */
		/* Items 8 and 9 have no line in the joined table. */
		fprintf(file, "u%d\t%d\t%d\t%d\r\n", rows[r].user, 100 + rows[r].item,
			rows[r].rating, rows[r].time);
	}
	fclose(file);
	file = fopen(scratch_path("i.item"), "w");
	fprintf(file, "item:token\ttags:token_seq\tyear:token\n");
	for (int i = 0; i < ITEMS; i++) {
		if (i != 8 && i != 9)
			fprintf(file, "%d\t%s\t%s\n", 100 + i, tags[i], years[i]);
	}
	fclose(file);
}

static bool is_test(uint64_t r)
{
	uint64_t x = r + 0x9e3779b97f4a7c15;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return (x ^ x >> 31) % 10 == 0;
}

/* Row in the file of each row of the data set. */
static int order[ROWS], train_rows;

static void make_order(void)
{
	int at = 0;

	for (int test = 0; test < 2; test++) {
		for (int r = 0; r < ROWS; r++) {
			if (is_test((uint64_t)r) == test)
				order[at++] = r;
		}
		if (!test)
			train_rows = at;
	}
}

static void test_layout(const struct dlrm_data *data)
{
	static const char *const names[] = {"user", "item", "history item", "tags", "history item"};
	static const uint32_t kinds[] = { DLRM_ID, DLRM_ID, DLRM_BAG, DLRM_BAG, DLRM_BAG };
	bool named = data->tables == 5 && data->dense_count == 2;

	for (uint32_t t = 0; named && t < 5; t++)
		named = !strcmp(data->features[t].name, names[t]) &&
			data->features[t].kind == kinds[t];
	tap_ok(named, "ids come before bags, each in the schema's order");
	tap_ok(data->baseline == 1, "the baseline is the item");
	tap_u64(data->features[0].rows, USERS, "a table row for each user");
	tap_u64(data->features[1].rows, ITEMS - 1, "a table row for each item that occurs");
	tap_u64(data->features[3].rows, 4, "a table row for each tag that occurs");
	tap_ok(data->train_rows == (uint32_t)train_rows &&
		       data->test_rows == (uint32_t)(ROWS - train_rows),
	       "the split is that of the hash: %d and %d rows", train_rows, ROWS - train_rows);
	tap_ok(!strcmp(data->schema, schema), "the schema is in the file");
}

/* Ids count first appearances in file order. */
static void test_ids(const struct dlrm_data *data)
{
	int user_id[USERS], item_id[ITEMS], users = 0, items = 0;
	bool labels = true, same = true;

	memset(user_id, -1, sizeof(user_id));
	memset(item_id, -1, sizeof(item_id));
	for (int r = 0; r < ROWS; r++) {
		if (user_id[rows[r].user] < 0)
			user_id[rows[r].user] = users++;
		if (item_id[rows[r].item] < 0)
			item_id[rows[r].item] = items++;
	}
	for (int i = 0; i < ROWS; i++) {
		same &= (int)data->columns[0].id[i] == user_id[rows[order[i]].user];
		same &= (int)data->columns[1].id[i] == item_id[rows[order[i]].item];
		labels &= data->label[i] == (rows[order[i]].rating >= 4);
	}
	tap_ok(same, "ids number tokens in order of appearance");
	tap_ok(labels, "labels are ratings of 4 and more");
}

/*
 * The expected history of row r by definition: pick the oldest remaining row, again and again.
 * Returns its length.
 */
static int expect_history(int r, bool before, int limit, int *items)
{
	bool taken[ROWS] = { false };
	int count = 0;

	for (;;) {
		int next = -1;

		for (int p = 0; p < ROWS; p++) {
			if (is_test((uint64_t)p) || p == r || taken[p] ||
			    rows[p].user != rows[r].user)
				continue;
			if (before && rows[p].time >= rows[r].time)
				continue;
			if (next < 0 || (before && rows[p].time < rows[next].time))
				next = p;
		}
		if (next < 0)
			break;
		taken[next] = true;
		items[count++] = rows[next].item;
	}
	if (limit && count > limit) {
		memmove(items, items + count - limit, (size_t)limit * sizeof(*items));
		count = limit;
	}
	return count;
}

static void test_history(const struct dlrm_data *data, uint32_t table, bool before, int limit)
{
	const struct dlrm_column *column = &data->columns[table], *item = &data->columns[1];
	uint32_t id_of[ITEMS] = { 0 };
	bool same = true;
	int empty = 0;

	for (int i = 0; i < ROWS; i++)
		id_of[rows[order[i]].item] = item->id[i];
	for (int i = 0; i < ROWS; i++) {
		uint32_t from = column->offset[i];
		int items[ROWS], count = expect_history(order[i], before, limit, items);

		same &= column->offset[i + 1] - from == (uint32_t)count;
		for (int k = 0; same && k < count; k++)
			same = column->index[from + (uint32_t)k] == id_of[items[k]];
		empty += !count;
	}
	tap_ok(same, "histories %s hold the right training rows in order; %d are empty",
	       before ? "before a time" : "without time", empty);
}

static void test_set(const struct dlrm_data *data)
{
	const struct dlrm_column *column = &data->columns[3];
	char token[4] = "";
	bool same = true;
	int found = 0;

	/* Which id a letter has follows from a row with one tag; then every row must agree. */
	for (int r = 0; r < ROWS; r++) {
		const char *list = rows[r].item == 8 || rows[r].item == 9 ? "" : tags[rows[r].item];

		for (; *list; list += list[1] ? 2 : 1) {
			if (!memchr(token, *list, 4))
				token[found++] = *list;
		}
	}
	for (int i = 0; i < ROWS; i++) {
		int item = rows[order[i]].item;
		const char *list = item == 8 || item == 9 ? "" : tags[item];
		uint32_t at = column->offset[i];

		for (; *list; list += list[1] ? 2 : 1, at++)
			same &= at < column->offset[i + 1] && token[column->index[at]] == *list;
		same &= at == column->offset[i + 1];
	}
	tap_ok(same && found == 4,
	       "sets hold the tags of the joined table, none where it has no line");
}

static void test_dense(const struct dlrm_data *data)
{
	double count[ROWS], year[ROWS], mean[2] = { 0, 0 }, square[2] = { 0, 0 };
	double known = 0;
	bool same = true;

	for (int i = 0; i < ROWS; i++) {
		int r = order[i], others = 0, item = rows[r].item;

		for (int p = 0; p < ROWS; p++)
			others += !is_test((uint64_t)p) && p != r && rows[p].user == rows[r].user;
		count[i] = log1p(others);
		year[i] =
			item == 8 || item == 9 || item == 2 || item == 4 ? NAN : atof(years[item]);
	}
	for (int i = 0; i < train_rows; i++) {
		mean[0] += count[i] / train_rows;
		if (!isnan(year[i])) {
			mean[1] += year[i];
			known++;
		}
	}
	mean[1] /= known;
	for (int i = 0; i < train_rows; i++) {
		square[0] += (count[i] - mean[0]) * (count[i] - mean[0]) / train_rows;
		if (!isnan(year[i]))
			square[1] += (year[i] - mean[1]) * (year[i] - mean[1]) / known;
	}
	for (int i = 0; i < ROWS; i++) {
		double want = isnan(year[i]) ? 0 : (year[i] - mean[1]) / sqrt(square[1]);

		same &= fabs(data->dense[2 * i] - (count[i] - mean[0]) / sqrt(square[0])) < 1e-5;
		same &= fabs(data->dense[2 * i + 1] - want) < 1e-5;
	}
	tap_ok(same, "dense values are standardised by the training part, missing ones 0");
}

static void test_bags(const struct dlrm_data *data)
{
	uint32_t first = 90, count = 100;
	uint64_t total = dlrm_data_index_count(data, first, count);
	int32_t *offsets = calloc(5 * count + 1, sizeof(*offsets));
	int32_t *indices = calloc(total, sizeof(*indices));
	bool same = true;

	dlrm_data_bags(data, first, count, offsets, indices);
	tap_u64((uint64_t)offsets[5 * count], total, "offsets end at the number of indices");
	for (uint32_t t = 0; t < 5; t++) {
		const struct dlrm_column *column = &data->columns[t];

		for (uint32_t b = 0; b < count; b++) {
			const int32_t *bag = indices + offsets[t * count + b];
			uint32_t length =
				(uint32_t)(offsets[t * count + b + 1] - offsets[t * count + b]);
			uint32_t row = first + b;

			if (column->id)
				same &= length == 1 && (uint32_t)bag[0] == column->id[row];
			else
				same &= length == column->offset[row + 1] - column->offset[row] &&
					!memcmp(bag, column->index + column->offset[row],
						4 * length);
		}
	}
	tap_ok(same, "bags of rows 90 to 189 are table-major, ids being bags of one");
	free(offsets);
	free(indices);
}

static void test_baseline(const struct dlrm_data *data)
{
	float *score = calloc(data->test_rows, sizeof(*score));
	double overall = 0, seen = 0, sum = 0;
	int item = rows[order[train_rows]].item;

	for (int i = 0; i < train_rows; i++) {
		overall += rows[order[i]].rating >= 4;
		if (rows[order[i]].item == item) {
			seen++;
			sum += rows[order[i]].rating >= 4;
		}
	}
	overall /= train_rows;
	tap_ok(!dlrm_data_baseline(data, score) &&
		       fabs(score[0] - (sum + 5 * overall) / (seen + 5)) < 1e-6,
	       "the baseline is the item's smoothed mean");
	free(score);
}

static int open_data(const char *path, struct dlrm_error *error)
{
	struct dlrm_data *data = NULL;
	int err = dlrm_data_open(path, NULL, &data, error);

	dlrm_data_free(data);
	return err;
}

/* Inside an image whose CRC fits: values that contradict each other. */
static void test_contradictions(const struct dlrm_data *data)
{
	const char *image = data->image;
	size_t size = data->image_size;
	char *copy = malloc(size);
	const struct {
		const void *at;
		uint32_t value;
		const char *word, *what;
	} cases[] = {
		{&data->columns[0].id[3], USERS, "index 7", "an id outside its table"},
		{&data->columns[2].index[5], 1000, "index 1000", "a bag's index outside its table"},
		{&data->columns[2].offset[4], 0xffffff, "decrease", "offsets that decrease"},
		{&data->columns[2].offset[ROWS], 0xffffff, "end at", "offsets beyond the indices"},
		{&data->dense[4], 0x7fc00000, "nan", "a dense value that is no number"},
		{&data->features[1].rows, 0, "0 rows", "a table without rows"},
		{&data->features[1].kind, 9, "kind 9", "an unknown kind of feature"},
		{&data->dense_features[0].deviation, 0, "deviation", "a deviation of 0"},
		{(const char *)image + 32 + 8, 0x7fffffff, "range", "too many tables"},
		{(const char *)image + 32 + 16, ROWS, "add up", "more rows than the file has"},
		{(const char *)image + 32 + 24, 2, "baseline", "a baseline that is a bag"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		memcpy(copy, image, size);
		memcpy(copy + ((const char *)cases[i].at - image), &cases[i].value, 4);
		reseal(copy, size);
		refused(open_data, copy, size, cases[i].word, cases[i].what);
	}
	memcpy(copy, image, size);
	copy[(const char *)data->label - image] = 2;
	reseal(copy, size);
	refused(open_data, copy, size, "label 2", "a label of 2");
	free(copy);
}

static void schema_bad(const char *text, const char *word)
{
	struct dlrm_error error = { "" };
	struct dlrm_data *data;
	int err = dlrm_data_open(scratch, text, &data, &error);

	tap_ok(err == -EINVAL && strstr(error.text, word), "schema refused: %s", error.text);
}

#define GOOD_TAIL "label rating >= 4\nbaseline item\nid item\ncount user\n"

static void test_schemas(void)
{
	schema_bad("", "required");
	schema_bad("id user\n", "line 1: expected first: rows");
	schema_bad("rows r.inter\nrows r.inter\n", "line 2: expected once: rows");
	schema_bad("rows ../r.inter\n", "own directory");
	schema_bad("rows /etc/passwd\n", "own directory");
	schema_bad("rows r.inter\nfrobnicate user\n", "frobnicate");
	schema_bad("rows r.inter\nlabel rating > 4\n", "label COLUMN >= NUMBER");
	schema_bad("rows r.inter\nlabel rating >= four\n", "not a number");
	schema_bad("rows r.inter\nhistory item user\n", "history COLUMN by KEY");
	schema_bad("rows r.inter\nhistory item by user limit 0\n", "limit 0");
	schema_bad("rows r.inter\nhistory item by user after time\n", "after is not expected");
	schema_bad("rows r.inter\nid a b\n", "id COLUMN");
	schema_bad("rows r.inter\nid aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
		   "longer");
	schema_bad("rows r.inter\nid 1 2 3 4 5 6 7 8\n", "more than 8 words");
	schema_bad("rows r.inter\nid height\n" GOOD_TAIL, "no table has a column height");
	schema_bad("rows r.inter\nlabel rating >= 4\nbaseline user\nid item\ncount user\n",
		   "baseline user is not one of the ids");
	schema_bad("rows r.inter\nlabel rating >= 4\nbaseline item\nid item\n", "0 dense");
}

static void table_bad(const char *text, int code, const char *word)
{
	struct dlrm_error error = { "" };
	struct dlrm_data *data;
	int err;

	scratch_text("bad.inter", text);
	err = dlrm_data_open(scratch, "rows bad.inter\n" GOOD_TAIL, &data, &error);
	tap_ok(err == code && strstr(error.text, word), "table refused: %s", error.text);
	unlink(scratch_path("bad.inter"));
}

static void test_tables(void)
{
	struct dlrm_error error;
	struct dlrm_data *data;

	table_bad("", -EBADMSG, "name:type");
	table_bad("user\titem\trating\n", -EBADMSG, "name:type");
	table_bad("user:token\titem:token\trating:float\n", -EBADMSG, "no rows");
	table_bad("user:token\titem:token\trating:float\n1\t2\n", -EBADMSG, "line 2 has 2 cells");
	table_bad("user:token\titem:token\trating:float\n1\t2\tgood\n3\t4\t5\n", -EBADMSG,
		  "too few to split");
	tap_ok(dlrm_data_open(scratch, "rows none.inter\n" GOOD_TAIL, &data, &error) == -ENOENT,
	       "a table that is missing: %s", error.text);
	tap_ok(dlrm_data_open(scratch, NULL, &data, &error) == -ENOENT,
	       "tables without a schema: %s", error.text);
	tap_ok(dlrm_data_open(scratch_path("nowhere"), schema, &data, &error) == -ENOENT,
	       "a directory that is missing: %s", error.text);
	tap_ok(dlrm_data_open(scratch,
			      "rows r.inter\nlabel user >= 4\nbaseline item\nid item\ncount user\n",
			      &data, &error) == -EBADMSG,
	       "a label that is no number: %s", error.text);
	scratch_text("twice.item", "item:token\n1\n2\n1\n");
	tap_ok(dlrm_data_open(scratch, "rows r.inter\njoin twice.item item\n" GOOD_TAIL, &data,
			      &error) == -EBADMSG,
	       "a joined table with two lines for a key: %s", error.text);
	unlink(scratch_path("twice.item"));
}

int main(void)
{
	struct dlrm_error error = { "" };
	struct dlrm_data *data, *again;
	void *image;
	size_t size;

	scratch_make();
	write_tables();
	make_order();
	if (!tap_ok(!dlrm_data_open(scratch, schema, &data, &error), "tables are converted %s",
		    error.text))
		return tap_done();
	test_layout(data);
	test_ids(data);
	test_history(data, 2, true, 3);
	test_history(data, 4, false, 0);
	test_set(data);
	test_dense(data);
	test_bags(data);
	test_baseline(data);

	tap_ok(!dlrm_convert(scratch, schema, &image, &size, &error) && size == data->image_size &&
		       !memcmp(image, data->image, size),
	       "a second conversion gives the same bytes");
	free(image);
	tap_ok(!dlrm_write_file(scratch_path(DLRM_PREPARED_NAME), data->image, data->image_size,
				&error) &&
		       !dlrm_data_open(scratch, NULL, &again, &error),
	       "the prepared file in a directory is found without a schema");
	tap_mem(again->image, data->image, data->image_size, "and is the same");
	dlrm_data_free(again);
	unlink(scratch_path(DLRM_PREPARED_NAME));

	test_broken(open_data, data->image, data->image_size);
	test_contradictions(data);
	test_mutations(open_data, data->image, data->image_size, 700);
	test_schemas();
	test_tables();
	dlrm_data_free(data);
	unlink(scratch_path("r.inter"));
	unlink(scratch_path("i.item"));
	tap_ok(!rmdir(scratch), "nothing is left in the directory");
	return tap_done();
}
