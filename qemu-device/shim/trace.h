#include "trace/trace-hw_mtia.h"
