#include <zmq.h>
#include <errno.h>

/// ETERM is a macro computed from another macro, which Swift does not import.
static inline int sigstreamd_zmq_eterm(void) { return ETERM; }
