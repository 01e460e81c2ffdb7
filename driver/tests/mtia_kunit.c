// SPDX-License-Identifier: GPL-2.0 OR MIT
/* The module that has KUnit's suites; it needs mtia.ko, and no device. */
#include <linux/module.h>

#ifdef MTIA_HAVE_IMPORT_NS_TEXT
MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
#else
MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
#endif
MODULE_DESCRIPTION("KUnit tests of mtia");
MODULE_AUTHOR("MTIA stack developers");
MODULE_LICENSE("Dual MIT/GPL");
