# SPDX-License-Identifier: GPL-2.0-or-later
# Devices of our QEMU: a q35 machine, what the guest needs, the accelerator and what tests compare
# it with (EDU, NVMe) or plug it into (root ports, switches, an IOMMU).
CONFIG_Q35=y
CONFIG_SERIAL_ISA=y
CONFIG_ISA_DEBUG=y
CONFIG_VIRTIO_PCI=y
CONFIG_VIRTIO_9P=y
CONFIG_VIRTIO_SERIAL=y
CONFIG_VIRTIO_BLK=y
CONFIG_VIRTIO_RNG=y
CONFIG_VIRTIO_IOMMU=y
CONFIG_PCIE_PORT=y
CONFIG_XIO3130=y
CONFIG_NVME_PCI=y
CONFIG_EDU=y
CONFIG_VTD=y
CONFIG_TEST_DEVICES=y
CONFIG_MTIA=y
