// SPDX-License-Identifier: MIT
// From a table to a content model: categories, sets, numbers and words become features, and with them a vector for each dish goes into
// a neural tower. New dishes are scored for new guests by what is known of them, and leaving features out shows what each is worth.
// expect: new dishes for new guests are predicted
#include <kindred/data/feature_space.hpp>
#include <kindred/data/read_features.hpp>
#include <kindred/data/value_moments.hpp>
#include <kindred/encoder/combine.hpp>
#include <kindred/encoder/dense_features.hpp>
#include <kindred/encoder/feature_bag.hpp>
#include <kindred/encoder/mlp.hpp>
#include <kindred/loss/squared_error.hpp>
#include <kindred/metric/rating.hpp>
#include <kindred/model/content.hpp>
#include <kindred/optimizer/adam.hpp>
#include <kindred/train/fit.hpp>
#include <kindred/train/gradient_trainer.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace kd = kindred;

// A dish's profile: how sweet, salty, sour, bitter and hot it is, from 0 to 9.
constexpr const char* dishes_csv =
    "dish,kitchen,ingredients,minutes,profile,description\n"
    "Vindaloo,Indian,pork|chilli|vinegar,90,14519,fiery stew\n"
    "Palak paneer,Indian,spinach|cheese,40,24244,creamy mild greens\n"
    "Chana masala,Indian,chickpeas|tomato|chilli,50,34326,hearty stew\n"
    "Korma,Indian,chicken|nuts|cream,70,54112,creamy mild stew\n"
    "Carbonara,Italian,pasta|bacon|egg|cheese,25,17111,creamy pasta\n"
    "Arrabbiata,Italian,pasta|tomato|chilli,25,35217,fiery pasta\nCaprese,Italian,tomato|cheese,10,34310,fresh salad\n"
    "Tiramisu,Italian,egg|cheese|coffee,60,81140,creamy pudding\nSaltimbocca,Italian,veal|bacon|sage,30,17221,crisp cutlets\n"
    "Panna cotta,Italian,cream|berries,30,90200,creamy pudding\n"
    "Ceviche,Peruvian,fish|lime|chilli,20,14926,fresh cold starter\n"
    "Lomo saltado,Peruvian,beef|tomato|potato,35,26323,crisp fry\n"
    "Causa,Peruvian,potato|lime|egg,60,23423,fresh cold starter\n"
    "Aji de gallina,Peruvian,chicken|chilli|nuts,80,35126,creamy fiery stew\n"
    "Pad thai,Thai,noodles|egg|nuts|lime,25,55413,fresh fry\nTom yum,Thai,fish|lime|chilli,30,25828,fiery fresh soup\n"
    "Green curry,Thai,chicken|chilli|cream,40,44318,creamy fiery stew\n"
    "Mango sticky rice,Thai,rice|mango,45,92200,sweet pudding\n"
    "Papaya salad,Thai,papaya|lime|chilli,15,44719,crisp fiery salad\n"
    "Ratatouille,French,tomato|aubergine,70,34320,mild stew\nBouillabaisse,French,fish|tomato,90,25322,hearty soup\n"
    "Creme brulee,French,cream|egg,50,91030,creamy crisp pudding\nSteak frites,French,beef|potato,30,16130,crisp cutlets\n"
    "Sole meuniere,French,fish|lime,20,15410,crisp mild fish\n"
    "Laksa,Malay,noodles|fish|chilli|cream,50,35428,creamy fiery soup\nTarte Tatin,French,apple,60,91320,crisp pudding\n"
    "Dal,Indian,lentils|tomato,45,24224,hearty mild stew\nRendang,Malay,beef|chilli|nuts,180,35228,fiery stew\n";

int main() {
  kd::IdMap dishes;
  const kd::TextFile table = kd::TextFile::from_text("dishes.csv", dishes_csv);
  const auto known = kd::read_features(
      table, kd::parse_feature_spec("id=dish,kitchen=category,ingredients=set(|),minutes=number,description=text"), dishes,
      {.unknown = kd::UnknownIds::add});
  const auto profiles = kd::read_features(table, kd::parse_feature_spec("id=dish,profile=text"), dishes);
  const auto tastes = kd::RowMatrix<float>::NullaryExpr(dishes.size(), 5, [&](kd::Index dish, kd::Index taste) {
                        return static_cast<float>(profiles.text(dish, 0)[static_cast<std::size_t>(taste)] - '4') / 5;
                      }).eval();

  // Guests say what they eat and like; their ratings are made of that, and of the dishes. The last 4 dishes and 100 guests are new.
  const kd::Index guests = 500, old_guests = 400, old_dishes = dishes.size() - 4;
  const char* diets[] = {"anything", "fish", "vegetarian"};
  const char* likes[] = {"", "hot", "sweet", "hot|creamy", "quick", "quick|sweet", "creamy"};
  kd::FeatureRecords about_guests({{"diet"}, {"likes", kd::FeatureKind::set, "|"}});
  kd::Random random(5);
  kd::InteractionColumns train_rows, test_rows;
  for (std::uint32_t guest = 0; guest < guests; ++guest) {
    about_guests.set(guest, {diets[random.below(3)], likes[random.below(7)]});
    const std::string diet = about_guests.cells(guest)[0], liked = about_guests.cells(guest)[1];
    const auto likes_it = [&](const char* what) { return liked.find(what) != std::string::npos ? 1.0 : 0.0; };
    for (std::uint32_t dish = 0; dish < dishes.size(); ++dish) {
      const auto has = [&](kd::Index col, const char* what) {
        return known.text(dish, col).find(what) != std::string_view::npos;
      };
      const bool meat = has(1, "beef") || has(1, "pork") || has(1, "chicken") || has(1, "bacon") || has(1, "veal"),
                 fish = has(1, "fish");
      double stars = 3.4 + (likes_it("hot") - 0.4) * double{tastes(dish, 4)} + likes_it("sweet") * double{tastes(dish, 0)} +
                     likes_it("creamy") * (has(3, "creamy") ? 0.8 : -0.3);
      stars += likes_it("quick") * (40 - known.number(dish, 2).value()) / 40 - (meat && diet != "anything" ? 2 : 0) -
               (fish && diet == "vegetarian" ? 2 : 0);
      const bool new_guest = guest >= old_guests, new_dish = dish >= old_dishes;
      if (new_guest != new_dish || (!new_guest && random.uniform() < 0.6)) continue;
      auto& rows = new_guest ? test_rows : train_rows;
      rows.users.push_back(guest), rows.items.push_back(dish);
      stars = std::clamp(std::round(stars + 0.3 * random.normal()), 0.0, 5.0);
      rows.values.push_back(static_cast<float>(stars));
    }
  }
  const kd::Interactions train(std::move(train_rows), {.users = guests, .items = dishes.size()}), test(std::move(test_rows));

  // What there is to know is learned of the entities trained with; the others are known by as much of it as they have.
  const kd::FeatureSpace dish_space(known, kd::items_with_rows(train)), guest_space(about_guests, kd::users_with_rows(train));
  const auto of_dishes = std::make_shared<const kd::Features>(kd::with_dense(dish_space.transform(known), tastes));
  const auto of_guests = std::make_shared<const kd::Features>(guest_space.transform(about_guests));
  const auto bag = [](const auto& features, kd::Index dim) {
    return kd::FeatureBag<>(features, {.dim = dim, .deviation = 0.5});
  };
  kd::Mlp guest_tower(bag(of_guests, 16), std::array<kd::Index, 2>{16, 8});
  kd::Mlp dish_tower(kd::ConcatEncoder(bag(of_dishes, 16), kd::DenseFeatures<>(of_dishes)), std::array<kd::Index, 2>{16, 8},
                     {.salt = 10});
  const auto bias = [](const auto& features) { return kd::FeatureBag<float, 1>(features, {.deviation = 0}); };
  kd::ContentModel model(std::move(guest_tower), std::move(dish_tower), bias(of_guests), bias(of_dishes));
  kd::fit(model, train,
          kd::GradientTrainer(
              kd::SquaredError{}, kd::Adam{.learning_rate = 0.01},
              {.batch = 64, .l2 = {.features = 0.01, .biases = 0.01, .layers = 0.002}, .schedule = kd::linear_schedule(40)}),
          {.epochs = 40});
  std::printf("%td features of dishes (%s ... %s) and vectors of %td; %td of guests; %td ratings\n\n", dish_space.size(),
              dish_space.name(0).c_str(), dish_space.name(dish_space.size() - 1).c_str(), of_dishes->dense_dim(),
              guest_space.size(), train.size());

  // The new dishes for a new guest; then what each feature of one is worth to him: the score with it less the score without it.
  kd::UserId guest(old_guests);
  while (about_guests.cells(guest.index()) != std::vector<std::string>{"vegetarian", "hot|creamy"})
    guest = kd::UserId(guest.index() + 1);
  std::printf("New guest, who is vegetarian and likes what is hot and creamy:\n");
  for (kd::Index dish = old_dishes; dish < dishes.size(); ++dish) {
    std::printf("  %-12s %.1f (he gives %.0f)\n", dishes.text(dish).c_str(), model.score(guest, kd::ItemId(dish)),
                test.value(test.rows_of(guest)[static_cast<std::size_t>(dish - old_dishes)]));
  }
  const kd::ItemId dish(old_dishes);
  kd::Features variants = *of_dishes;  // with a further row for each feature of the dish, which lacks that feature
  for (const auto& left_out : of_dishes->sparse(dish.index())) {
    std::vector<kd::FeatureWeight> others;
    for (const auto& entry : of_dishes->sparse(dish.index())) {
      if (!(entry == left_out)) others.push_back(entry);
    }
    variants.add_row(others, of_dishes->dense(dish.index()));
  }
  auto curious = model;
  curious.add_items(variants.rows() - model.items(), std::make_shared<const kd::Features>(variants));
  std::printf("What the features of %s are worth to him:\n", dishes.text(dish.index()).c_str());
  kd::Index row = model.items();
  for (const auto& entry : of_dishes->sparse(dish.index())) {
    std::printf("  %+.2f  %s\n", model.score(guest, dish) - curious.score(guest, kd::ItemId(row++)),
                dish_space.name(entry.feature).c_str());
  }

  const double error_of_mean = kd::value_moments(test).mean - double{model.global_mean()};
  const double by_mean = std::sqrt(kd::value_moments(test).variance() + error_of_mean * error_of_mean),
               by_features = kd::rmse(model, test);
  std::printf("rmse of %td ratings of new dishes by new guests: mean %.3f, features %.3f\n%s\n", test.size(), by_mean,
              by_features, by_features < 0.7 * by_mean ? "new dishes for new guests are predicted" : "something is wrong");
}
