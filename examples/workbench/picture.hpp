// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What a report shows of a trained model: where its items lie, and what it recommends to some users.

#include <kindred/data/interactions.hpp>
#include <kindred/model/model.hpp>
#include <kindred/serve/recommend.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace workbench {

/// An item on the plane of the two directions in which the embeddings differ most; `rows` is how often it was interacted with.
struct Point {
  kindred::Index item;
  double x, y;
  kindred::Index rows;
};

struct Sample {
  kindred::UserId user;
  std::vector<std::pair<kindred::Index, double>> items;
};

struct Picture {
  std::vector<Point> points = {};  ///< none if the model places no items in a space
  double share = 0;                ///< of the variance of the embeddings that the plane shows
  std::vector<Sample> samples = {};
};

/// The part of a model that places users and items in a space, or the model itself.
template <class M>
const auto& space_of(const M& model) {
  if constexpr (requires { model.base(); }) {
    return space_of(model.base());
  } else if constexpr (requires { model.template part<1>(); }) {
    return space_of(model.template part<1>());  // of both hybrids the second part knows ids
  } else {
    return model;
  }
}

/// The direction of the largest variance of the rows, which are centred, by power iteration; it is then taken out of them.
inline Eigen::VectorXd next_direction(Eigen::MatrixXd& rows) {
  Eigen::VectorXd direction = Eigen::VectorXd::LinSpaced(rows.cols(), 1, 2).normalized();
  for (int step = 0; step < 200; ++step) {
    const Eigen::VectorXd next = rows.transpose() * (rows * direction);
    if (next.norm() == 0) break;
    direction = next.normalized();
  }
  const Eigen::VectorXd along = rows * direction;
  rows -= along * direction.transpose();
  return along;
}

/// The most popular items, at most `most`, on the plane.
template <kindred::HasEmbeddings M>
void draw(const M& model, const kindred::Interactions& train, std::size_t most, Picture& picture) {
  std::vector<kindred::Index> items(static_cast<std::size_t>(model.items()));
  std::iota(items.begin(), items.end(), kindred::Index{0});
  const auto rows = [&](kindred::Index item) {
    return static_cast<kindred::Index>(train.users_of(kindred::ItemId(item)).size());
  };
  std::stable_sort(items.begin(), items.end(), [&](auto a, auto b) { return rows(a) > rows(b); });
  items.resize(std::min(items.size(), most));
  kindred::RowMatrix<typename M::Scalar> vectors;
  model.item_embeddings(items, vectors);
  Eigen::MatrixXd centred = vectors.template cast<double>();
  centred.rowwise() -= centred.colwise().mean().eval();
  const double all = centred.squaredNorm();
  const Eigen::VectorXd x = next_direction(centred), y = next_direction(centred);
  if (all > 0) picture.share = (x.squaredNorm() + y.squaredNorm()) / all;
  for (std::size_t k = 0; k < items.size(); ++k) {
    const auto row = static_cast<kindred::Index>(k);
    picture.points.push_back({items[k], x(row), y(row), rows(items[k])});
  }
}

/// Recommendations for a few users, from the one with the most rows to one with few.
template <class M>
Picture picture_of(const M& model, const kindred::Interactions& train) {
  Picture picture;
  const auto& space = space_of(model);
  if constexpr (kindred::HasEmbeddings<std::remove_cvref_t<decltype(space)>>) draw(space, train, 2000, picture);
  std::vector<kindred::UserId> users;
  for (kindred::Index u = 0; u < train.users(); ++u) users.emplace_back(u);
  std::stable_sort(users.begin(), users.end(),
                   [&](auto a, auto b) { return train.items_of(a).size() > train.items_of(b).size(); });
  for (std::size_t k = 0; k < 5 && k < users.size(); ++k) {
    Sample& sample = picture.samples.emplace_back(Sample{users[k * (users.size() - 1) / 4], {}});
    for (const auto& [item, score] : kindred::recommend(model, sample.user, {.exclude = train.items_of(sample.user)})) {
      sample.items.emplace_back(item.index(), static_cast<double>(score));
    }
  }
  return picture;
}

}  // namespace workbench
