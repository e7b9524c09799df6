// SPDX-License-Identifier: MIT
// A model with two parameters and one name.
// expect: NamesEachParameter
#include <kindred/parameter/embedding_table.hpp>

struct Model {
  kindred::EmbeddingTable<float, 4> user{3}, item{5};
  auto parameters() { return std::tie(user, item); }
#ifdef MISUSE
  static std::array<std::string, 1> names() { return {"user"}; }
#else
  static std::array<std::string, 2> names() { return {"user", "item"}; }
#endif
};

int main() {
  Model model;
  return static_cast<int>(kindred::parameter_count(model)) - 32;
}
