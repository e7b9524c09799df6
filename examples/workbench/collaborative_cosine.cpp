// SPDX-License-Identifier: MIT
#include "collaborative.hpp"

#include <kindred/scorer/cosine.hpp>

namespace workbench {

Outcome run_collaborative_cosine(const Options& options, const Part& part, const kindred::Threads& threads) {
  return CollaborativeRun<kindred::Cosine>(options, part, threads).run();
}

}  // namespace workbench
