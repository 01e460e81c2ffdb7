# SPDX-License-Identifier: GPL-2.0
# Unit tests of libmtia-user, all of it under ASan and UBSan: on a back-end of their own (lib_fake.h),
# on a file tree that plays sysfs, and on the chip model.

LIB_SAN_SRC := $(LIB_SRC) $(SIMHOST_SRC)
LIB_SAN_OBJS := $(LIB_SAN_SRC:%.c=$(B)/tests/unit/lib_obj/%.o) $(LIB_DATA_OBJS)
LIB_TEST_CFLAGS = $(LIB_BUILD_CFLAGS) $(SAN_CFLAGS) -Itests/unit
LIB_TESTS := lib_program lib_jobs lib_ops lib_refuse lib_discover lib_sim lib_json

$(B)/tests/unit/lib_obj/%.o: %.c
	$(call say,CC,$< (sanitized))
	@mkdir -p $(@D)
	$(Q)$(CC) $(LIB_TEST_CFLAGS) $(DEPFLAGS) -c -o $@ $<

$(B)/tests/unit/lib_asan.a: $(LIB_SAN_OBJS)
	$(Q)rm -f $@ && $(AR) rcsD $@ $^

$(addprefix $(B)/tests/unit/,$(filter-out lib_json,$(LIB_TESTS))): $(B)/tests/unit/%: \
		$(B)/tests/unit/lib_obj/tests/unit/%.o $(B)/tests/unit/lib_asan.a
	$(call say,LD,$@)
	$(Q)$(CC) $(SAN_CFLAGS) -o $@ $^ $(LIB_PRIVATE)

$(B)/tests/unit/lib_json: $(addprefix $(B)/tests/unit/lib_obj/,tests/unit/lib_json.o tools/mtia/json.o)
	$(call say,LD,$@)
	$(Q)$(CC) $(SAN_CFLAGS) -o $@ $^

CHECK_FAST += $(LIB_TESTS:%=unit/%)
$(foreach t,$(LIB_TESTS),$(eval unit/$(t).cmd := $(B)/tests/unit/$(t)))
$(foreach t,$(LIB_TESTS),$(eval unit/$(t).dep := $(B)/tests/unit/$(t)))
unit/lib_program.cmd := $(B)/tests/unit/lib_program $(B)/firmware/kernels
unit/lib_program.dep += $(PE_IMAGES)
unit/lib_sim.cmd = MTIA_BACKEND=sim MTIA_FIRMWARE=$(FW_CTRL_IMAGE) \
	MTIA_MODEL=$(B)/qemu-device/libmtia-model.so $(B)/tests/unit/lib_sim
unit/lib_sim.dep += $(B)/firmware/mtia_ctrl.bin $(B)/qemu-device/libmtia-model.so

# The same test under TSan: four threads on one device. The references' resolvers of target_clones run
# before TSan does, so these come without it; they share nothing.
LIB_TSAN_SRC := $(filter-out libmtia-user/ref/%,$(LIB_SAN_SRC)) tests/unit/lib_sim.c
LIB_TSAN_OBJS := $(LIB_TSAN_SRC:%.c=$(B)/tests/unit/lib_tsan_obj/%.o)

$(B)/tests/unit/lib_tsan_obj/%.o: %.c
	$(call say,CC,$< (threads))
	@mkdir -p $(@D)
	$(Q)$(CC) $(LIB_BUILD_CFLAGS) -O1 -fsanitize=thread -Itests/unit $(DEPFLAGS) -c -o $@ $<

$(B)/tests/unit/lib_threads: $(LIB_TSAN_OBJS) $(filter $(B)/libmtia-user/ref/%,$(LIB_OBJS)) $(LIB_DATA_OBJS)
	$(call say,LD,$@)
	$(Q)$(CC) -fsanitize=thread -o $@ $^ $(LIB_PRIVATE)

CHECK_FAST += unit/lib_threads
unit/lib_threads.cmd = $(subst lib_sim,lib_threads,$(unit/lib_sim.cmd))
unit/lib_threads.dep = $(B)/tests/unit/lib_threads $(B)/firmware/mtia_ctrl.bin \
	$(B)/qemu-device/libmtia-model.so

-include $(LIB_TSAN_OBJS:.o=.d) $(LIB_SAN_SRC:%.c=$(B)/tests/unit/lib_obj/%.d) \
	$(LIB_TESTS:%=$(B)/tests/unit/lib_obj/tests/unit/%.d)
