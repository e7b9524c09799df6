// SPDX-License-Identifier: MIT
// Users and items of different width.
// expect: the user encoder and the item encoder must have the same Dim
#include <kindred/model/two_tower.hpp>

int main() {
#ifdef MISUSE
  using Items = kindred::EmbeddingTable<float, 32>;
#else
  using Items = kindred::EmbeddingTable<float, 16>;
#endif
  const kindred::TwoTower<kindred::EmbeddingTable<float, 16>, Items> model(kindred::EmbeddingTable<float, 16>(3), Items(5),
                                                                           true);
  return static_cast<int>(model.users()) - 3;
}
