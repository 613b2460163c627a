// All that connects the core with HoloSnap.
#include "wiring.hpp"

#include <memory>

holosnap::state wire(const holosnap::engine &engine, core &core) {
  holosnap::state_options options;
  options.series = "core";
  holosnap::state state(engine, options);
  state.guard(core.mutex);

  // Restored into this, which nobody sees; the commit swaps it in, as vectors and values do by themselves.
  auto index = std::make_shared<tables>();
  state.vector("grid.c128", core.grid, holosnap::shape(core.side, core.side, core.side));
  state.vector("field.f64", core.field, holosnap::shape(core.dimension));
  state.vector("memory.f64", core.memory, core.dimension);
  state.vector("cache.f64", core.cache, core.dimension);
  state.value("alloc_ptr.u64", core.alloc_ptr, {HOLOSNAP_COMPONENT_CONFIGURATION});
  state.blob(
      "index.json", 1, [&core](holosnap::sink &sink) { sink.write(core.index.text()); },
      [index](holosnap::source &source, std::uint32_t) { *index = tables::parsed(source.text()); });
  state.on_commit([index, &core] { std::swap(core.index, *index); });
  state.on_discard([index] { *index = {}; });
  return state;
}
