// All that connects the core with HoloSnap.
#include "wiring.hpp"

#include <memory>

holosnap::state wire(const holosnap::engine &engine, core &core) {
  holosnap::state_options options;
  options.series = "core";
  holosnap::state state(engine, options);
  state.guard(core.mutex);

  // Restored into these, which nobody sees; a commit swaps them in. (What was there goes with the next restore, or the state.)
  auto grid = std::make_shared<std::vector<std::complex<double>>>();
  auto index = std::make_shared<tables>();
  const auto n = core.side;
  state.region(
      "grid.c128", [&core, n] { return holosnap::array(core.grid.data(), n, n, n); },
      [grid](const holosnap::shape &shape) { return grid->resize(shape.elements()), grid->data(); },
      {HOLOSNAP_COMPONENT_MEMORY, 0, holosnap::shape(n, n, n)});
  state.vector("field.f64", core.field, 0, {HOLOSNAP_COMPONENT_MEMORY, 0, holosnap::shape(core.dimension)});
  state.vector("memory.f64", core.memory, core.dimension);
  state.vector("cache.f64", core.cache, core.dimension);
  state.value("alloc_ptr.u64", core.alloc_ptr, {HOLOSNAP_COMPONENT_CONFIGURATION});
  state.blob(
      "index.json", 1, [&core](holosnap::sink &sink) { sink.write(core.index.text()); },
      [index](holosnap::source &source, std::uint32_t) { *index = tables::parsed(source.text()); });
  state.on_commit([grid, index, &core] { core.grid.swap(*grid), std::swap(core.index, *index); });
  state.on_discard([grid, index] { grid->clear(), *index = {}; });
  return state;
}
