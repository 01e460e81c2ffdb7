# SPDX-License-Identifier: MIT
# The chip model: libmtia-model.so for QEMU and the library, .a to link, and the same under
# sanitizers. Objects of the interpreter and the PE come from their own fragments.

MODEL_DIR := qemu-device/model
MODEL_SOC_SRCS := $(wildcard $(MODEL_DIR)/*.c)
MODEL_SRCS := $(MODEL_SOC_SRCS) $(wildcard $(MODEL_DIR)/rv/*.c $(MODEL_DIR)/pe/*.c)
MODEL_SOC_OBJS := $(MODEL_SOC_SRCS:%.c=$(B)/%.o)
MODEL_OBJS := $(MODEL_SRCS:%.c=$(B)/%.o)
MODEL_SAN_OBJS := $(MODEL_SRCS:%.c=$(B)/asan/%.o)
MODEL_CFLAGS := $(MTIA_CFLAGS) -fPIC -fvisibility=hidden -pthread -I$(MODEL_DIR)
MODEL_LDFLAGS = -Wl,-soname,$(@F),--version-script=$(MODEL_DIR)/exports.map

MODEL_SO := $(B)/qemu-device/libmtia-model.so
MODEL_LIB := $(B)/qemu-device/libmtia-model.a
MODEL_SAN_SO := $(B)/qemu-device/asan/libmtia-model.so
MODEL_SAN_LIB := $(B)/qemu-device/asan/libmtia-model.a
ALL += $(MODEL_SO) $(MODEL_LIB)

$(MODEL_SOC_OBJS): $(B)/%.o: %.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(MODEL_CFLAGS) $(DEPFLAGS) -c -o $@ $<

$(MODEL_SAN_OBJS): $(B)/asan/%.o: %.c
	$(call say,CC,$< (sanitizers))
	@mkdir -p $(@D)
	$(Q)$(CC) $(MODEL_CFLAGS) $(SAN_CFLAGS) $(DEPFLAGS) -c -o $@ $<

$(MODEL_SO): $(MODEL_OBJS) $(MODEL_DIR)/exports.map
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -shared -pthread $(MODEL_LDFLAGS),-z,defs -o $@ $(MODEL_OBJS) -lm

$(MODEL_SAN_SO): $(MODEL_SAN_OBJS) $(MODEL_DIR)/exports.map
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -shared -pthread $(SAN_CFLAGS) $(MODEL_LDFLAGS) -o $@ $(MODEL_SAN_OBJS) -lm

$(MODEL_LIB): $(MODEL_OBJS)
$(MODEL_SAN_LIB): $(MODEL_SAN_OBJS)
$(MODEL_LIB) $(MODEL_SAN_LIB):
	$(call say,AR,$@)
	@mkdir -p $(@D)
	$(Q)rm -f $@ && $(AR) rcsD $@ $^

-include $(MODEL_SOC_OBJS:.o=.d) $(MODEL_SAN_OBJS:.o=.d)
