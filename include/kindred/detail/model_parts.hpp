// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The parts of a model that is made of models: any models over the same users and items. What can be said of all together whatever is made
/// of their scores (whom they know, growth, parameters), and what stands for a part that has not got it. `HybridModel` adds their scores.

#include <kindred/core/access.hpp>
#include <kindred/data/features.hpp>
#include <kindred/detail/for_each_in.hpp>
#include <kindred/model/model.hpp>
#include <kindred/parameter/parameterized.hpp>

#include <array>
#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace kindred::detail {

/// A part that gradients can train.
template <class M>
concept HasForward = requires { typename M::Tape; } && Parameterized<M>;

template <class M>
struct tape_of {
  struct type {};
};
template <HasForward M>
struct tape_of<M> {
  using type = typename M::Tape;
};

/// The parameters of a part and their names: none if gradients cannot train it.
template <class M>
auto parameters_of_part(M& part) {
  if constexpr (HasForward<M>) {
    return part.parameters();
  } else {
    return std::tuple<>{};
  }
}
template <class M>
auto names_of_part() {
  if constexpr (HasForward<M>) {
    return M::names();
  } else {
    return std::array<std::string, 0>{};
  }
}

/// Whether a part can tell whom it knows, and whether it knows this id; one that cannot tell knows all.
template <class M, class Id>
concept Tells = requires(const M& part, Id id) { part.knows(id); };

template <class M, class Id>
bool part_knows(const M& part, Id id) {
  if constexpr (Tells<M, Id>) {
    return part.knows(id);
  } else {
    return true;
  }
}

/// The base of `HybridModel`, whose name is in the messages.
template <class... Models>
class ModelParts {
  static_assert(sizeof...(Models) >= 1, "HybridModel: there must be at least one part");

 protected:
  using Parts = std::tuple<Models...>;

 public:
  using Scalar = typename std::tuple_element_t<0, Parts>::Scalar;
  static_assert((std::is_same_v<typename Models::Scalar, Scalar> && ...), "HybridModel: the parts must have the same Scalar");

  Index users() const { return std::get<0>(parts_).users(); }
  Index items() const { return std::get<0>(parts_).items(); }

  template <std::size_t k>
  auto& part() {
    return std::get<k>(parts_);
  }
  template <std::size_t k>
  const auto& part() const {
    return std::get<k>(parts_);
  }

  /// Whether any part that can tell knows the user (the item); if none of them can, all are known.
  template <class Rep>
  bool knows(BasicUserId<Rep> user) const {
    return any_knows(user);
  }
  template <class Rep>
  bool knows(BasicItemId<Rep> item) const {
    return any_knows(item);
  }

  /// Appends users (items) to every part; see `TwoTower::add_users`. If a part refuses, all are as they were.
  void add_users(Index count, const std::shared_ptr<const Features>& features = nullptr) {
    Parts grown = parts_;
    std::apply([&](auto&... part) { (part.add_users(count, features), ...); }, grown);
    parts_ = std::move(grown);
  }
  void add_items(Index count, const std::shared_ptr<const Features>& features = nullptr) {
    Parts grown = parts_;
    std::apply([&](auto&... part) { (part.add_items(count, features), ...); }, grown);
    parts_ = std::move(grown);
  }

  /// The first part that has biases takes the mean label; the others start from what it leaves.
  template <class Data>
  void prepare(const Data& data, double mean_label) {
    double left = mean_label;
    for_each_in(parts_, [&](auto& part, auto) {
      if constexpr (requires { part.prepare(data, left); }) {
        part.prepare(data, left);
        if (part.has_biases()) left = 0;
      }
    });
  }

  template <class Data>
  std::vector<std::vector<double>> touch_counts(const Data& data) const {
    std::vector<std::vector<double>> counts;
    for_each_in(parts_, [&](const auto& part, auto) {
      if constexpr (HasForward<std::remove_cvref_t<decltype(part)>>) {
        for (auto& rows : part.touch_counts(data)) counts.push_back(std::move(rows));
      }
    });
    return counts;
  }

  auto parameters() {
    return std::apply([](auto&... part) { return std::tuple_cat(parameters_of_part(part)...); }, parts_);
  }
  static auto names() { return names_of_parts("model", names_of_part<Models>()...); }

 protected:
  ModelParts() : parts_(Access::make<Models>()...) {}
  explicit ModelParts(Models... parts) : parts_(std::move(parts)...) {}

  /// Throws: std::invalid_argument if the parts' users or items differ.
  void require_same_size() const {
    for_each_in(parts_, [this](const auto& part, auto) {
      require(part.users() == users() && part.items() == items(),
              "HybridModel: the parts must have the same users and items, got ", users(), " and ", items(), ", then ",
              part.users(), " and ", part.items());
    });
  }

  static std::string kinds() {
    std::string all;
    ((all += (all.empty() ? "" : ", ") + Models::kind()), ...);
    return all;
  }

  template <std::size_t k, class G>
  static auto gradients_of_part(G& gradients) {
    return slice_of_part<parameter_counts, k>(gradients);
  }

  Parts parts_;

 private:
  static constexpr std::array<std::size_t, sizeof...(Models)> parameter_counts{
      std::tuple_size_v<decltype(parameters_of_part(std::declval<Models&>()))>...};

  template <class Id>
  bool any_knows(Id id) const {
    bool any = !(Tells<Models, Id> || ...);
    for_each_in(parts_, [&](const auto& part, auto) {
      if constexpr (Tells<std::remove_cvref_t<decltype(part)>, Id>) any = any || part.knows(id);
    });
    return any;
  }
};

}  // namespace kindred::detail
