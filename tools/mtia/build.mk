# SPDX-License-Identifier: MIT
# The command mtia, and the reader of data set and model that it shares with tools/dlrm.

CLI := $(B)/tools/mtia/mtia
CLI_SRC := $(addprefix tools/mtia/,dlrm_files.c json.c main.c options.c run_dlrm.c run_fc.c run_tbe.c \
	session.c show.c validate.c verbs.c) \
	$(addprefix tools/dlrm/,convert.c dataset.c forward.c image.c metrics.c model.c schema.c table.c)
CLI_OBJS := $(CLI_SRC:tools/%.c=$(B)/tools/mtia/obj/%.o)
ALL += $(CLI)

$(B)/tools/mtia/obj/%.o: tools/%.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(MTIA_CFLAGS) -D_GNU_SOURCE $(LIB_CFLAGS) $(DEPFLAGS) -c -o $@ $<

# Finds the library beside it in the build tree; an installed one needs no path.
$(CLI): $(CLI_OBJS) $(B)/libmtia-user/libmtia-user.so
	$(call say,LD,$@)
	$(Q)$(CC) -o $@ $(CLI_OBJS) -L$(B)/libmtia-user -lmtia-user -lm \
		-Wl,-rpath,'$$ORIGIN/../../libmtia-user' -Wl,-z,relro,-z,now

-include $(CLI_OBJS:.o=.d)
