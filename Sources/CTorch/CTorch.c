// The table's declarations are all there is here; its functions live in the runtime library.
#include "CTorch.h"
