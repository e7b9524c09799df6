// SPDX-License-Identifier: MIT
#include "collaborative.hpp"

namespace workbench {

Outcome run_collaborative(const Options& options, const Part& part, const kindred::Threads& threads) {
  return CollaborativeRun<kindred::DotProduct>(options, part, threads).run();
}

}  // namespace workbench
