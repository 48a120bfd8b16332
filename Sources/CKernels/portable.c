// Four lanes: what every 64-bit processor has (SSE2, NEON).
#define CK_WIDTH 4
#define CK_TABLE ck_portable_table
#include "body.h"
