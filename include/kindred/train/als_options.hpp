// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What alternating least squares minimises: the two objectives, and how much an interaction counts.

#include <kindred/data/features.hpp>
#include <kindred/data/interactions.hpp>
#include <kindred/model/neighbourhood.hpp>

#include <cmath>
#include <memory>

namespace kindred {

/// How much a row of implicit feedback counts, c. The row's weight w always takes part; its value v (plays, orders) may.
enum class ConfidenceForm {
  weight,       ///< c = w: whatever the value
  linear,       ///< c = w (1 + alpha v)                   Hu, Koren & Volinsky 2008, section 4
  logarithmic,  ///< c = w (1 + alpha log(1 + v / unit))   the same, section 4, for counts of wide range
};

struct Confidence {
  ConfidenceForm form = ConfidenceForm::weight;
  double alpha = 1;
  double unit = 1;

  double of(double weight, double value) const {
    if (form == ConfidenceForm::linear) return weight * (1 + alpha * value);
    if (form == ConfidenceForm::logarithmic) return weight * (1 + alpha * std::log1p(value / unit));
    return weight;
  }
};

/// Which pairs of user and item are pulled to 0.
enum class Unobserved {
  all_pairs,      ///< every pair, those with a row too (Rendle et al. 2021)
  missing_pairs,  ///< the pairs without a row (Hu, Koren & Volinsky 2008)
};

/// With x_ui = p_u . q_i:
///
/// Implicit feedback.  J = sum over the rows of c_ui (1 - x_ui)^2 + unobserved * (sum over the pairs without interaction of x_ui^2)
///                         + lambda (sum_u (n_u + unobserved |I|)^frequency_power |p_u|^2 + sum_i (n_i + unobserved |U|)^frequency_power |q_i|^2)
///   `all_pairs` sums x_ui^2 over every pair, so that a row's terms together are (c + unobserved) (x - c / (c + unobserved))^2 + const.
///   Hu et al.'s objective is `missing_pairs` with unobserved = 1, frequency_power = 0 and a linear or logarithmic confidence; or,
///   `all_pairs` with c = unobserved (c_Hu - 1), but for targets of c / (c + unobserved) instead of 1.
/// Explicit ratings.   J = sum over the rows of w_ui (r_ui - pred(u, i))^2
///                         + scale^2 lambda (sum_u n_u^frequency_power (|p_u|^2 + biases b_u^2) + the same for items) ,
///   pred(u, i) = mean + scale (x_ui + b_u + b_i), or scale x_ui for a model without biases. frequency_power = 1 is Zhou et al. 2008.
///
/// n_u and n_i are numbers of rows; |U| and |I| of users and items with a row. A row of weight 0 is as if it were not there, and users and
/// items without rows are no part of J.
/// With features, |p_u|^2 is |p_u - W'f_u|^2 and W, too, is chosen to make J small, in which it has
///   lambda feature_l2 (the mean of (n_u + ...)^frequency_power) |W|^2 .
struct AlsOptions {
  Feedback feedback = Feedback::implicit;
  double lambda = 0.1;
  double frequency_power = 1;
  double unobserved = 0.1;  ///< implicit only
  Unobserved unobserved_pairs = Unobserved::all_pairs;
  Confidence confidence = {};  ///< implicit only
  double biases = 1;           ///< explicit only: the regularisation of a bias, in units of that of a coordinate
  std::shared_ptr<const Features> user_features = {}, item_features = {};  ///< of every user (item) of the model
  double feature_l2 = 1;

  void validate() const {
    const auto check = [](const char* name, double value, bool positive) {
      detail::require((positive ? value > 0 : value >= 0) && value < 1e30, "AlternatingLeastSquares: ", name,
                      " must be finite and ", positive ? "positive" : "not negative", ", got ", value);
    };
    check("lambda", lambda, false);
    check("frequency_power", frequency_power, false);
    check("unobserved", unobserved, false);
    check("confidence.alpha", confidence.alpha, false);
    check("confidence.unit", confidence.unit, true);
    check("biases", biases, false);
    check("feature_l2", feature_l2, false);
    detail::require(frequency_power <= 2, "AlternatingLeastSquares: frequency_power must be at most 2, got ", frequency_power);
  }
};

}  // namespace kindred
