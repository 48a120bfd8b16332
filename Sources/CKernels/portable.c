// Four lanes: what every 64-bit processor has (SSE2, NEON).
#define CK_WIDTH 4
#define CK_TABLE ck_portable_table
#include "body.h"

#define CK_TILE_ROWS 6
#define CK_HEIGHTS(X) X(1) X(2) X(3) X(4) X(5) X(6)
#define CK_SERVING_TABLE ck_portable_serving
#include "serving.h"
