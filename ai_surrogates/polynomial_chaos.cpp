// SPDX-License-Identifier: GPL-3.0-or-later
#include "ai_surrogates/polynomial_chaos.h"

#include "ai_surrogates/packed_matrix.h"
#include "solver/core/errors.h"

#include <Eigen/Dense>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

namespace vesalius::surrogates
{

namespace
{
using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;
using Rows   = Eigen::Map<const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>;
using Term   = std::vector<std::int32_t>; ///< a degree for each input

constexpr std::size_t most_products     = 20000;
constexpr double      most_cancellation = 1e7;

/// Products within the set, in the order of their degrees' last input; stops early where they are too many.
class Enumeration
{
public:
  Enumeration(const std::vector<OrthonormalPolynomials> &polynomials, int degree)
    : polynomials_(polynomials), bound_(std::pow(double(degree), exponent) * (1 + 1e-12)), highest_(degree)
  {
    descend(Term(polynomials.size(), 0), 0, 0, 1);
  }
  std::vector<Term> terms;

private:
  static constexpr double exponent = 0.75;

  void descend(Term term, std::size_t input, double norm, double cancellation)
  {
    if (terms.size() > most_products)
      return;
    if (input == polynomials_.size())
      {
        terms.push_back(std::move(term));
        return;
      }
    for (int degree = 0; degree <= highest_; ++degree)
      {
        const double next = norm + std::pow(double(degree), exponent),
                     lost = cancellation * polynomials_[input].cancellation(degree);
        if (next > bound_ || lost > most_cancellation)
          return;
        term[input] = degree;
        descend(term, input + 1, next, lost);
      }
  }

  const std::vector<OrthonormalPolynomials> &polynomials_;
  double                                     bound_;
  int                                        highest_;
};

/// [n, terms]
Matrix products_at(const TrainingData &data, const ChaosDictionary &dictionary)
{
  const std::size_t d = data.n_inputs;
  Matrix            products(Eigen::Index(data.n_points()), Eigen::Index(dictionary.n_terms()));
  for (std::size_t i = 0; i < data.n_points(); ++i)
    {
      std::vector<std::array<double, OrthonormalPolynomials::largest_degree + 1>> values;
      for (std::size_t k = 0; k < d; ++k)
        values.push_back(dictionary.polynomials[k].values(data.points[i * d + k]));
      for (std::size_t j = 0; j < dictionary.n_terms(); ++j)
        {
          double product = 1;
          for (std::size_t k = 0; k < d; ++k)
            product *= values[k][std::size_t(dictionary.degrees[j * d + k])];
          products(Eigen::Index(i), Eigen::Index(j)) = product;
        }
    }
  return products;
}

/// Squared leave-one-out errors, mean over the runs, summed over the outputs, times Chapelle's factor against over-fitting for an orthonormal design.
double corrected_error(const Matrix &residuals, const Vector &leverages, Eigen::Index m)
{
  const auto   n    = double(residuals.rows());
  const double mean = (residuals.rowwise().squaredNorm().array() / (1 - leverages.array()).square()).mean();
  return mean * (n + double(m)) / (n - double(m));
}

/// Columns of `products` as they are taken, the best number of them.
std::vector<Eigen::Index> select(Matrix products, Matrix residuals)
{
  const auto                n = products.rows(), most = std::min<Eigen::Index>({std::max<Eigen::Index>(n / 2, 1), 100, products.cols()});
  const Vector              full      = products.colwise().squaredNorm();
  const double              scale     = residuals.squaredNorm();
  Vector                    leverages = Vector::Zero(n);
  Matrix                    taken(n, most);
  double                    least = std::numeric_limits<double>::infinity();
  std::size_t               best  = 1;
  std::vector<Eigen::Index> columns;
  while (Eigen::Index(columns.size()) < most && residuals.squaredNorm() > 1e-28 * scale)
    {
      const auto   m    = Eigen::Index(columns.size());
      const Vector left = products.colwise().squaredNorm();
      Vector       gain = (products.transpose() * residuals).rowwise().squaredNorm();
      for (Eigen::Index j = 0; j < gain.size(); ++j) // what is nearly in the span of those taken is left alone
        gain[j] = left[j] > 1e-8 * full[j] ? gain[j] / left[j] : -1;
      Eigen::Index column = 0;
      if (m > 0 && gain.maxCoeff(&column) <= 0)
        break;
      Vector q = products.col(column);
      q -= taken.leftCols(m) * (taken.leftCols(m).transpose() * q);
      q.normalize();
      leverages += q.cwiseAbs2();
      if (leverages.maxCoeff() > 1 - 1e-6)
        break;
      taken.col(m) = q;
      columns.push_back(column);
      residuals -= q * (q.transpose() * residuals).eval();
      products -= q * (q.transpose() * products).eval();
      products.col(column).setZero();
      if (const double error = corrected_error(residuals, leverages, m + 1); error < least)
        {
          least = error;
          best  = columns.size();
        }
    }
  columns.resize(std::min(best, columns.size()));
  return columns;
}

Matrix unpacked_lower(const std::vector<double> &packed, Eigen::Index n)
{
  Matrix        lower = Matrix::Zero(n, n);
  const double *entry = packed.data();
  for (Eigen::Index i = 0; i < n; ++i)
    for (Eigen::Index j = 0; j <= i; ++j)
      lower(i, j) = *entry++;
  return lower;
}

/// A product's powers: every term below it, and the coefficients.
void add_powers(const std::int32_t *degrees, const std::vector<OrthonormalPolynomials> &polynomials,
                std::set<Term> &powers)
{
  Term power(polynomials.size(), 0);
  while (true)
    {
      powers.insert(power);
      std::size_t k = 0;
      while (k < power.size() && power[k] == degrees[k])
        power[k++] = 0;
      if (k == power.size())
        return;
      ++power[k];
    }
}

double power_coefficient(const std::int32_t *degrees, const std::vector<OrthonormalPolynomials> &polynomials,
                         const Term &power)
{
  double product = 1;
  for (std::size_t k = 0; k < power.size() && product != 0; ++k)
    product = power[k] > degrees[k] ? 0 : product * polynomials[k].coefficients(degrees[k])[std::size_t(power[k])];
  return product;
}

} // namespace

ChaosDictionary chaos_dictionary(const std::vector<Distribution> &distributions, int degree)
{
  VESALIUS_ASSERT(degree >= 1 && degree <= OrthonormalPolynomials::largest_degree,
                  "polynomial chaos of a degree that no file holds");
  ChaosDictionary dictionary{{distributions.begin(), distributions.end()}, {}};
  const auto      terms = Enumeration(dictionary.polynomials, degree).terms;
  if (terms.size() <= most_products)
    for (const auto &term : terms)
      dictionary.degrees.insert(dictionary.degrees.end(), term.begin(), term.end());
  return dictionary;
}

ChaosFit fit_chaos(const TrainingData &data, const ChaosDictionary &dictionary)
{
  VESALIUS_ASSERT(data.outputs.size() == data.n_points() * data.n_outputs && data.n_outputs > 0 &&
                    dictionary.n_terms() > 0,
                  "outputs do not fit the points");
  if (data.n_points() < 2)
    throw InputError("one training run is too few for polynomial chaos",
                     "train with at least ten runs for each input");
  const std::size_t d        = data.n_inputs;
  const Matrix      products = products_at(data, dictionary);
  const Matrix      outputs  = Rows(data.outputs.data(), Eigen::Index(data.n_points()), Eigen::Index(data.n_outputs));
  const auto        columns  = select(products, outputs);
  const auto        m        = Eigen::Index(columns.size());
  const Matrix      F        = products(Eigen::all, columns);
  const auto        qr       = F.householderQr();
  const Matrix      R        = qr.matrixQR().topRows(m).triangularView<Eigen::Upper>();
  const Matrix      inverse  = R.transpose().triangularView<Eigen::Lower>().solve(Matrix::Identity(m, m));
  const Matrix      coefficients = qr.solve(outputs);
  const Matrix      residuals    = outputs - F * coefficients;
  const Vector      leverages    = (F * inverse.transpose()).rowwise().squaredNorm();
  const Vector      variances    = (residuals.array().square().colwise() / (1 - leverages.array())).colwise().mean();
  ChaosFit fit{{}, flat(coefficients.transpose()), {variances.begin(), variances.end()}, packed_lower(inverse)};
  for (const auto column : columns)
    fit.degrees.insert(fit.degrees.end(), dictionary.degrees.begin() + column * std::ptrdiff_t(d),
                       dictionary.degrees.begin() + (column + 1) * std::ptrdiff_t(d));
  return fit;
}

GaussianProcessGroup group_of(const ChaosFit &fit, const ChaosDictionary &dictionary)
{
  const std::size_t d = dictionary.polynomials.size(), p = fit.variances.size(), m = fit.degrees.size() / d;
  std::set<Term>    powers;
  for (std::size_t j = 0; j < m; ++j)
    add_powers(&fit.degrees[j * d], dictionary.polynomials, powers);
  Matrix               in_powers(Eigen::Index(m), Eigen::Index(powers.size()));
  GaussianProcessGroup group;
  for (Eigen::Index column = 0; const auto &power : powers)
    {
      group.trend_exponents.insert(group.trend_exponents.end(), power.begin(), power.end());
      for (std::size_t j = 0; j < m; ++j)
        in_powers(Eigen::Index(j), column) = power_coefficient(&fit.degrees[j * d], dictionary.polynomials, power);
      ++column;
    }
  for (const auto &polynomials : dictionary.polynomials)
    group.trend_scales.push_back(polynomials.scale());
  group.length_scales        = group.trend_scales; // of no points
  group.nugget               = 1; // what a run has beside the polynomial, in which alone the runs' correlation lies
  group.process_variance     = fit.variances;
  group.trend_coefficients   = flat(Rows(fit.coefficients.data(), Eigen::Index(p), Eigen::Index(m)) * in_powers);
  group.trend_inverse_factor = packed_lower(
    lower_triangle_of(unpacked_lower(fit.inverse_factor, Eigen::Index(m)) * in_powers));
  return group;
}

} // namespace vesalius::surrogates
