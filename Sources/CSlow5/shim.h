#include <slow5/slow5.h>
