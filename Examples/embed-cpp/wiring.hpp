#ifndef EMBED_WIRING_HPP
#define EMBED_WIRING_HPP

#include "core.hpp"

#include <holosnap.hpp>

// A state that captures the core, and restores it. The core outlives it.
holosnap::state wire(const holosnap::engine &engine, core &core);

#endif
