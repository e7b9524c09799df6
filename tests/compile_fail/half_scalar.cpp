// SPDX-License-Identifier: MIT
// Sixteen bits to compute with.
// expect: 16-bit numbers are for storage, after Dim: EmbeddingTable<float, Dim, Eigen::bfloat16>
#include <kindred/parameter/embedding_table.hpp>

int main() {
#ifdef MISUSE
  const kindred::EmbeddingTable<Eigen::bfloat16, 4> table(3);
#else
  const kindred::EmbeddingTable<float, 4, Eigen::bfloat16> table(3);
#endif
  return static_cast<int>(table.rows()) - 3;
}
