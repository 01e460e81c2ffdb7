/* SPDX-License-Identifier: MIT */
/*
 * The two files of the recommender: a prepared data set and a trained model. Our own formats.
 *
 * Both are one image: a header, then sections in the order given here, each starting at the next
 * multiple of 8 with zero bytes between. Integers and floats are little-endian. The CRC is CRC-32
 * (IEEE 802.3, as zlib's) of all bytes from offset DLRM_CRC_FROM to the end, so it covers all of
 * the header that it does not stand in. Sizes follow from the header's counts; file_size must equal
 * their sum, and any count that breaks a limit below makes the file invalid.
 *
 * Data set ("MTIADLRD"), n = train_rows + test_rows; training rows first, file order within each:
 *	schema			schema_size bytes: the text it was prepared with (schema.h)
 *	struct dlrm_feature	[tables]	id features, then bags
 *	struct dlrm_dense	[dense]
 *	u8  label		[n]		0 or 1
 *	f32 dense		[n][dense]	standardised: (x - mean) / deviation
 *	then for each table, in order
 *	  DLRM_ID:	u32 id	[n]
 *	  DLRM_BAG:	u32 offset [n + 1], u32 index [index_count]	bag of row r: offset[r] ..
 *
 * Model ("MTIADLRM"):
 *	schema, dlrm_feature[tables], dlrm_dense[dense]	  copied from the data set it was trained on
 *	struct dlrm_layer_shape	[bottom_layers + top_layers]
 *	for each table:	 f32 row [rows][dim]
 *	for each layer:	 f32 weight [out][in], f32 bias [out]		bottom first
 * Every layer but the last has a ReLU. The INT8 form is derived from these numbers (model.h).
 *
 * vocabulary_crc is CRC-32 over every table's tokens in id order, each followed by a newline: two
 * files with the same value give the same meaning to a row number.
 */
#ifndef MTIA_DLRM_FORMAT_H
#define MTIA_DLRM_FORMAT_H

#include "mtia/types.h"

#define DLRM_DATA_MAGIC	 "MTIADLRD"
#define DLRM_MODEL_MAGIC "MTIADLRM"
#define DLRM_VERSION	 1
#define DLRM_CRC_FROM	 32 /* behind magic, version, header_size, file_size, crc, reserved */

#define DLRM_MAX_TABLES	64
#define DLRM_MAX_DENSE	1024
#define DLRM_MAX_LAYERS	16 /* in each MLP */
#define DLRM_MAX_WIDTH	65536 /* of a layer, so that K of an FC stays within int32 sums */
#define DLRM_MAX_DIM	1024
#define DLRM_MAX_ROWS	(1u << 30) /* of a table, and of the data set: ids fit in s32 */
#define DLRM_MAX_SCHEMA	65536
#define DLRM_MAX_FILE	(1ull << 32)
#define DLRM_NAME_SIZE	48

enum dlrm_feature_kind { DLRM_ID = 0, DLRM_BAG = 1 };

struct dlrm_feature {
	char name[DLRM_NAME_SIZE]; /* NUL-terminated */
	__u32 rows;		   /* of its table, 1 .. DLRM_MAX_ROWS; every index is below */
	__u32 kind;		   /* enum dlrm_feature_kind */
	__u64 index_count;	   /* bags: indices of all rows; ids: 0. 0 in a model */
};
MTIA_ASSERT_SIZE(struct dlrm_feature, 64);

struct dlrm_dense {
	char name[DLRM_NAME_SIZE];
	float mean, deviation; /* of the training part, before standardising; deviation > 0 */
};
MTIA_ASSERT_SIZE(struct dlrm_dense, 56);

struct dlrm_file_header {
	char magic[8];
	__u32 version;
	__u32 header_size; /* of the whole header below */
	__u64 file_size;
	__u32 crc;
	__u32 reserved; /* 0 */
};
MTIA_ASSERT_SIZE(struct dlrm_file_header, DLRM_CRC_FROM);

struct dlrm_data_header {
	struct dlrm_file_header file;
	__u32 vocabulary_crc;
	__u32 schema_size;
	__u32 tables, dense;
	__u32 train_rows, test_rows; /* both >= 1 */
	__u32 baseline;		     /* number of the id feature whose mean label is the baseline */
	__u32 reserved;
};
MTIA_ASSERT_SIZE(struct dlrm_data_header, 64);

enum dlrm_pooling { DLRM_POOL_SUM = 0, DLRM_POOL_MEAN = 1 };

struct dlrm_model_header {
	struct dlrm_file_header file;
	__u32 vocabulary_crc;
	__u32 schema_size;
	__u32 tables, dense;
	__u32 dim;     /* of every table's rows, of the bottom MLP's output */
	__u32 pooling; /* enum dlrm_pooling, of all tables */
	__u32 bottom_layers, top_layers; /* both >= 1 */
};
MTIA_ASSERT_SIZE(struct dlrm_model_header, 64);

struct dlrm_layer_shape {
	__u32 in, out;
	float in_scale;	     /* of the layer's u8 input, from the training part */
	__u32 in_zero_point; /* 0 .. 255 */
};
MTIA_ASSERT_SIZE(struct dlrm_layer_shape, 16);

#endif /* MTIA_DLRM_FORMAT_H */
