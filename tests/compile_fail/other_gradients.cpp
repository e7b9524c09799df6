// SPDX-License-Identifier: MIT
// The gradients of another model.
// expect: cannot convert|no matching member function
#include <kindred/core/executor.hpp>
#include <kindred/optimizer/optimizer.hpp>
#include <kindred/optimizer/sgd.hpp>
#include <kindred/parameter/embedding_table.hpp>

int main() {
  kindred::EmbeddingTable<float, 4> table(3);
#ifdef MISUSE
  kindred::EmbeddingTable<float, 8> other(3);
#else
  kindred::EmbeddingTable<float, 4> other(3);
#endif
  auto gradients = kindred::gradients_like(other);
  kindred::Optimizer optimizer(kindred::Sgd{});
  optimizer.step(table, gradients, kindred::Serial{});
}
