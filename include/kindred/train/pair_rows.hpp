// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What a step on a pair of rows needs of each of them besides its vector, side by side for the time of an epoch.

#include <kindred/core/executor.hpp>
#include <kindred/optimizer/optimizer.hpp>
#include <kindred/train/l2.hpp>
#include <kindred/train/table_model.hpp>

#include <array>
#include <cstddef>
#include <utility>
#include <vector>

namespace kindred::detail {

/// The numbers of a row of users or items. The first four are read, and written, as one packet.
template <class Scalar>
struct alignas(8 * sizeof(Scalar)) PairRow {
  enum Number : std::size_t { slot, bias_slot, bias, lambda, bias_lambda };
  std::array<Scalar, 5> numbers{};
};

/// A copy of the biases, of the rule's slots and of the L2 weights, row by row. A step finds in one cache line what lies in five tables
/// otherwise, and takes it in and out by four rows at a time (`columns_of`).
/// Memory: 8 Scalars a row. Cost: one pass over the rows to load, one to store.
template <class Scalar>
class PairRows {
 public:
  template <class M, class Rule>
  void load(M& model, const L2Rows<M>& l2, Optimizer<Rule>& optimizer, const Executor auto& executor) {
    const bool biases = model.has_biases();
    visit(model, optimizer,
          [&](auto& rows, std::size_t k, Index count, const auto& of_biases, Scalar* slots, Scalar* bias_slots) {
            rows.resize(static_cast<std::size_t>(count));
            for_each_range(executor, count, chunk, [&](Index begin, Index end) {
              for (auto r = static_cast<std::size_t>(begin); r < static_cast<std::size_t>(end); ++r) {
                rows[r].numbers = {slots ? slots[r] : Scalar{0}, biases && bias_slots ? bias_slots[r] : Scalar{0},
                                   biases ? of_biases.data()[r] : Scalar{0}, l2.of(k)[r], biases ? l2.of(k + 2)[r] : Scalar{0}};
              }
            });
          });
  }

  /// Writes back what steps have changed.
  template <class M, class Rule>
  void store(M& model, Optimizer<Rule>& optimizer, const Executor auto& executor) {
    const bool biases = model.has_biases();
    visit(model, optimizer, [&](auto& rows, std::size_t, Index count, auto& of_biases, Scalar* slots, Scalar* bias_slots) {
      for_each_range(executor, count, chunk, [&](Index begin, Index end) {
        for (auto r = static_cast<std::size_t>(begin); r < static_cast<std::size_t>(end); ++r) {
          const auto& numbers = rows[r].numbers;
          if (slots) slots[r] = numbers[PairRow<Scalar>::slot];
          if (biases) of_biases.data()[r] = numbers[PairRow<Scalar>::bias];
          if (biases && bias_slots) bias_slots[r] = numbers[PairRow<Scalar>::bias_slot];
        }
      });
    });
  }

  PairRow<Scalar>* users() { return users_.data(); }
  PairRow<Scalar>* items() { return items_.data(); }

 private:
  static constexpr Index chunk = 4096;

  /// Calls f(rows, position of the table in the model, its rows, its biases, its slots, the slots of its biases) for users and items.
  template <class M, class Rule, class F>
  void visit(M& model, Optimizer<Rule>& optimizer, const F& f) {
    const auto slots = [&](std::size_t k) { return optimizer.template factors<BiasesOf<M>>(k).second; };
    f(users_, 0, model.user_encoder().rows(), model.user_biases(), slots(0), slots(2));
    f(items_, 1, model.item_encoder().rows(), model.item_biases(), slots(1), slots(3));
  }

  std::vector<PairRow<Scalar>> users_, items_;
};

}  // namespace kindred::detail
