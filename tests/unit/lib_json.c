// SPDX-License-Identifier: GPL-2.0
/* The JSON writer: exact text of what is easy to get wrong. */
#include <math.h>
#include <stdlib.h>

#include "../../tools/mtia/json.h"
#include "tap.h"

static void expect(struct json *j, const char *want, const char *name)
{
	size_t length;
	char *text = json_take(j, &length);

	if (!tap_ok(text && length == strlen(want) + 1 && !strncmp(text, want, length - 1), "%s",
		    name))
		fprintf(stderr, "#   got %s#  want %s\n", text ? text : "nothing\n", want);
	free(text);
}

static void one_string(const char *value, const char *want, const char *name)
{
	struct json j = { 0 };

	json_array(&j, NULL);
	json_string(&j, NULL, value);
	json_end_array(&j);
	expect(&j, want, name);
}

int main(void)
{
	struct json j = { 0 };
	size_t length;

	json_object(&j, NULL);
	json_string(&j, "a", "b");
	json_array(&j, "list");
	json_u64(&j, NULL, UINT64_MAX);
	json_i64(&j, NULL, INT64_MIN);
	json_bool(&j, NULL, true);
	json_object(&j, NULL);
	json_end_object(&j);
	json_null(&j, NULL);
	json_end_array(&j);
	json_hex(&j, "h", 0xabcdef0123456789);
	json_end_object(&j);
	expect(&j, "{\"a\":\"b\",\"list\":[18446744073709551615,-9223372036854775808,true,{},null],"
		   "\"h\":\"0xabcdef0123456789\"}", "nesting, commas, whole numbers");

	one_string("\"\\/\b\t\n\x01\x1f\x7f",
		   "[\"\\\"\\\\/\\u0008\\u0009\\u000a\\u0001\\u001f\\u007f\"]",
		   "quotes, backslash, control characters");
	one_string("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
		   "[\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"]",
		   "UTF-8 of two, three and four bytes stays");
	one_string("\xff" "a\xc3", "[\"\\ufffda\\ufffd\"]", "no UTF-8, and a sequence cut off");
	one_string("\xc0\x80\xe0\x80\x80", "[\"\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\"]",
		   "overlong forms");
	one_string("\xed\xa0\x80", "[\"\\ufffd\\ufffd\\ufffd\"]", "a surrogate");
	one_string("\xf4\x90\x80\x80", "[\"\\ufffd\\ufffd\\ufffd\\ufffd\"]", "beyond U+10FFFF");
	one_string(NULL, "[null]", "no string");
	one_string("", "[\"\"]", "empty string");

	json_array(&j, NULL);
	json_double(&j, NULL, 0.1);
	json_double(&j, NULL, -0.0);
	json_double(&j, NULL, 1e300);
	json_double(&j, NULL, NAN);
	json_double(&j, NULL, -INFINITY);
	json_end_array(&j);
	expect(&j, "[0.1,-0,1e+300,null,null]", "floats; what JSON has no number for is null");

	json_object(&j, NULL);
	json_array(&j, "x");
	json_raw(&j, "1,2");
	json_end_array(&j);
	json_bool(&j, "y", false);
	json_end_object(&j);
	expect(&j, "{\"x\":[1,2],\"y\":false}", "finished text");

	json_object(&j, NULL);
	tap_ok(!json_take(&j, &length), "an open object is no document");
	json_drop(&j);
	return tap_done();
}
