// SPDX-License-Identifier: MIT
// A model that hands out copies of its parameters: training would move the copies.
// expect: ListsParameters
#include <kindred/parameter/embedding_table.hpp>

struct Model {
  kindred::EmbeddingTable<float, 4> user{3}, item{5};
#ifdef MISUSE
  auto parameters() { return std::make_tuple(user, item); }
#else
  auto parameters() { return std::tie(user, item); }
#endif
  static std::array<std::string, 2> names() { return {"user", "item"}; }
};

int main() {
  Model model;
  return static_cast<int>(kindred::parameter_count(model)) - 32;
}
