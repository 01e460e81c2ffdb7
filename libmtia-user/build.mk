# SPDX-License-Identifier: MIT
# libmtia-user: shared and static, with the operators, the references and the simulated host.

LIB_SONAME := libmtia-user.so.1
LIB_VERSION := 1.0.0
# The references, also for programs that need no device.
REF_SRC := $(sort $(wildcard libmtia-user/ref/*.c)) $(addprefix libmtia-user/ops/,lut.c types.c)
LUT_TABLES := $(B)/libmtia-user/ops/lut_tables.o
LIB_SRC := $(addprefix libmtia-user/src/,backend_kernel.c backend_sim.c buffer.c cmd.c device.c \
	discover.c error.c event.c program.c queue.c va.c) \
	$(addprefix libmtia-user/ops/,desc.c elementwise.c fc.c interaction.c launch.c layout.c \
	matmul.c norm.c quantize.c rows.c tbe.c) $(REF_SRC)
# Constants: PE programs, tables of functions.
LIB_DATA_OBJS := $(B)/libmtia-user/src/programs.o $(LUT_TABLES)
LIB_OBJS := $(LIB_SRC:%.c=$(B)/%.o) $(LIB_DATA_OBJS)
LIB_SO := $(B)/libmtia-user/$(LIB_SONAME)
LIB_A := $(B)/libmtia-user/libmtia-user.a
LIB_PC := $(B)/libmtia-user/libmtia-user.pc

DRM_CFLAGS := $(shell pkg-config --cflags libdrm 2>/dev/null)
DRM_LIBS := $(shell pkg-config --libs libdrm 2>/dev/null)
# The interface of libmtia-user, for whatever is compiled against the build tree.
LIB_CFLAGS := -Ilibmtia-user/include -Iuapi
LIB_PRIVATE := $(DRM_LIBS) -ldl -lpthread -lm

# What a program needs at run time to use the simulator.
SIM_RUNTIME = $(FW_CTRL_IMAGE) $(B)/qemu-device/libmtia-model.so

ALL += $(LIB_SO) $(B)/libmtia-user/libmtia-user.so $(LIB_A) $(LIB_PC)

LIB_BUILD_CFLAGS = $(MTIA_CFLAGS) -D_GNU_SOURCE $(LIB_CFLAGS) -Iqemu-device/sim -Ifirmware/include \
	$(DRM_CFLAGS) -fPIC -fvisibility=hidden -pthread

$(B)/libmtia-user/%.o: libmtia-user/%.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LIB_BUILD_CFLAGS) $(DEPFLAGS) -c -o $@ $<

$(B)/libmtia-user/ops/lut_tables.c: libmtia-user/ops/lut.py
	$(call say,GEN,$@)
	@mkdir -p $(@D)
	$(Q)/usr/bin/python3 $< >$@

$(LUT_TABLES): $(B)/libmtia-user/ops/lut_tables.c libmtia-user/ops/lut.h
	$(call say,CC,$<)
	$(Q)$(CC) $(LIB_BUILD_CFLAGS) -Ilibmtia-user/ops -c -o $@ $<

$(B)/libmtia-user/src/programs.o: libmtia-user/src/programs.S $(PE_IMAGES)
	$(call say,AS,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) -c -Wa,-I$(B)/firmware/kernels -o $@ $<

$(LIB_SO): $(LIB_OBJS) $(SIMHOST_LIB) libmtia-user/libmtia-user.map
	$(call say,LD,$@)
	$(Q)$(CC) -shared -Wl,-soname,$(LIB_SONAME),--version-script=libmtia-user/libmtia-user.map \
		-Wl,-z,defs,-z,relro,-z,now,--exclude-libs,ALL -o $@ $(LIB_OBJS) $(SIMHOST_LIB) \
		$(LIB_PRIVATE)

$(B)/libmtia-user/libmtia-user.so: $(LIB_SO)
	$(Q)ln -sf $(LIB_SONAME) $@

# The simulated host's objects are taken in, so that one archive is enough.
$(LIB_A): $(LIB_OBJS) $(SIMHOST_LIB)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcsD $@ $(LIB_OBJS) $(SIMHOST_OBJS)

$(LIB_PC): libmtia-user/libmtia-user.pc.in
	@mkdir -p $(@D)
	$(Q)sed 's/@VERSION@/$(LIB_VERSION)/' $< >$@

-include $(LIB_OBJS:.o=.d)
