// The table's functions live in the runtime library.
#include "COpticalFlow.h"
