// SPDX-License-Identifier: MIT
// An embedding of no numbers.
// expect: must be positive or kindred::Dynamic
#include <kindred/parameter/embedding_table.hpp>

int main() {
#ifdef MISUSE
  const kindred::EmbeddingTable<float, 0> table(3);
#else
  const kindred::EmbeddingTable<float, 1> table(3);
#endif
  return static_cast<int>(table.rows()) - 3;
}
