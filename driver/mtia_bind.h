/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef MTIA_BIND_H
#define MTIA_BIND_H

struct drm_device;
struct drm_file;
struct drm_gpuva_op;
struct mtia_vm;

int mtia_bind_init(struct mtia_vm *vm, struct drm_file *file);
void mtia_bind_fini(struct mtia_vm *vm);

int mtia_bind_step_map(struct drm_gpuva_op *op, void *priv);
int mtia_bind_step_remap(struct drm_gpuva_op *op, void *priv);
int mtia_bind_step_unmap(struct drm_gpuva_op *op, void *priv);

int mtia_vm_bind_ioctl(struct drm_device *drm, void *data, struct drm_file *file);

#endif /* MTIA_BIND_H */
