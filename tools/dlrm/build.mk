# SPDX-License-Identifier: MIT
# The recommender's data set, model and host side; tools/mtia links DLRM_LIB.

DLRM_SRC := $(addprefix tools/dlrm/,bags.c convert.c dataset.c forward.c image.c metrics.c model.c \
	schema.c source.c table.c)
DLRM_OBJS := $(DLRM_SRC:%.c=$(B)/%.o)
DLRM_LIB := $(B)/tools/dlrm/libdlrm.a # needs libmtia-user's references, -lm
DLRM_PREPARE := $(B)/tools/dlrm/mtia-dlrm-prepare
DLRM_CFLAGS := -D_GNU_SOURCE -Ilibmtia-user/include -Itools/dlrm

# A data directory holds dataset.dlrm and model.dlrm; `mtia run dlrm --data` takes such a directory.
DLRM_INSTEVAL := $(B)/dlrm/insteval
DLRM_INSTEVAL_FILES := $(DLRM_INSTEVAL)/dataset.dlrm $(DLRM_INSTEVAL)/model.dlrm

ALL += $(DLRM_PREPARE) $(DLRM_INSTEVAL_FILES)

$(DLRM_OBJS) $(B)/tools/dlrm/prepare.o: $(B)/%.o: %.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(MTIA_CFLAGS) $(DLRM_CFLAGS) $(DEPFLAGS) -c -o $@ $<

$(DLRM_LIB): $(DLRM_OBJS)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcsD $@ $^

$(DLRM_PREPARE): $(B)/tools/dlrm/prepare.o $(DLRM_LIB)
	$(call say,LD,$@)
	$(Q)$(CC) -o $@ $^ -lm

# The package is unpacked into the cache once, never installed.
DLRM_LME4 = $${XDG_CACHE_HOME:-$$HOME/.cache}/mtia/data/lme4
DLRM_LME4_DATA = $(DLRM_LME4)/usr/lib/R/site-library/lme4/data

$(DLRM_INSTEVAL)/insteval.inter: tools/dlrm/insteval.py
	$(call say,DATA,InstEval from Debian's r-cran-lme4)
	@mkdir -p $(@D)
	$(Q)[ -r "$(DLRM_LME4_DATA)/Rdata.rdb" ] || \
		tools/deps/debian unpack "$(DLRM_LME4)" r-cran-lme4
	$(Q)/usr/bin/python3 $< "$(DLRM_LME4_DATA)" $@

$(DLRM_INSTEVAL)/dataset.dlrm: tools/dlrm/insteval.schema $(DLRM_INSTEVAL)/insteval.inter $(DLRM_PREPARE)
	$(call say,DATA,$@)
	$(Q)$(DLRM_PREPARE) $< $(@D) $@ >$(@D)/prepare.log

$(DLRM_INSTEVAL)/model.dlrm: tools/dlrm/insteval.model
	@mkdir -p $(@D)
	$(Q)cp $< $@

.PHONY: dlrm-train check-dlrm
## dlrm-train: train on tables, NAME=schema in tools/dlrm, DATA=their directory (needs python3-numpy)
dlrm-train: NAME ?= insteval
dlrm-train: DATA ?= $(DLRM_INSTEVAL)
dlrm-train: $(DLRM_PREPARE) $(DLRM_INSTEVAL)/insteval.inter
	@mkdir -p $(B)/dlrm/$(NAME)
	@/usr/bin/python3 -c 'import numpy' || { echo "install python3-numpy to train" >&2; exit 1; }
	$(DLRM_PREPARE) tools/dlrm/$(NAME).schema $(DATA) $(B)/dlrm/$(NAME)/dataset.dlrm
	/usr/bin/python3 tools/dlrm/train.py $(B)/dlrm/$(NAME)/dataset.dlrm \
		$(B)/dlrm/$(NAME)/model.dlrm | tee $(B)/dlrm/$(NAME)/train.log

# ---- Tests -----------------------------------------------------------------------------------------

DLRM_TEST_CFLAGS := $(MTIA_CFLAGS) $(SAN_CFLAGS) $(DLRM_CFLAGS) -Itests/unit
DLRM_TEST_SRC := $(DLRM_SRC) $(REF_SRC)
DLRM_TEST_OBJS := $(DLRM_TEST_SRC:%.c=$(B)/tests/unit/dlrm_obj/%.o)
DLRM_TESTS := dlrm_data dlrm_metrics dlrm_model

$(DLRM_TEST_OBJS): $(B)/tests/unit/dlrm_obj/%.o: %.c
	$(call say,CC,$< (sanitized))
	@mkdir -p $(@D)
	$(Q)$(CC) $(DLRM_TEST_CFLAGS) $(DEPFLAGS) -c -o $@ $<

$(addprefix $(B)/tests/unit/,$(DLRM_TESTS)): $(B)/tests/unit/%: tests/unit/%.c $(DLRM_TEST_OBJS) $(LUT_TABLES)
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(DLRM_TEST_CFLAGS) $(DEPFLAGS) -o $@ $< $(DLRM_TEST_OBJS) $(LUT_TABLES) -lm

# Real data, real sizes: without the sanitizers, as the CLI runs it.
$(B)/tests/unit/dlrm_insteval: tests/unit/dlrm_insteval.c $(DLRM_LIB) $(REF_SRC) $(LUT_TABLES)
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(MTIA_CFLAGS) $(DLRM_CFLAGS) -Itests/unit $(DEPFLAGS) -o $@ $(filter %.c,$^) $(DLRM_LIB) $(LUT_TABLES) -lm

CHECK_FAST += $(DLRM_TESTS:%=unit/%) unit/dlrm_insteval unit/dlrm_reader
unit/dlrm_data.cmd := $(B)/tests/unit/dlrm_data
unit/dlrm_data.dep := $(B)/tests/unit/dlrm_data
unit/dlrm_metrics.cmd := $(B)/tests/unit/dlrm_metrics
unit/dlrm_metrics.dep := $(B)/tests/unit/dlrm_metrics
unit/dlrm_model.cmd := $(B)/tests/unit/dlrm_model tools/dlrm/insteval.model
unit/dlrm_model.dep := $(B)/tests/unit/dlrm_model
unit/dlrm_insteval.cmd := $(B)/tests/unit/dlrm_insteval $(DLRM_INSTEVAL) tools/dlrm/train.log
unit/dlrm_insteval.dep := $(B)/tests/unit/dlrm_insteval $(DLRM_INSTEVAL_FILES)
unit/dlrm_reader.cmd := /usr/bin/python3 tests/unit/dlrm_reader.py
unit/dlrm_reader.dep :=

check-dlrm: $(foreach t,$(filter unit/dlrm_%,$(CHECK_FAST)),$($(t).dep))
	@tests/run-tap $(B)/tests $(foreach t,$(filter unit/dlrm_%,$(CHECK_FAST)),'$(t)=$($(t).cmd)')

-include $(DLRM_OBJS:.o=.d) $(B)/tools/dlrm/prepare.d $(DLRM_TEST_OBJS:.o=.d) \
	$(addprefix $(B)/tests/unit/,$(DLRM_TESTS:=.d)) $(B)/tests/unit/dlrm_insteval.d
