# SPDX-License-Identifier: MIT
# The command mtia; the recommender's data, model and arithmetic come from tools/dlrm.

CLI := $(B)/tools/mtia/mtia
CLI_SRC := $(addprefix tools/mtia/,dlrm_files.c json.c main.c options.c pci.c run_dlrm.c run_fc.c \
	run_tbe.c session.c show.c tbe_data.c validate.c verbs.c)
CLI_OBJS := $(CLI_SRC:%.c=$(B)/%.o)
ALL += $(CLI)

$(B)/tools/mtia/%.o: tools/mtia/%.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(MTIA_CFLAGS) -D_GNU_SOURCE $(LIB_CFLAGS) $(DEPFLAGS) -c -o $@ $<

# Finds the library beside it in the build tree; an installed one needs no path.
$(CLI): $(CLI_OBJS) $(B)/tools/dlrm/libdlrm.a $(B)/libmtia-user/libmtia-user.so
	$(call say,LD,$@)
	$(Q)$(CC) -o $@ $(CLI_OBJS) $(B)/tools/dlrm/libdlrm.a -L$(B)/libmtia-user -lmtia-user -lpci -lm \
		-Wl,-rpath,'$$ORIGIN/../../libmtia-user' -Wl,-z,relro,-z,now

-include $(CLI_OBJS:.o=.d)
