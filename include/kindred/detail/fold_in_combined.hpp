// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Folding a user into models made of other models: into those, and then as the whole makes its scores of theirs.

#include <kindred/core/executor.hpp>
#include <kindred/detail/folder.hpp>
#include <kindred/detail/for_each_in.hpp>
#include <kindred/model/hybrid.hpp>
#include <kindred/model/imputed.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

namespace kindred::detail {

/// The base's user; items without training rows have the mean of their neighbours, as in the model.
template <class Base>
class Folder<ImputedModel<Base>> {
 public:
  using Scalar = typename Base::Scalar;
  using User = typename Folder<Base>::User;
  using Memory = typename Folder<Base>::Memory;

  template <Executor E>
  Folder(const ImputedModel<Base>& model, const FoldInOptions& options, const E& executor)
      : model_(&model), base_(model.base(), options, executor) {
    for (Index i = 0; i < model.items(); ++i) {
      if (!stand_ins(i).empty()) imputed_.push_back(i);
    }
  }
  Index items() const { return model_->items(); }
  void fold(const CheckedHistory& history, Memory& memory, User& user) const { base_.fold(history, memory, user); }
  Scalar score(const User& user, Index item) const {
    if (stand_ins(item).empty()) return base_.score(user, item);
    return mean(item, [&](Index other) { return base_.score(user, other); });
  }
  void score_items(const User& user, std::span<Scalar> out) const {
    base_.score_items(user, out);
    for (const Index item : imputed_) {
      out[static_cast<std::size_t>(item)] = mean(item, [&](Index other) { return out[static_cast<std::size_t>(other)]; });
    }
  }

 private:
  auto stand_ins(Index item) const { return model_->stand_ins(BasicItemId<std::uint64_t>(item)); }
  template <class What>
  Scalar mean(Index item, const What& what) const {
    Scalar sum = 0, total = 0;
    for (const auto& near : stand_ins(item)) {
      sum += static_cast<Scalar>(near.score) * what(near.item.index());
      total += static_cast<Scalar>(near.score);
    }
    return sum / total;
  }

  const ImputedModel<Base>* model_;
  Folder<Base> base_;
  std::vector<Index> imputed_;
};

/// Part after part: of explicit ratings each is told what the parts before it leave, as in training by stages; of implicit feedback each
/// is told the history itself.
template <class... Models>
class Folder<HybridModel<Models...>> {
  using M = HybridModel<Models...>;

 public:
  using Scalar = typename M::Scalar;
  using User = std::tuple<typename Folder<Models>::User...>;
  struct Memory {
    std::tuple<typename Folder<Models>::Memory...> parts;
    std::vector<HistoryEntry> left;
    std::vector<float> told;
  };

  template <Executor E>
  Folder(const M& model, const FoldInOptions& options, const E& executor)
      : Folder(model, options, executor, std::index_sequence_for<Models...>{}) {}

  Index items() const { return model_->items(); }

  void fold(const CheckedHistory& history, Memory& memory, User& user) const {
    memory.told.clear();
    for (const HistoryEntry& entry : history.entries) memory.told.push_back(entry.value);
    memory.left.assign(history.entries.begin(), history.entries.end());
    CheckedHistory of_part = history;
    of_part.entries = memory.left;
    for_each_in(parts_, [&](const auto& part, auto k) {
      auto& one = std::get<k>(user);
      const double weight = model_->weights()[k];
      if (explicit_ && weight != 0) {
        for (std::size_t n = 0; n < memory.left.size(); ++n)
          memory.left[n].value = static_cast<float>(double{memory.told[n]} / weight);
      }
      part.fold(of_part, std::get<k>(memory.parts), one);
      if (!explicit_) return;
      for (std::size_t n = 0; n < memory.left.size(); ++n) {
        memory.told[n] -= static_cast<float>(weight * static_cast<double>(part.score(one, memory.left[n].item)));
      }
    });
  }
  Scalar score(const User& user, Index item) const {
    Scalar sum = 0;
    for_each_in(parts_, [&](const auto& part, auto k) { sum += weight(k) * part.score(std::get<k>(user), item); });
    return sum;
  }
  void score_items(const User& user, std::span<Scalar> out) const {
    std::vector<Scalar> one(out.size());
    for_each_in(parts_, [&](const auto& part, auto k) {
      part.score_items(std::get<k>(user), std::span<Scalar>(one));
      for (std::size_t i = 0; i < out.size(); ++i) out[i] = (k == 0 ? Scalar{0} : out[i]) + weight(k) * one[i];
    });
  }

 private:
  template <Executor E, std::size_t... k>
  Folder(const M& model, const FoldInOptions& options, const E& executor, std::index_sequence<k...>)
      : model_(&model),
        explicit_(options.least_squares.feedback == Feedback::explicit_ratings),
        parts_(Folder<Models>(model.template part<k>(), options, executor)...) {}

  Scalar weight(std::size_t k) const { return static_cast<Scalar>(model_->weights()[k]); }

  const M* model_;
  bool explicit_;
  std::tuple<Folder<Models>...> parts_;
};

}  // namespace kindred::detail
