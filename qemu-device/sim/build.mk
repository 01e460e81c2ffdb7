# SPDX-License-Identifier: MIT
# libmtia-simhost: the host of a simulated device, in user space; and mtia-sim.

SIMHOST_SRC := $(addprefix qemu-device/sim/,fault.c fwimage.c mailbox.c mem.c model_load.c queue.c \
	simhost.c vm.c)
SIMHOST_OBJS := $(patsubst %.c,$(B)/%.o,$(SIMHOST_SRC))
SIMHOST_LIB := $(B)/qemu-device/libmtia-simhost.a
ALL += $(SIMHOST_LIB)

# Position independent: libmtia-user links it into its shared library.
$(B)/qemu-device/sim/%.o: qemu-device/sim/%.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(MTIA_CFLAGS) -fPIC -fvisibility=hidden -Iqemu-device/sim $(DEPFLAGS) -c -o $@ $<

$(SIMHOST_LIB): $(SIMHOST_OBJS)
	$(call say,AR,$@)
	@mkdir -p $(@D)
	$(Q)rm -f $@ && $(AR) rcsD $@ $^

-include $(SIMHOST_OBJS:.o=.d)

MTIA_SIM := $(B)/qemu-device/mtia-sim
MTIA_SIM_SRC := $(addprefix qemu-device/sim/,mtia_sim.c sim_args.c sim_report.c)
ALL += $(MTIA_SIM)

$(MTIA_SIM): $(MTIA_SIM_SRC:%.c=$(B)/%.o) $(SIMHOST_LIB)
	$(call say,LD,$@)
	$(Q)$(CC) -o $@ $^ -ldl

-include $(MTIA_SIM_SRC:%.c=$(B)/%.d)
