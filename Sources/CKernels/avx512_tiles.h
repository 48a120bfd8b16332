// Tiles of the AVX-512 levels: 28 sums, two vectors of weights and a spread unit fill the 32 registers.
#define CK_WIDTH 16
#define CK_TILE_ROWS 14
#define CK_HEIGHTS(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14)
