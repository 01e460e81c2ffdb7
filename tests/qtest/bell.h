/* SPDX-License-Identifier: GPL-2.0 */
/* Where bell.c and the tests meet: offsets into LPDDR. */
#ifndef MTIA_TESTS_BELL_H
#define MTIA_TESTS_BELL_H

#define BELL_VALUE	0x1000
#define BELL_STATUS	0x1008 /* MTIA_DMA_STATUS at the end of the copy */
#define BELL_COUNT	0x1010
#define BELL_STACK	0x4000

#define BELL_HANG	0xdead /* doorbell value: loop for ever */

#endif /* MTIA_TESTS_BELL_H */
