// SPDX-License-Identifier: MIT
#include "collaborative.hpp"

namespace workbench {

Outcome run_collaborative(const Options& options, const Part& part, const kindred::Threads& threads) {
  return run_collaborative_with<kindred::DotProduct>(options, part, threads);
}

}  // namespace workbench
