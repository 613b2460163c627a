#ifndef EMBED_WIRING_H
#define EMBED_WIRING_H

#include "core.h"

#include <holosnap.h>

struct wiring {
  struct core *core;
  struct core_data fresh; /* what a restore prepares and reads; afterwards what the core was */
  holosnap_state *state;
};

/* A state that captures the core, and restores it. Core and wiring outlive it, and stay where they are. */
holosnap_status wire(holosnap_engine *engine, struct core *core, struct wiring *wiring, holosnap_error *error);
/* For after a restore, too: frees what the core was before. */
void wiring_release(struct wiring *wiring);
void wiring_free(struct wiring *wiring);

#endif
