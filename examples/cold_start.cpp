// SPDX-License-Identifier: MIT
// Cold start: a film club's hybrid of genres and ids meets a film that nobody has rated. Genres alone score it; when its first ratings
// arrive, the same trainer goes on, and the ids know it too. A new member needs three films he likes, and no training.
// expect: genres predict it, and twelve ratings more
#include <kindred/data/feature_space.hpp>
#include <kindred/data/read_features.hpp>
#include <kindred/metric/rating.hpp>
#include <kindred/model/collaborative.hpp>
#include <kindred/model/hybrid.hpp>
#include <kindred/model/item_knn.hpp>
#include <kindred/serve/recommend.hpp>
#include <kindred/serve/similar.hpp>
#include <kindred/train/fit_content.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <vector>

namespace kd = kindred;

// Everyone has tastes in genres, of which the model is told, and in pace, of which it is not.
constexpr const char* films_csv =
    "film,genres,pace\nAlien,space|horror,1\nAliens,space|action,2\nBlade Runner,space|crime,-1\nInterstellar,space|drama,0\n"
    "Gravity,space|drama,1\nMoon,space|drama,-1\nThe Thing,space|horror,1\nEvent Horizon,space|horror,1\n"
    "Heat,crime|action,1\nFargo,crime|comedy,-1\nThe Godfather,crime|drama,-1\nSeven,crime|horror,0\n"
    "Jackie Brown,crime|drama,-1\nSnatch,crime|comedy,2\nAmelie,romance|comedy,1\nNotting Hill,romance|comedy,0\n"
    "Before Sunrise,romance|drama,-2\nCasablanca,romance|drama,0\nIn the Mood for Love,romance|drama,-2\n"
    "Titanic,romance|action,0\nMad Max,action|horror,2\nDie Hard,action|crime,2\nSpeed,action|romance,2\nPlaytime,comedy,-2\n"
    "Airplane,comedy|action,2\nThe Shining,horror|drama,-1\nIkiru,drama,-2\nWhiplash,drama,2\nStalker,space|drama,-2\n";

int main() {
  kd::IdMap titles;
  const kd::TextFile table = kd::TextFile::from_text("films.csv", films_csv);
  const auto films =
      kd::read_features(table, kd::parse_feature_spec("id=film,genres=set(|)"), titles, {.unknown = kd::UnknownIds::add});
  const auto paces = kd::read_features(table, kd::parse_feature_spec("id=film,pace=number"), titles);

  // The last film, Stalker, is new: its ratings are kept back. Each of 400 members has seen half the films.
  const kd::Index members = 400, old_films = titles.size() - 1;
  const kd::ItemId novelty(old_films);
  const kd::FeatureSpace space(films, std::vector<bool>(static_cast<std::size_t>(old_films), true));
  const kd::Features genres = space.transform(films);
  kd::Random random(7);
  kd::InteractionColumns old_rows, new_rows;
  for (std::uint32_t member = 0; member < members; ++member) {
    std::vector<double> taste;
    for (kd::Index genre = 0; genre < space.size(); ++genre) taste.push_back(0.8 * random.normal());
    const double pace_taste = 0.5 * random.normal(), mood = 0.2 * random.normal();
    for (std::uint32_t film = 0; film < titles.size(); ++film) {
      double stars = 3.3 + mood + pace_taste * paces.number(film, 0).value() + 0.3 * random.normal();
      for (const auto& [genre, weight] : genres.sparse(film)) stars += double{weight} * taste[static_cast<std::size_t>(genre)];
      if (random.uniform() < 0.5) continue;
      auto& rows = film == novelty.index() ? new_rows : old_rows;
      rows.users.push_back(member), rows.items.push_back(film);
      rows.values.push_back(static_cast<float>(std::clamp(std::round(2 * stars) / 2, 0.5, 5.0)));
    }
  }
  const kd::Interactions old_data(old_rows, {.users = members, .items = old_films});

  // Train in two stages: members' tastes in genres, then the ids on what these leave.
  const auto features_of_first = [&](kd::Index count) {
    kd::FeatureRecords first = films;
    first.resize(count);
    return std::make_shared<const kd::Features>(space.transform(first));
  };
  const auto everyone = std::make_shared<const kd::Features>(kd::identity_features(kd::users_with_rows(old_data)));
  kd::HybridModel hybrid(kd::fit_content<float, 8>(old_data, everyone, features_of_first(old_films), {.dim = 8}),
                         kd::CollaborativeModel<float, 8>(members, old_films));
  hybrid.train_only<1>();
  kd::GradientTrainer trainer(kd::SquaredError{}, kd::RowwiseAdagrad{.learning_rate = 0.05},
                              {.batch = 64, .l2 = {.embeddings = 0.05, .biases = 0.02}});
  kd::fit(hybrid, old_data, trainer, {.epochs = 20});

  // The new film comes, with its genres.
  hybrid.add_items(1, features_of_first(old_films + 1));
  const auto title = [&](kd::ItemId item) { return titles.text(item.index()).c_str(); };
  const auto print_similar = [&](const char* by, const auto& part) {
    std::printf("  like it by %s:", by);
    for (const auto& [item, similarity] : kd::similar_items(part, novelty, {.count = 4})) {
      std::printf("  %s %.2f", title(item), similarity);
    }
    std::printf("\n");
  };
  const std::size_t first = 12;  // of its ratings will be learned; the others are held out
  std::vector<kd::Index> held_out;
  for (std::size_t row = first; row < new_rows.users.size(); ++row) held_out.push_back(static_cast<kd::Index>(row));
  const kd::Interactions test = kd::Interactions(new_rows, {.users = members}).select(held_out);
  const auto report = [&](const char* when) {
    const auto shares = hybrid.breakdown(test.user(0), novelty);
    std::printf("%s with %s: rmse of %td ratings to come %.3f\n", title(novelty), when, test.size(), kd::rmse(hybrid, test));
    std::printf("  member %td: genres %.2f + ids %.2f%s = %.2f, in truth %.2f\n", test.user(0).index(), shares[0].score,
                shares[1].score, shares[1].known ? "" : " (unknown)", hybrid.score(test.user(0), novelty), test.value(0));
    return kd::rmse(hybrid, test);
  };
  const double by_genres = report("no ratings");
  print_similar("genres", hybrid.part<0>());

  // Its first ratings come; the same trainer goes on.
  for (std::size_t row = 0; row < first; ++row) {
    old_rows.users.push_back(new_rows.users[row]);
    old_rows.items.push_back(new_rows.items[row]);
    old_rows.values.push_back(new_rows.values[row]);
  }
  const kd::Interactions now(old_rows, {.users = members, .items = hybrid.items()});
  kd::fit(hybrid, now, trainer, {.epochs = 20});
  const double by_both = report("twelve ratings");
  print_similar("ids", hybrid.part<1>());

  // A new member: films that are liked by those who like his.
  std::vector<kd::Index> liked;
  for (kd::Index row = 0; row < now.size(); ++row) {
    if (now.value(row) >= 4) liked.push_back(row);
  }
  const kd::ItemKnn neighbours(now.select(liked));
  std::vector<kd::ItemId> his;
  std::vector<kd::FeatureWeight> history;
  for (const char* film : {"Speed", "Snatch", "Airplane"}) {
    his.emplace_back(titles.at(film));
    history.push_back({titles.at(film)});
  }
  std::vector<float> scores(static_cast<std::size_t>(neighbours.items()));
  neighbours.score_items(history, scores);
  std::printf("A new member who likes Speed, Snatch and Airplane gets:");
  for (const auto& [item, score] : kd::recommend_from_scores(scores, {.count = 4, .exclude = his})) {
    std::printf("  %s %.2f", title(item), score);
  }

  const double error_of_mean = kd::value_moments(test).mean - kd::value_moments(old_data).mean;
  const double by_mean = std::sqrt(kd::value_moments(test).variance() + error_of_mean * error_of_mean);
  std::printf("\nrmse of Stalker: by the mean %.3f, by genres %.3f, with ids %.3f\n%s\n", by_mean, by_genres, by_both,
              by_genres < 0.9 * by_mean && by_both < 0.95 * by_genres && hybrid.part<1>().knows(novelty)
                  ? "genres predict it, and twelve ratings more"
                  : "something is wrong");
}
