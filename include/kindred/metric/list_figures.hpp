// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The figures of `evaluate` that are of all users' lists: coverage@k, novelty@k and gini@k. Include metric/evaluate.hpp.

#include <kindred/data/interactions.hpp>
#include <kindred/kernel/item_mask.hpp>
#include <kindred/kernel/top_k.hpp>
#include <kindred/metric/beyond_accuracy.hpp>
#include <kindred/metric/evaluation.hpp>
#include <kindred/metric/metric.hpp>
#include <kindred/metric/ranking_value.hpp>

#include <algorithm>
#include <mutex>
#include <span>
#include <vector>

namespace kindred::detail {

/// Counts what is in the lists of an evaluation's users, and makes the figures of it.
template <class Rep>
class ListFigures {
 public:
  ListFigures(const BasicInteractions<Rep>& train, Index items, BasicEvaluation<Rep>& report) : report_(report) {
    bool novelty = false;
    for (const MetricResult& result : report.results) {
      const bool counts = is_of_lists(result.metric) && result.metric.kind != MetricKind::novelty;
      counts_.emplace_back(counts ? static_cast<std::size_t>(items) : 0, 0);
      novelty = novelty || result.metric.kind == MetricKind::novelty;
    }
    if (!novelty) return;
    Index users = 0;
    for (Index u = 0; u < train.users(); ++u) users += train.items_of(BasicUserId<Rep>(u)).empty() ? 0 : 1;
    for (Index i = 0; i < items; ++i) {
      const auto having = i < train.items() ? static_cast<Index>(train.users_of(BasicItemId<Rep>(i)).size()) : 0;
      information_.push_back(self_information(having, std::max<Index>(1, users)));
    }
  }

  /// The lists of users first, first + 1, ... of the report. The order in which threads come here does not matter.
  template <class Scalar>
  void add(const BasicTopLists<Rep, Scalar>& lists, Index first) {
    const std::lock_guard lock(mutex_);
    for (std::size_t m = 0; m < counts_.size(); ++m) {
      MetricResult& result = report_.results[m];
      if (!is_of_lists(result.metric)) continue;
      for (Index row = 0; row < lists.size(); ++row) {
        const auto list = lists[row].first(std::min(lists[row].size(), static_cast<std::size_t>(result.metric.k)));
        double information = 0;
        for (const auto& entry : list) {
          const auto item = static_cast<std::size_t>(entry.item.index());
          if (result.metric.kind == MetricKind::novelty) {
            information += information_[item];
          } else {
            ++counts_[m][item];
          }
        }
        if (result.metric.kind == MetricKind::novelty && !list.empty()) {
          result.per_user[static_cast<std::size_t>(first + row)] = information / static_cast<double>(list.size());
        }
      }
    }
  }

  /// Writes the figures, after all lists have been added.
  void finish(const ItemMask& candidates) {
    for (std::size_t m = 0; m < counts_.size(); ++m) {
      MetricResult& result = report_.results[m];
      if (!is_of_lists(result.metric)) continue;
      if (result.metric.kind == MetricKind::novelty) {
        result.value = mean_of_numbers(result.per_user);
        continue;
      }
      std::vector<Index> counts;
      for (Index i = 0; i < candidates.size(); ++i) {
        if (candidates[i]) counts.push_back(counts_[m][static_cast<std::size_t>(i)]);
      }
      if (counts.empty()) continue;  // 0
      const auto unused = std::count(counts.begin(), counts.end(), Index{0});
      const auto all = static_cast<double>(counts.size());
      result.value = result.metric.kind == MetricKind::coverage ? (all - static_cast<double>(unused)) / all
                                                                : gini_index(std::move(counts));
    }
  }

 private:
  BasicEvaluation<Rep>& report_;
  std::vector<std::vector<Index>> counts_;  // beside the metrics: how often each item is in a list
  std::vector<double> information_;         // of each item, for novelty
  std::mutex mutex_;
};

}  // namespace kindred::detail
